/**
 * @file Reads a file that a user names: regular files only, up to a size. A pipe, a device or a socket would block, or never end. Knows no format.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

export type Refusal =
  | { readonly problem: "kind"; readonly kind: Kind }
  | { readonly problem: "size"; readonly bytes: number; readonly most: number };

export type Kind =
  | "a folder"
  | "a named pipe (FIFO)"
  | "a socket"
  | "a character device"
  | "a block device"
  | "not a regular file";

/** Why a file is not read, in addition to the errors of the file system. The message continues after `x cannot be read:`. */
export class FileRefused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(
      refusal.problem === "kind"
        ? `it is ${refusal.kind}; a regular file is required`
        : `it has ${refusal.bytes} bytes; the limit is ${refusal.most}`,
    );
    this.name = "FileRefused";
    this.refusal = refusal;
  }
}

/** Opening a pipe without a writer does not block; a regular file opens as usual. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** One system call reads less than 2 GiB. */
const LARGEST_READ = 2 ** 30;
/** Chunk size for a file that states no size (as in /proc), or that grows. */
const PROBE = 2 ** 16;

/** The bytes of a regular file, links followed. Rejects with `FileRefused`, or as `fs` does. */
export async function readRegularFile(path: string, most: number): Promise<Buffer> {
  const handle = await openRegularFile(path, most);
  try {
    return await readAll(handle, (await handle.stat()).size, most);
  } finally {
    await handle.close();
  }
}

/** Opens a regular file for reading, links followed; the caller closes it. Rejects with `FileRefused`, or as `fs` does. */
export async function openRegularFile(path: string, most: number): Promise<FileHandle> {
  // The name first, since opening a device can act on it; then the descriptor, since the name may refer to another file by now.
  checkStats(await stat(path), most);
  const handle = await open(path, FLAGS);
  try {
    checkStats(await handle.stat(), most);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Synchronous version, for small files. Throws `FileRefused`, or as `fs` does. */
export function readRegularFileSync(path: string, most: number): Buffer {
  checkStats(statSync(path), most);
  const file = openSync(path, FLAGS);
  try {
    const info = fstatSync(file);
    checkStats(info, most);
    const bytes = Buffer.alloc(info.size);
    return bytes.subarray(0, readSync(file, bytes, 0, info.size, 0));
  } finally {
    closeSync(file);
  }
}

function checkStats(info: Stats, most: number): void {
  if (!info.isFile()) throw new FileRefused({ problem: "kind", kind: kindOf(info) });
  checkSize(info.size, most);
}

function checkSize(bytes: number, most: number): void {
  if (bytes > most) throw new FileRefused({ problem: "size", bytes, most });
}

function kindOf(info: Stats): Kind {
  if (info.isDirectory()) return "a folder";
  if (info.isFIFO()) return "a named pipe (FIFO)";
  if (info.isSocket()) return "a socket";
  if (info.isCharacterDevice()) return "a character device";
  return info.isBlockDevice() ? "a block device" : "not a regular file";
}

/** `size` is the stated size; content beyond it is read too, up to the limit. */
async function readAll(handle: FileHandle, size: number, most: number): Promise<Buffer> {
  const stated = Buffer.allocUnsafeSlow(size);
  const filled = await fill(handle, stated, 0);
  if (filled < size) return stated.subarray(0, filled);
  const parts = [stated];
  let total = size;
  for (;;) {
    const part = Buffer.allocUnsafeSlow(PROBE);
    const bytes = await fill(handle, part, total);
    if (bytes === 0) return parts.length === 1 ? stated : Buffer.concat(parts);
    parts.push(part.subarray(0, bytes));
    total += bytes;
    checkSize(total, most);
  }
}

/** Reads from `start` until the buffer is full or the file ends; the number of bytes read. */
async function fill(handle: FileHandle, buffer: Buffer, start: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const length = Math.min(buffer.length - filled, LARGEST_READ);
    const { bytesRead } = await handle.read(buffer, filled, length, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
