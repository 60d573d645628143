/**
 * @file Reads the bytes of a model file and reports files that cannot be a model. Knows no protobuf.
 */
import { createHash } from "node:crypto";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { modelFileMessages as messages } from "../diagnostics/catalog/model.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { limits } from "../limits/limits.ts";
import { FileRefused, openRegularFile, readRegularFile } from "../limits/read-file.ts";
import { skim, type ReadAt } from "./decode/skim.ts";
import { readerOf } from "./decode/stored.ts";
import type { Place } from "./types.ts";

export interface ModelFile {
  /** As the caller gave it. */
  readonly file: string;
  /** Absolute. */
  readonly folder: string;
  /** Folder of the file that a symbolic link leads to, else the same as `folder`. */
  readonly realFolder: string;
  /** Bytes of the file. */
  readonly size: number;
  /** The model; of a large file without the raw data that `stored` lists. */
  readonly bytes: Uint8Array;
  /** Raw data that was not read, by position among the initialisers of the main graph. */
  readonly stored: ReadonlyMap<number, Place>;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

/** A larger file mostly holds weights, which need not be in memory. */
const LARGE = 16 * 2 ** 20;
const CHUNK = 2 ** 20;

export async function readModelFile(file: string): Promise<Result<ModelFile>> {
  const fail = (diagnostic: Diagnostic): Result<ModelFile> => ({ ok: false, diagnostics: [diagnostic] });
  const path = resolve(file);
  try {
    const content = (await readLarge(path)) ?? wholeOf(await readRegularFile(path, limits.modelBytes.most));
    const wrong = wrongContent(content.bytes, file);
    if (wrong !== undefined) return fail(wrong);
    return settle({ file, folder: dirname(path), realFolder: dirname(await realpath(path)), ...content }, []);
  } catch (error) {
    return fail(await explain(error, file));
  }
}

type Content = Pick<ModelFile, "size" | "bytes" | "stored" | "sha256">;

function wholeOf(bytes: Uint8Array): Content {
  return { size: bytes.length, bytes, stored: new Map(), sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** A large model without its weights; `null` for a small file, and for one that is no protobuf. */
async function readLarge(path: string): Promise<Content | null> {
  if ((await stat(path)).size < LARGE) return null;
  const handle = await openRegularFile(path, limits.modelBytes.most);
  try {
    const { size } = await handle.stat();
    const readAt = readerOf(handle.fd);
    const skimmed = skim(size, readAt);
    if (skimmed === null) return null;
    const stored = new Map([...skimmed.stored].map(([at, run]) => [at, { file: path, ...run }]));
    return { size, bytes: skimmed.bytes, stored, sha256: hashOf(size, readAt) };
  } finally {
    await handle.close();
  }
}

function hashOf(size: number, readAt: ReadAt): string {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(CHUNK);
  for (let at = 0; at < size; at += CHUNK) {
    const chunk = buffer.subarray(0, Math.min(CHUNK, size - at));
    readAt(chunk, at);
    hash.update(chunk);
  }
  return hash.digest("hex");
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
