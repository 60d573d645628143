/**
 * @file What tells one model from another without reading gigabytes: the hash of the graph's file, and of each data file its size
 * and the hash of its ends. Knows no graph.
 */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { basename, relative } from "node:path";
import type { ProgramModel } from "./types.ts";

const MEBIBYTE = 2 ** 20;

export type DataIdentity = Omit<ProgramModel["data"][number], "file">;

/** sha256 of a whole file, hex; for the file that holds the graph. Rejects as `fs` does. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: MEBIBYTE })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Size, and sha256 (hex) of the first MiB followed by the last; a smaller file counts twice. Throws as `fs` does. */
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

/** `identify`, for callers that wait for several. */
export async function identifyData(path: string): Promise<DataIdentity> {
  return identify(path);
}

/**
 * Identity of data files by absolute real path. Each is named by its way from `folder`, the model's real folder, with forward slashes;
 * without one by its base name. Rejects as `fs` does.
 */
export async function identifyFiles(paths: readonly string[], folder?: string): Promise<ProgramModel["data"]> {
  const nameOf = (path: string): string =>
    folder === undefined ? basename(path) : relative(folder, path).replaceAll("\\", "/");
  return Promise.all(paths.map(async (path) => ({ file: nameOf(path), ...(await identifyData(path)) })));
}
