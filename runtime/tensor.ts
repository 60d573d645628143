/**
 * @file Tensors as bytes and as text: sizes, memory that need not be zeroed, what a message calls a tensor. Knows no session.
 */
import { invariant } from "../compiler/diagnostics/diagnose.ts";
import type { Expr } from "../compiler/expr/expr.ts";
import { show } from "../compiler/expr/expr.ts";
import type { OrtElem, OrtTensor } from "../ort/session.ts";
import { bytesOf, bytesPerElement, dataOf, isOrtElem } from "../ort/tensors.ts";

/** A tensor as onnxruntime's `Tensor` shows itself to JavaScript; row-major. */
export interface TensorLike {
  /** onnxruntime's element type: `float32`, `int64`, `bool`, ... */
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView | readonly string[];
}

/** Bytes of a tensor of `elem` with these extents. Types that cannot cross to ONNX Runtime have a size for predictions. */
export function byteSize(elem: string, dims: readonly number[]): number {
  const bytes = KEPT_INSIDE[elem] ?? bytesPerElement(knownElem(elem));
  // Extents that a caller gave may multiply to Infinity, and that times 0 is no number.
  return dims.includes(0) ? 0 : Math.ceil(bytes * dims.reduce((a, b) => a * b, 1));
}

/** Bytes of one element of the types that stay inside a session. */
const KEPT_INSIDE: Readonly<Record<string, number>> = {
  bfloat16: 2,
  float8e4m3fn: 1,
  float8e4m3fnuz: 1,
  float8e5m2: 1,
  float8e5m2fnuz: 1,
  uint4: 0.5,
  int4: 0.5,
};

/** A program names only types that can cross to ONNX Runtime: lowering sees to it. */
export function knownElem(elem: string): OrtElem {
  invariant(isOrtElem(elem), `the element type ${elem} cannot cross to ONNX Runtime`);
  return elem;
}

/** Memory of its own that is about to be filled: not zeroed, never part of a pool. */
export function freshBytes(length: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer as ArrayBuffer, 0, length);
}

export function tensorOf(elem: string, dims: readonly number[], bytes: Uint8Array): OrtTensor {
  const known = knownElem(elem);
  return { elem: known, dims, data: dataOf(known, bytes) };
}

/** The same tensor in memory of its own. */
export function copyOf({ elem, dims, data }: OrtTensor): OrtTensor {
  const bytes = freshBytes(data.byteLength);
  bytes.set(bytesOf(data));
  return tensorOf(elem, dims, bytes);
}

export function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `[1, img, 64]` */
export function showDims(dims: readonly Expr[]): string {
  return `[${dims.map(show).join(", ")}]`;
}

/** `float32 [1, 4096, 64]` */
export function showTensor(elem: string, dims: readonly Expr[]): string {
  return `${elem} ${showDims(dims)}`;
}

/** Whether an object has the parts of a tensor; they need not fit each other. */
export function isTensorLike(value: unknown): value is TensorLike {
  const { type, dims, data } = partsOf(value);
  return typeof type === "string" && isDims(dims) && (ArrayBuffer.isView(data) || Array.isArray(data));
}

/**
 * What may be the parts of a tensor, of this or another copy of onnxruntime; none where they cannot be read: its `Tensor` throws on
 * access where its data is not on the CPU or has been disposed of.
 */
export function partsOf(value: unknown): Partial<Record<keyof TensorLike, unknown>> {
  if (typeof value !== "object" || value === null) return {};
  try {
    const { type, dims, data } = value as Partial<Record<keyof TensorLike, unknown>>;
    return { type, dims, data };
  } catch {
    return {};
  }
}

export function isDims(value: unknown): value is readonly number[] {
  if (!Array.isArray(value)) return false;
  // `every` does not visit the holes of a list.
  return Array.from<unknown>(value).every((extent) => Number.isSafeInteger(extent) && Number(extent) >= 0);
}

/** The data as bytes; `null` for strings, for memory that is gone, and for arrays whose elements have another size than `type` says. */
export function viewBytes({ type, data }: TensorLike): Uint8Array | null {
  if (!ArrayBuffer.isView(data) || !isOrtElem(type) || isGone(data)) return null;
  const { BYTES_PER_ELEMENT: size } = data as Partial<Uint8Array>;
  if (size !== bytesPerElement(type)) return null;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Whether the view's buffer was transferred, or resized so that the view lies outside. */
export function isGone(data: ArrayBufferView): boolean {
  try {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).byteLength < 0;
  } catch {
    return true;
  }
}
