/**
 * @file Element types as ONNX Runtime's C interface numbers them. Knows no value.
 */
import type { OrtElem } from "../types.ts";

/** `ONNXTensorElementDataType`. */
export const elementCodes: Readonly<Record<OrtElem, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

const elements: ReadonlyMap<number, OrtElem> = new Map(
  Object.entries(elementCodes).map(([elem, code]) => [code, elem as OrtElem]),
);

/** Throws an `Error` for a type that cannot cross. */
export function elementOf(code: number): OrtElem {
  const elem = elements.get(code);
  if (elem === undefined) throw new Error(`a value has the element type ${code}, which is not handled`);
  return elem;
}
