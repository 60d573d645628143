/**
 * @file Reads the bytes of a model file and says what is wrong with files that cannot be one. Knows no protobuf.
 */
import { createHash } from "node:crypto";
import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { modelFileMessages as messages } from "../diagnostics/catalog/model.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";

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

/** A protobuf message ends at 2 GiB. */
const LARGEST = 2 ** 31 - 1;

export async function readModelFile(file: string): Promise<Result<ModelFile>> {
  const fail = (diagnostic: Diagnostic): Result<ModelFile> => ({ ok: false, diagnostics: [diagnostic] });
  const path = resolve(file);
  try {
    const info = await stat(path);
    if (info.isDirectory())
      return fail(diagnose(messages.isDirectory, { file, inside: await modelsIn(path) }, { file }));
    if (!info.isFile()) return fail(diagnose(messages.unreadable, { file, reason: "it is no regular file" }, { file }));
    if (info.size > LARGEST) {
      return fail(diagnose(messages.tooLarge, { bytes: info.size, limit: LARGEST }, { file }));
    }
    const bytes = await readFile(path);
    const wrong = wrongContent(bytes, file);
    if (wrong !== undefined) return fail(wrong);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return settle({ file, folder: dirname(path), realFolder: dirname(await realpath(path)), bytes, sha256 }, []);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return fail(diagnose(messages.notFound, { file }, { file }));
    return fail(diagnose(messages.unreadable, { file, reason: message }, { file }));
  }
}

async function modelsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith(".onnx"))
    .sort()
    .slice(0, 5);
}

/** Recognises what people give by mistake. */
function wrongContent(bytes: Uint8Array, file: string): Diagnostic | undefined {
  if (bytes.length === 0) return diagnose(messages.empty, {}, { file });
  const head = Buffer.from(bytes.subarray(0, 256)).toString("latin1");
  if (head.startsWith("version https://git-lfs")) return diagnose(messages.lfsPointer, {}, { file });
  if (!/^[\t\n\r -~]+$/.test(head)) return undefined;
  const line = head.trim().split("\n")[0] ?? "";
  return diagnose(messages.text, { begins: JSON.stringify(line.slice(0, 40)) }, { file });
}
