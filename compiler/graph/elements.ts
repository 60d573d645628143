/**
 * @file Element types: their numbers in ONNX files and their sizes. Knows no graph.
 */
import type { ElemType } from "./types.ts";

/** Number in `TensorProto.DataType` and bytes per element; a string has no fixed size (0). */
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
};

const byCode: ReadonlyMap<number, ElemType> = new Map(
  Object.entries(elements).map(([elem, { code }]) => [code, elem as ElemType]),
);

export function elemCode(elem: ElemType): number {
  return elements[elem].code;
}

/** Bytes of one element; 0 for `string`. */
export function elemBytes(elem: ElemType): number {
  return elements[elem].bytes;
}

/** The type with that number, or `undefined` for one that this project does not handle (complex, 8-bit and 4-bit floats). */
export function elemOfCode(code: number): ElemType | undefined {
  return byCode.get(code);
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
