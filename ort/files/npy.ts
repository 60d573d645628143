/**
 * @file One numpy array as bytes (.npy format 1 to 3, little-endian, row-major). Knows no archive.
 */
import { tensorFileMessages as messages } from "../../compiler/diagnostics/catalog/tensor-files.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Message } from "../../compiler/diagnostics/diagnose.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { sizeOf } from "../../compiler/graph/elements.ts";
import { bytesOf, bytesPerElement, dataOf } from "../tensors.ts";
import type { OrtElem, OrtTensor } from "../types.ts";

const descrs: Readonly<Record<OrtElem, string>> = {
  float32: "<f4",
  float64: "<f8",
  float16: "<f2",
  int64: "<i8",
  uint64: "<u8",
  int32: "<i4",
  uint32: "<u4",
  int16: "<i2",
  uint16: "<u2",
  int8: "|i1",
  uint8: "|u1",
  bool: "|b1",
};
const elems: ReadonlyMap<string, OrtElem> = new Map(
  Object.entries(descrs).map(([elem, descr]) => [descr, elem as OrtElem]),
);
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Longest header that is read: all that version 1 of the format can state. Later versions are for structured types, which are refused. */
const LONGEST_HEADER = 65_535;
/** The data begins at a multiple of this. */
const ALIGNMENT = 64;

/** `array` names it for messages, `file` is the archive. */
export function readNpy(bytes: Uint8Array, array: string, file: string): Result<OrtTensor> {
  const fail = <P>(message: Message<P>, params: P): Result<OrtTensor> => ({
    ok: false,
    diagnostics: [diagnose(message, params, { file })],
  });
  const header = headerOf(bytes);
  if (header === "too long") return fail(messages.header, { array, bytes: headerLength(bytes), limit: LONGEST_HEADER });
  if (header === null) return fail(messages.notArray, { array, reason: "it has no numpy header" });
  const { descr, fortran, dims, start } = header;
  const elem = elems.get(descr);
  if (elem === undefined) return fail(messages.elem, { array, descr });
  if (fortran && dims.filter((d) => d > 1).length > 1) return fail(messages.fortranOrder, { array });
  const expected = sizeOf(dims) * bytesPerElement(elem);
  const actual = bytes.length - start;
  if (expected !== actual) return fail(messages.size, { array, shape: dims.join(", "), expected, actual });
  return { ok: true, value: { elem, dims, data: dataOf(elem, bytes.subarray(start)) }, diagnostics: [] };
}

export function writeNpy({ elem, dims, data }: OrtTensor): Uint8Array {
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(", ")})`;
  const text = `{'descr': '${descrs[elem]}', 'fortran_order': False, 'shape': ${shape}, }`;
  const prefix = MAGIC.length + 4;
  const length = Math.ceil((prefix + text.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const bytes = new Uint8Array(prefix + length + data.byteLength);
  bytes.set([...MAGIC, 1, 0, length & 0xff, length >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), prefix);
  bytes.set(bytesOf(data), prefix + length);
  return bytes;
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly dims: readonly number[];
  /** Where the data begins. */
  readonly start: number;
}

/** The header is a Python dictionary; only its three known keys matter. */
function headerOf(bytes: Uint8Array): Header | "too long" | null {
  if (bytes.length < 12 || !MAGIC.every((byte, i) => bytes[i] === byte)) return null;
  const begin = bytes[6]! >= 2 ? 12 : 10;
  const length = headerLength(bytes);
  if (length > LONGEST_HEADER) return "too long";
  const start = begin + length;
  if (start > bytes.length) return null;
  const entries = dictionary(new TextDecoder("latin1").decode(bytes.subarray(begin, start)));
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) => entries.get(key));
  if (descr === undefined || shape === undefined || !/^\([\d,\s]*\)$/.test(shape)) return null;
  if (order !== "True" && order !== "False") return null;
  const dims = (shape.match(/\d+/g) ?? []).map(Number);
  return { descr: descr.replaceAll("'", ""), fortran: order === "True", dims, start };
}

/** As the header's first bytes state it: two of them in version 1, four in later ones. */
function headerLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes[6]! >= 2 ? view.getUint32(8, true) : view.getUint16(8, true);
}

/** Values as text by key, in one pass: a value ends at a comma outside quotes and brackets. Text that is no dictionary gives none. */
function dictionary(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  const open = text.indexOf("{");
  let from = open + 1;
  let depth = open < 0 ? 0 : 1;
  let quoted = false;
  for (let at = from; depth > 0 && at < text.length; at++) {
    const sign = text[at]!;
    if (sign === "'") quoted = !quoted;
    if (quoted) continue;
    if ("([{".includes(sign)) depth += 1;
    if (")]}".includes(sign)) depth -= 1;
    if (depth > 1 || (depth === 1 && sign !== ",")) continue;
    const [, key, value] = /^\s*'([^']*)'\s*:([^]*)$/.exec(text.slice(from, at)) ?? [];
    if (key !== undefined && value !== undefined) entries.set(key, value.trim());
    from = at + 1;
  }
  return entries;
}
