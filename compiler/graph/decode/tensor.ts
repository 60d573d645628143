/**
 * @file Tensors of an ONNX file: raw bytes without a copy, typed fields as little-endian bytes, external data by reference.
 */
import { TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import type { TensorProto } from "onnx-buf";
import { tensorMessages as messages } from "../../diagnostics/catalog/model.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Message } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { bytesFor, elemBytes, elemOfCode, isPacked, sizeOf } from "../elements.ts";
import type { DataFolder } from "../external.ts";
import { storedData } from "./stored.ts";
import type { ElemType, Place, Tensor, TensorData } from "../types.ts";

/** Context of decoding: the location of data, and the place to report errors. */
export interface DecodeContext {
  readonly file: string;
  readonly data: DataFolder;
  /** Raw data that was left in the file, by position among the initialisers of the main graph. */
  readonly stored: ReadonlyMap<number, Place>;
  readonly report: (diagnostic: Diagnostic) => void;
}

/** `at` names the tensor for messages; `place` is where its raw data was left. `undefined` after a report. */
export function decodeTensor(
  proto: TensorProto,
  at: string,
  context: DecodeContext,
  place?: Place,
): Tensor | undefined {
  const report = reporter(context);
  const elem = elemOfCode(proto.dataType);
  if (elem === undefined || elem === "string") {
    return report(messages.elem, { at, found: TensorProto_DataType[proto.dataType] ?? String(proto.dataType) });
  }
  const dims = proto.dims.map(Number);
  if (proto.dims.some((d) => d < 0n) || !Number.isSafeInteger(sizeOf(dims)) || proto.segment !== undefined) {
    return report(messages.dims, { at, dims: proto.dims.join(", ") });
  }
  const data =
    proto.dataLocation === TensorProto_DataLocation.EXTERNAL
      ? externalData(proto, at, elem, dims, context)
      : inlineData(proto, at, elem, dims, context, place);
  return data && { elem, dims, data };
}

/** Reports and returns `undefined`, so that a caller can return in the same statement. */
export function reporter(context: DecodeContext): <P>(message: Message<P>, params: P) => undefined {
  return (message, params) => {
    context.report(diagnose(message, params, { file: context.file }));
    return undefined;
  };
}

function inlineData(
  proto: TensorProto,
  at: string,
  elem: ElemType,
  dims: readonly number[],
  context: DecodeContext,
  place: Place | undefined,
): TensorData | undefined {
  const report = reporter(context);
  const count = sizeOf(dims);
  const shape = dims.join(", ");
  const actual = place?.length ?? proto.rawData.length;
  if (actual > 0) {
    const expected = bytesFor(elem, count);
    if (expected !== actual) return report(messages.dataSize, { at, shape, expected, actual, unit: "bytes" });
    return place === undefined ? { kind: "inline", bytes: proto.rawData } : storedData(place);
  }
  const { values, write } = typedField(proto, elem);
  // A typed field holds packed elements as bytes.
  const [expected, width] = isPacked(elem) ? [bytesFor(elem, count), 1] : [count, elemBytes(elem)];
  if (values.length !== expected) {
    return report(messages.dataSize, { at, shape, expected, actual: values.length, unit: "elements" });
  }
  const bytes = new Uint8Array(bytesFor(elem, count));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < expected; i++) write(view, i * width, i);
  return { kind: "inline", bytes };
}

interface TypedField {
  readonly values: ArrayLike<unknown>;
  /** Writes element `i` at byte `at`. */
  readonly write: (view: DataView, at: number, i: number) => void;
}

/** Which field holds the elements of a type: narrow integers and half floats (as bits) share `int32_data`. */
function typedField(proto: TensorProto, elem: ElemType): TypedField {
  const { floatData, doubleData, int64Data, uint64Data, int32Data } = proto;
  if (elem === "float32") return { values: floatData, write: (v, at, i) => v.setFloat32(at, floatData[i]!, true) };
  if (elem === "float64") return { values: doubleData, write: (v, at, i) => v.setFloat64(at, doubleData[i]!, true) };
  if (elem === "int64") return { values: int64Data, write: (v, at, i) => v.setBigInt64(at, int64Data[i]!, true) };
  if (elem === "uint64") return { values: uint64Data, write: (v, at, i) => v.setBigUint64(at, uint64Data[i]!, true) };
  if (elem === "uint32") {
    return {
      values: uint64Data,
      write: (v, at, i) => v.setUint32(at, Number(BigInt.asUintN(32, uint64Data[i]!)), true),
    };
  }
  const width = elemBytes(elem);
  if (width === 4) return { values: int32Data, write: (v, at, i) => v.setInt32(at, int32Data[i]!, true) };
  if (width === 2) return { values: int32Data, write: (v, at, i) => v.setInt16(at, int32Data[i]!, true) };
  return { values: int32Data, write: (v, at, i) => v.setInt8(at, int32Data[i]!) };
}

function externalData(
  proto: TensorProto,
  at: string,
  elem: ElemType,
  dims: readonly number[],
  context: DecodeContext,
): TensorData | undefined {
  const report = reporter(context);
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  const length = bytesFor(elem, sizeOf(dims));
  const offset = count(entries.get("offset") ?? "0");
  const stated = count(entries.get("length") ?? String(length));
  if (offset === null) return report(messages.dataKey, { at, key: "offset", found: entries.get("offset") ?? "" });
  if (stated === null) return report(messages.dataKey, { at, key: "length", found: entries.get("length") ?? "" });
  const data = context.data.find(location);
  if (!data.ok) return undefined;
  if (stated !== length) {
    return report(messages.dataLength, { at, location, expected: length, actual: stated, shape: dims.join(", ") });
  }
  if (offset + length > data.size) {
    return report(messages.dataEnd, { at, location, end: offset + length, size: data.size });
  }
  return { kind: "external", file: data.path, offset, length };
}

/** A count of bytes written in decimal digits. */
function count(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
