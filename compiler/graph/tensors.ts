/**
 * @file Small constant tensors to and from JavaScript numbers. Knows no protobuf and reads no file.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { bytesFor, elemBytes, isPacked, sizeOf } from "./elements.ts";
import { float8Access } from "./numbers/float8.ts";
import { fromFloat16, toFloat16 } from "./numbers/half.ts";
import type { ElemType, Tensor, TensorData } from "./types.ts";

/** Beyond this an int64 is clamped: no length, axis or bound is larger. */
const LARGEST = 2 ** 53;

type Write = (view: DataView, at: number, value: number) => void;
type Read = (view: DataView, at: number) => number;
interface Access {
  readonly write: Write;
  readonly read: Read;
}

/** Of elements that begin at a byte. */
const access: Readonly<Record<Exclude<ElemType, "string" | "uint4" | "int4">, Access>> = {
  float32: { write: (v, at, x) => v.setFloat32(at, x, true), read: (v, at) => v.getFloat32(at, true) },
  float64: { write: (v, at, x) => v.setFloat64(at, x, true), read: (v, at) => v.getFloat64(at, true) },
  float16: {
    write: (v, at, x) => v.setUint16(at, toFloat16(x), true),
    read: (v, at) => fromFloat16(v.getUint16(at, true)),
  },
  bfloat16: { write: writeBfloat16, read: readBfloat16 },
  uint8: { write: (v, at, x) => v.setUint8(at, x), read: (v, at) => v.getUint8(at) },
  int8: { write: (v, at, x) => v.setInt8(at, x), read: (v, at) => v.getInt8(at) },
  bool: { write: (v, at, x) => v.setUint8(at, x === 0 ? 0 : 1), read: (v, at) => v.getUint8(at) },
  uint16: { write: (v, at, x) => v.setUint16(at, x, true), read: (v, at) => v.getUint16(at, true) },
  int16: { write: (v, at, x) => v.setInt16(at, x, true), read: (v, at) => v.getInt16(at, true) },
  uint32: { write: (v, at, x) => v.setUint32(at, x, true), read: (v, at) => v.getUint32(at, true) },
  int32: { write: (v, at, x) => v.setInt32(at, x, true), read: (v, at) => v.getInt32(at, true) },
  int64: { write: writeInt64, read: (v, at) => clampInteger(v.getBigInt64(at, true)) },
  uint64: { write: writeInt64, read: (v, at) => clampInteger(v.getBigUint64(at, true)) },
  float8e4m3fn: float8Access("float8e4m3fn"),
  float8e4m3fnuz: float8Access("float8e4m3fnuz"),
  float8e5m2: float8Access("float8e5m2"),
  float8e5m2fnuz: float8Access("float8e5m2fnuz"),
};

/** A constant with `values` in row-major order; `dims` gives their number. `elem` is not `string`. */
export function tensorFromNumbers(elem: ElemType, dims: readonly number[], values: readonly number[]): Tensor {
  invariant(elem !== "string", "a tensor of strings has no numbers");
  invariant(values.length === sizeOf(dims), `${values.length} values for a tensor of shape [${dims.join(", ")}]`);
  const bytes = new Uint8Array(bytesFor(elem, values.length));
  const view = new DataView(bytes.buffer);
  if (isPacked(elem)) {
    values.forEach((value, i) => (bytes[i >> 1]! |= (value & 15) << (4 * (i % 2))));
  } else {
    const { write } = access[elem];
    values.forEach((value, i) => write(view, i * elemBytes(elem), value));
  }
  return { elem, dims, data: { kind: "inline", bytes } };
}

/** Number of bytes of a constant, without reading them. */
export function bytesIn(data: TensorData): number {
  return data.kind === "external" ? data.length : (data.place?.length ?? data.bytes.byteLength);
}

/** A 1-D int64 constant. */
export function tensorFromInts(values: readonly number[]): Tensor {
  return tensorFromNumbers("int64", [values.length], values);
}

/**
 * Elements of an inline constant as numbers: 0 and 1 for bool, integers of 64 bits clamped to +-2^53. `null` where the data is on disk or
 * consists of strings.
 */
export function numbersOf(tensor: Tensor): readonly number[] | null {
  if (tensor.data.kind === "external" || tensor.elem === "string") return null;
  const { bytes } = tensor.data;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { elem } = tensor;
  const length = sizeOf(tensor.dims);
  if (isPacked(elem)) return Array.from({ length }, (_, i) => halfOf(elem, bytes[i >> 1]!, i % 2));
  const { read } = access[elem];
  const size = elemBytes(elem);
  return Array.from({ length }, (_, i) => read(view, i * size));
}

/** The lower (0) or upper (1) half of a byte as a number. */
function halfOf(elem: "uint4" | "int4", byte: number, half: number): number {
  const bits = (byte >> (4 * half)) & 15;
  return elem === "int4" && bits > 7 ? bits - 16 : bits;
}

/** A 64-bit integer as a number, clamped to +-2^53. */
export function clampInteger(value: bigint): number {
  return Math.max(-LARGEST, Math.min(LARGEST, Number(value)));
}

/** The 64-bit integer for a number from `clampInteger`. */
export function toBigInt(value: number): bigint {
  invariant(Number.isInteger(value), `${value} is no integer`);
  return BigInt(Math.max(-LARGEST, Math.min(LARGEST, value)));
}

function writeInt64(view: DataView, at: number, value: number): void {
  view.setBigInt64(at, toBigInt(value), true);
}

/** bfloat16 is the upper half of a float32, rounded to nearest, ties to even. */
function writeBfloat16(view: DataView, at: number, value: number): void {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const rounded = Number.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  view.setUint16(at, rounded & 0xffff, true);
}

function readBfloat16(view: DataView, at: number): number {
  return new Float32Array(Uint32Array.of(view.getUint16(at, true) << 16).buffer)[0]!;
}
