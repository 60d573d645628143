/**
 * @file What identifies a file: the hash of the whole file for a model's graph and a program's files; size and hash of both ends and
 * of samples between them for a model's data files, so that nobody reads tens of gigabytes before each run. Knows no graph.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, relative } from "node:path";
import type { ProgramFiles, ProgramModel } from "./types.ts";

const MEBIBYTE = 2 ** 20;
/** Other weights of the same shapes differ almost everywhere: few blocks find them, wherever the changed layers are in the file. */
const SAMPLES = 64;
const SAMPLE_BYTES = 4096;

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

/**
 * Size, and sha256 (hex) of the first MiB, of 64 blocks of 4 KiB at equal distances, and of the last MiB, in this order (in a small file
 * they overlap). Reads at most 2.25 MiB. Throws as `fs` does.
 */
export function identify(path: string): DataIdentity {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const hash = createHash("sha256");
    const buffer = Buffer.alloc(Math.min(size, MEBIBYTE));
    for (const [start, length] of identifyingBlocks(size)) {
      hash.update(buffer.subarray(0, readSync(file, buffer, 0, length, start)));
    }
    return { size, hash: hash.digest("hex") };
  } finally {
    closeSync(file);
  }
}

/** Start and length of each block of a file of `size` bytes that `identify` hashes. */
function identifyingBlocks(size: number): readonly (readonly [start: number, length: number])[] {
  const end = Math.min(size, MEBIBYTE);
  const samples = Array.from({ length: SAMPLES }, (_, i) => {
    const start = Math.floor(((i + 1) * size) / (SAMPLES + 1));
    return [start, Math.min(SAMPLE_BYTES, size - start)] as const;
  });
  return [[0, end], ...samples, [size - end, end]];
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
