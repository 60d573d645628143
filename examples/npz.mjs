/**
 * @file Reads the float32 arrays of an `.npz` file, for the examples: a zip archive with one `.npy` file for each array. Knows no other type.
 */
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

/** Arrays by name, as `{ dims, data }`. */
export function readNpz(path) {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf("PK\x05\x06");
  const arrays = {};
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(start, start + size);
    const member = bytes.toString("utf8", at + 46, at + 46 + name);
    arrays[member.replace(/\.npy$/, "")] = array(method === 8 ? inflateRawSync(content) : content);
    at += 46 + name + extra + comment;
  }
  return arrays;
}

function array(npy) {
  const length = npy[6] === 1 ? npy.readUInt16LE(8) : npy.readUInt32LE(8);
  const start = (npy[6] === 1 ? 10 : 12) + length;
  const header = npy.toString("latin1", start - length, start);
  if (!header.includes("'<f4'") || !header.includes("False")) throw new Error(`not row-major float32: ${header}`);
  const dims = /\(([\d, ]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const data = new Float32Array(npy.buffer.slice(npy.byteOffset + start, npy.byteOffset + npy.length));
  return { dims, data };
}
