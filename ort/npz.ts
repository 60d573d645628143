/**
 * @file Named tensors in a numpy archive (.npz): one array per input or output name. The one file that knows the zip package.
 */
import { readFile, writeFile } from "node:fs/promises";
import { unzipSync, zipSync } from "fflate";
import { tensorFileMessages as messages } from "../compiler/diagnostics/catalog/tensor-files.ts";
import { diagnose, settle } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../compiler/diagnostics/types.ts";
import { readNpy, writeNpy } from "./npy.ts";
import type { OrtTensor, OrtTensors } from "./types.ts";

const EXTENSION = ".npy";
/** The zip format knows no earlier date; a fixed one makes equal tensors equal files. */
const EPOCH = new Date(1980, 0, 1);

/** `file` is relative to the current folder; every array of it is checked, so that all mistakes are told at once. */
export async function readNpz(file: string): Promise<Result<OrtTensors>> {
  const fail = (diagnostic: Diagnostic): Result<OrtTensors> => ({ ok: false, diagnostics: [diagnostic] });
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return fail(diagnose(messages.notFound, { file }, { file }));
    return fail(diagnose(messages.unreadable, { file, reason: message }, { file }));
  }
  try {
    const bound = boundOf(bytes.length);
    const entries = unzipSync(bytes, { filter: bound.admits });
    if (bound.broken()) {
      return fail(diagnose(messages.tooLarge, { file, bytes: bytes.length, limit: bound.limit }, { file }));
    }
    return decode(entries, file);
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
/** Bytes that the directory of an archive has at least for each entry. */
const ENTRY_BYTES = 46;

interface Bound {
  readonly limit: number;
  /** Throws for entries that cannot be told apart; nothing is unpacked beyond the limit. */
  readonly admits: (entry: { readonly name: string; readonly size: number; readonly originalSize: number }) => boolean;
  readonly broken: () => boolean;
}

function boundOf(bytes: number): Bound {
  const limit = SPARE_BYTES + RATIO * bytes;
  const names = new Set<string>();
  let unpacked = 0;
  let visited = 0;
  return {
    limit,
    admits: ({ name, size, originalSize }) => {
      visited += 1;
      if (visited * ENTRY_BYTES > bytes) throw new Error("its directory does not fit into the file");
      if (names.has(name)) throw new Error(`it holds "${name}" twice`);
      names.add(name);
      unpacked += Math.max(size, originalSize);
      return unpacked <= limit;
    },
    broken: () => unpacked > limit,
  };
}

function decode(entries: Readonly<Record<string, Uint8Array>>, file: string): Result<OrtTensors> {
  const diagnostics: Diagnostic[] = [];
  const tensors: [string, OrtTensor][] = [];
  for (const [entry, bytes] of Object.entries(entries)) {
    const name = entry.endsWith(EXTENSION) ? entry.slice(0, -EXTENSION.length) : entry;
    const array = readNpy(bytes, name, file);
    if (array.ok) tensors.push([name, array.value]);
    else diagnostics.push(...array.diagnostics);
  }
  return settle(Object.fromEntries(tensors), diagnostics);
}
