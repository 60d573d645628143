/**
 * @file Types of values in an ONNX file. Knows no nodes.
 */
import type { TensorShapeProto_Dimension, TypeProto, ValueInfoProto } from "onnx-buf";
import { graphMessages, tensorMessages } from "../../diagnostics/catalog/model.ts";
import { reporter } from "./tensor.ts";
import type { DecodeContext } from "./tensor.ts";
import { elemOfCode } from "../elements.ts";
import { clampInteger } from "../tensors.ts";
import type { Dim, GraphValue, TensorType } from "../types.ts";

const kinds: Readonly<Record<string, string>> = {
  sequenceType: "a sequence",
  mapType: "a map",
  optionalType: "an optional",
  sparseTensorType: "a sparse tensor",
};

/** Inputs or outputs of the model: each must be a tensor. `undefined` after a report. */
export function decodeBoundary(
  side: "input" | "output",
  proto: ValueInfoProto,
  context: DecodeContext,
): GraphValue | undefined {
  const { name, type } = proto;
  const report = reporter(context);
  const kind = type?.value.case;
  if (type === undefined || kind === undefined) return report(graphMessages.noType, { side, name });
  if (type.value.case !== "tensorType") return report(graphMessages.inputKind, { name, found: kinds[kind] ?? kind });
  const decoded = decodeType(type);
  if (decoded !== undefined && decoded.elem !== "string") return { name, type: decoded };
  const found = decoded?.elem ?? `number ${type.value.value.elemType}`;
  return report(tensorMessages.elem, { at: `the ${side} "${name}"`, found });
}

/** `undefined` if it is not a tensor of a known element type. */
export function decodeType(type: TypeProto | undefined): TensorType | undefined {
  if (type?.value.case !== "tensorType") return undefined;
  const { elemType, shape } = type.value.value;
  const elem = elemOfCode(elemType);
  return elem && { elem, dims: shape === undefined ? null : shape.dim.map(decodeDim) };
}

function decodeDim({ value }: TensorShapeProto_Dimension): Dim {
  // Some tools write "?" or "*" for every extent that they do not know: that names nothing, and two of them need not be equal.
  if (value.case === "dimParam" && /[\p{L}\p{N}]/u.test(value.value)) return value.value;
  if (value.case === "dimValue" && value.value >= 0n) return clampInteger(value.value);
  return null;
}
