/**
 * @file What identifies a file: the hash of the whole file for a model's graph and a program's files; size and hash of the ends for a
 * model's data files, so that nobody reads tens of gigabytes before each run. Knows no graph.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, relative } from "node:path";
import type { ProgramFiles, ProgramModel } from "./types.ts";

const MEBIBYTE = 2 ** 20;

export type DataIdentity = Omit<ProgramModel["data"][number], "file">;

/** Size in bytes and sha256 (hex) of a whole file, up to its size when it was opened. Rejects as `fs` does. */
export async function hashFile(path: string): Promise<ProgramFiles[string]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const hash = createHash("sha256");
    const buffer = Buffer.alloc(Math.min(size, MEBIBYTE));
    for (let done = 0; done < size;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - done), done);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
    return { size, sha256: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

/** `hashFile` for the compiler's writer. Throws as `fs` does. */
export function hashFileSync(path: string): ProgramFiles[string] {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const hash = createHash("sha256");
    const buffer = Buffer.alloc(Math.min(size, MEBIBYTE));
    for (let done = 0; done < size;) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, size - done), done);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      done += read;
    }
    return { size, sha256: hash.digest("hex") };
  } finally {
    closeSync(file);
  }
}

/** Size, and sha256 (hex) of the first MiB followed by the last (the two overlap in a small file). Throws as `fs` does. */
export function identify(path: string): DataIdentity {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, MEBIBYTE);
    const hash = createHash("sha256");
    for (const position of [0, size - length]) {
      const buffer = Buffer.alloc(length);
      hash.update(buffer.subarray(0, readSync(file, buffer, 0, length, position)));
    }
    return { size, hash: hash.digest("hex") };
  } finally {
    closeSync(file);
  }
}

/** Asynchronous `identify`, for callers that wait for several. */
export async function identifyData(path: string): Promise<DataIdentity> {
  return identify(path);
}

/**
 * Identity of data files by absolute real path. Each is named by its relative path from `folder`, the model's real folder, with forward
 * slashes; without `folder` by its base name. Rejects as `fs` does.
 */
export async function identifyFiles(paths: readonly string[], folder?: string): Promise<ProgramModel["data"]> {
  const nameOf = (path: string): string =>
    folder === undefined ? basename(path) : relative(folder, path).replaceAll("\\", "/");
  return Promise.all(paths.map(async (path) => ({ file: nameOf(path), ...(await identifyData(path)) })));
}
