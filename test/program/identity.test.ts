/**
 * @file What identifies a model's data file: its size, both ends and samples between them, found by few reads, whatever its size.
 */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { identify } from "../../program/identity.ts";

const MEBIBYTE = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "identity-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A sparse file with `bytes` at `position`. */
function sparse(name: string, size: number, position = 0, bytes: Uint8Array = new Uint8Array()): string {
  const file = join(folder, name);
  const handle = openSync(file, "w");
  ftruncateSync(handle, size);
  writeSync(handle, bytes, 0, bytes.length, position);
  closeSync(handle);
  return file;
}

/** Bytes that this process has asked the system to read. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

test.skipIf(process.platform !== "linux")("24 GB of weights are identified by reading less than 3 MiB", () => {
  const file = sparse("large", 24e9);
  const before = bytesRead();
  expect(identify(file).size).toBe(24e9);
  expect(bytesRead() - before).toBeLessThan(3 * MEBIBYTE);
});

const SIZE = 65 * MEBIBYTE;
const plain = identify(sparse("plain", SIZE)).hash;

test.each([
  ["the first MiB", MEBIBYTE - 1, 1],
  ["the last MiB", SIZE - MEBIBYTE, 1],
  ["a run of 1/65 of the file", 30.5 * MEBIBYTE, MEBIBYTE],
  ["such a run at another place", 1.25 * MEBIBYTE, MEBIBYTE],
  ["the first byte of a sample", 17 * MEBIBYTE, 1],
  ["the last byte of a sample", 17 * MEBIBYTE + 4095, 1],
])("a change in %s is found", (_, position, length) => {
  expect(identify(sparse("changed", SIZE, position, new Uint8Array(length).fill(1))).hash).not.toBe(plain);
});

test("a change between two samples is not found, nor is a new time of the file", () => {
  expect(identify(sparse("between", SIZE, 17 * MEBIBYTE + 4096, new Uint8Array(1000).fill(1))).hash).toBe(plain);
});

test.each([0, 1, 63, 4096, MEBIBYTE - 1, MEBIBYTE, 2 * MEBIBYTE])("every byte of a small file of %i counts", (size) => {
  const content = Buffer.alloc(size, "weights");
  const file = join(folder, "small");
  writeFileSync(file, content);
  const { hash, ...rest } = identify(file);
  expect(rest).toEqual({ size });
  for (const at of new Set([0, 1, size >> 1, size - 1].filter((i) => i >= 0 && i < size))) {
    const other = Buffer.from(content);
    other[at]! ^= 1;
    writeFileSync(file, other);
    expect(identify(file).hash, `byte ${at}`).not.toBe(hash);
  }
});
