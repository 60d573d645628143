/**
 * @file Named tensors in a numpy archive (.npz): one array per input or output name. The one file that knows the zip package, for writing.
 */
import { writeFile } from "node:fs/promises";
import { zipSync } from "fflate";
import { tensorFileMessages as messages } from "../../compiler/diagnostics/catalog/tensor-files.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import { limits } from "../../compiler/limits/limits.ts";
import { readRegularFile } from "../../compiler/limits/read-file.ts";
import { readNpy, writeNpy } from "./npy.ts";
import type { OrtTensor, OrtTensors } from "../types.ts";
import { unpackMember, zipMembers } from "./zip.ts";
import type { ZipMember } from "./zip.ts";

const EXTENSION = ".npy";
/** The zip format knows no earlier date; a fixed one makes equal tensors equal files. */
const EPOCH = new Date(1980, 0, 1);

/** `file` is relative to the current folder; every array of it is checked, its CRC-32 included, so that all errors are listed at once. */
export async function readNpz(file: string): Promise<Result<OrtTensors>> {
  const fail = (diagnostic: Diagnostic): Result<OrtTensors> => ({ ok: false, diagnostics: [diagnostic] });
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(file, limits.tensorBytes.most);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return fail(diagnose(messages.notFound, { file }, { file }));
    return fail(diagnose(messages.unreadable, { file, reason: message }, { file }));
  }
  try {
    const members = zipMembers(bytes);
    const limit = SPARE_BYTES + RATIO * bytes.length;
    const unpacked = members.reduce((sum, { size, packedSize }) => sum + Math.max(size, packedSize), 0);
    if (unpacked > limit) return fail(diagnose(messages.tooLarge, { file, bytes: bytes.length, limit }, { file }));
    return decode(members, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(diagnose(messages.notZip, { file, reason }, { file }));
  }
}

/** Writes without compression, as numpy.savez does. Equal tensors give equal bytes. Throws what the file system throws. */
export async function writeNpz(file: string, tensors: OrtTensors): Promise<void> {
  await writeFile(file, encodeNpz(tensors));
}

export function encodeNpz(tensors: OrtTensors): Uint8Array {
  const entries = Object.entries(tensors).map(([name, tensor]) => [name + EXTENSION, writeNpy(tensor)] as const);
  return zipSync(Object.fromEntries(entries), { level: 0, mtime: EPOCH });
}

/** What an archive may unpack to: masks of ones shrink well, but nobody's inputs shrink to a fiftieth. */
const SPARE_BYTES = 2 ** 26;
const RATIO = 50;

function decode(members: readonly ZipMember[], file: string): Result<OrtTensors> {
  const diagnostics: Diagnostic[] = [];
  const tensors: [string, OrtTensor][] = [];
  for (const member of members) {
    const { bytes, crc } = unpackMember(member);
    const name = member.name.endsWith(EXTENSION) ? member.name.slice(0, -EXTENSION.length) : member.name;
    if (crc !== member.crc) {
      const params = { file, member: member.name, stated: hex(member.crc), actual: hex(crc) };
      diagnostics.push(diagnose(messages.crc, params, { file }));
      continue;
    }
    const array = readNpy(bytes, name, file);
    if (array.ok) tensors.push([name, array.value]);
    else diagnostics.push(...array.diagnostics);
  }
  return settle(Object.fromEntries(tensors), diagnostics);
}

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, "0")}`;
}
