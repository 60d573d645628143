/**
 * @file Reads the bytes of a model file and reports files that cannot be a model. Knows no protobuf.
 */
import { createHash } from "node:crypto";
import { readdir, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { modelFileMessages as messages } from "../diagnostics/catalog/model.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { limits } from "../limits/limits.ts";
import { FileRefused, readRegularFile } from "../limits/read-file.ts";

export interface ModelFile {
  /** As the caller gave it. */
  readonly file: string;
  /** Absolute. */
  readonly folder: string;
  /** Folder of the file that a symbolic link leads to, else the same as `folder`. */
  readonly realFolder: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export async function readModelFile(file: string): Promise<Result<ModelFile>> {
  const fail = (diagnostic: Diagnostic): Result<ModelFile> => ({ ok: false, diagnostics: [diagnostic] });
  const path = resolve(file);
  try {
    const bytes = await readRegularFile(path, limits.modelBytes.most);
    const wrong = wrongContent(bytes, file);
    if (wrong !== undefined) return fail(wrong);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return settle({ file, folder: dirname(path), realFolder: dirname(await realpath(path)), bytes, sha256 }, []);
  } catch (error) {
    return fail(await explain(error, file));
  }
}

async function explain(error: unknown, file: string): Promise<Diagnostic> {
  const refusal = error instanceof FileRefused ? error.refusal : null;
  if (refusal?.problem === "size") {
    return diagnose(messages.tooLarge, { bytes: refusal.bytes, limit: refusal.most }, { file });
  }
  if (refusal?.kind === "a folder") {
    return diagnose(messages.isDirectory, { file, inside: await modelsIn(resolve(file)) }, { file });
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return diagnose(messages.notFound, { file }, { file });
  return diagnose(messages.unreadable, { file, reason: message }, { file });
}

async function modelsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith(".onnx"))
    .sort()
    .slice(0, 5);
}

/** Recognises files that users give by mistake. */
function wrongContent(bytes: Uint8Array, file: string): Diagnostic | undefined {
  if (bytes.length === 0) return diagnose(messages.empty, {}, { file });
  const head = Buffer.from(bytes.subarray(0, 256)).toString("latin1");
  if (head.startsWith("version https://git-lfs")) return diagnose(messages.lfsPointer, {}, { file });
  if (!/^[\t\n\r -~]+$/.test(head)) return undefined;
  const line = head.trim().split("\n")[0] ?? "";
  return diagnose(messages.text, { begins: JSON.stringify(line.slice(0, 40)) }, { file });
}
