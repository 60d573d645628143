/**
 * @file Element types: their numbers in ONNX files and their sizes. Knows no graph.
 */
import type { ElemType } from "./types.ts";

/** Number in `TensorProto.DataType` and bytes per element: half of one for 4 bits; a string has no fixed size (0). */
const elements: Readonly<Record<ElemType, { readonly code: number; readonly bytes: number }>> = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  uint16: { code: 4, bytes: 2 },
  int16: { code: 5, bytes: 2 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  string: { code: 8, bytes: 0 },
  bool: { code: 9, bytes: 1 },
  float16: { code: 10, bytes: 2 },
  float64: { code: 11, bytes: 8 },
  uint32: { code: 12, bytes: 4 },
  uint64: { code: 13, bytes: 8 },
  bfloat16: { code: 16, bytes: 2 },
  float8e4m3fn: { code: 17, bytes: 1 },
  float8e4m3fnuz: { code: 18, bytes: 1 },
  float8e5m2: { code: 19, bytes: 1 },
  float8e5m2fnuz: { code: 20, bytes: 1 },
  uint4: { code: 21, bytes: 0.5 },
  int4: { code: 22, bytes: 0.5 },
};

const byCode: ReadonlyMap<number, ElemType> = new Map(
  Object.entries(elements).map(([elem, { code }]) => [code, elem as ElemType]),
);

export function elemCode(elem: ElemType): number {
  return elements[elem].code;
}

/** Bytes of one element: half of one for 4 bits; 0 for `string`. */
export function elemBytes(elem: ElemType): number {
  return elements[elem].bytes;
}

/** Whole bytes of that many elements; two 4-bit elements share one, and an odd one has its own. */
export function bytesFor(elem: ElemType, count: number): number {
  return Math.ceil(count * elements[elem].bytes);
}

/** Whether elements are narrower than a byte. */
export function isPacked(elem: ElemType): elem is "uint4" | "int4" {
  return elem === "uint4" || elem === "int4";
}

/** The type with that number, or `undefined` for one that this project does not handle (complex, 2-bit types and 4-bit floats). */
export function elemOfCode(code: number): ElemType | undefined {
  return byCode.get(code);
}

const WIDER: Readonly<Partial<Record<ElemType, ElemType>>> = {
  bfloat16: "float32",
  float8e4m3fn: "float32",
  float8e4m3fnuz: "float32",
  float8e5m2: "float32",
  float8e5m2fnuz: "float32",
  uint4: "uint8",
  int4: "int8",
};

/** The type in which values of `elem` cross the interface of ONNX Runtime; one that holds each of their numbers where they cannot themselves. */
export function crossingElem(elem: ElemType): ElemType {
  return WIDER[elem] ?? elem;
}

/** Lowest finite number of a floating type; -Infinity for another. */
export function lowestOf(elem: ElemType): number {
  return LOWEST[elem] ?? -Infinity;
}

const LOWEST: Readonly<Partial<Record<ElemType, number>>> = {
  float16: -65504,
  bfloat16: -(2 ** 128 - 2 ** 120),
  float32: -(2 ** 128 - 2 ** 104),
  float64: -Number.MAX_VALUE,
};

/** Product of extents; 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}
