/**
 * @file Typed arrays by element type, and tensors between the graph's form (bytes) and onnxruntime's (typed arrays). Runs nothing.
 */
import { invariant } from "../compiler/diagnostics/diagnose.ts";
import { sizeOf } from "../compiler/graph/elements.ts";
import { fromFloat16, toFloat16 } from "../compiler/graph/numbers/half.ts";
import type { ElemType, Tensor } from "../compiler/graph/types.ts";
import type { OrtData, OrtElem, OrtTensor } from "./types.ts";

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): OrtData;
  new (length: number): OrtData;
}

const arrays: Readonly<Record<OrtElem, ArrayType>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

export function isOrtElem(elem: string): elem is OrtElem {
  return Object.hasOwn(arrays, elem);
}

/** Bytes of one element. */
export function bytesPerElement(elem: OrtElem): number {
  return arrays[elem].BYTES_PER_ELEMENT;
}

/** Zeros, `length` elements. */
export function newData(elem: OrtElem, length: number): OrtData {
  return new arrays[elem](length);
}

/** The bytes as elements; copied only where they do not lie on an element's boundary. */
export function dataOf(elem: OrtElem, bytes: Uint8Array): OrtData {
  const type = arrays[elem];
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / type.BYTES_PER_ELEMENT);
}

/** The elements as bytes, without a copy. */
export function bytesOf(data: OrtData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A tensor from numbers, rounded to `elem`; as many as `dims` say. */
export function ortTensor(elem: OrtElem, dims: readonly number[], values: ArrayLike<number>): OrtTensor {
  invariant(values.length === sizeOf(dims), `${values.length} values for a tensor of shape [${dims.join(", ")}]`);
  const data = newData(elem, values.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]!);
  } else {
    const convert = elem === "float16" ? toFloat16 : (x: number): number => x;
    for (let i = 0; i < values.length; i++) data[i] = convert(values[i]!);
  }
  return { elem, dims, data };
}

/** Elements as numbers, for comparison and printing; 64-bit integers beyond 2^53 lose their last digits. */
export function numbersIn({ elem, data }: OrtTensor): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from(data, Number);
  return elem === "float16" ? Float32Array.from(data, fromFloat16) : data;
}

/** Those elements that a tensor has from one place to another, exclusive, as numbers; `undefined` where there is no tensor. */
export function elementsIn(tensor: OrtTensor | undefined, from: number, to: number): ArrayLike<number> | undefined {
  return tensor && numbersIn({ ...tensor, data: tensor.data.subarray(Math.max(0, from), Math.max(0, to)) });
}

/** A graph constant for onnxruntime; `null` where its data is on disk or of a type that cannot cross. */
export function fromGraphTensor({ elem, dims, data }: Tensor): OrtTensor | null {
  if (data.kind === "external" || !isOrtElem(elem)) return null;
  return { elem, dims, data: dataOf(elem, data.bytes) };
}

/** An onnxruntime tensor as an inline graph constant; shares its memory. */
export function toGraphTensor({ elem, dims, data }: OrtTensor): Tensor & { readonly elem: ElemType } {
  return { elem, dims, data: { kind: "inline", bytes: bytesOf(data) } };
}
