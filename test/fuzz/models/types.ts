/**
 * @file Damage to stated types: element types, ranks, extents, kinds that are not tensors.
 */
import { create } from "@bufbuild/protobuf";
import { TensorShapeProto_DimensionSchema, TensorShapeProtoSchema, TypeProtoSchema } from "onnx-buf";
import type { GraphProto, TensorShapeProto, TensorShapeProto_Dimension, ValueInfoProto } from "onnx-buf";
import type { Acts } from "./acts.ts";
import { pick, place } from "./pick.ts";

const others = ["sequenceType", "mapType", "optionalType", "sparseTensorType"] as const;

export const typeDamage: Acts = {
  "set an extent": (graph, { at, by, integer }) => setExtent(graph, at, by, { case: "dimValue", value: integer }),
  "set a symbol": (graph, { at, by, extent }) => setExtent(graph, at, by, { case: "dimParam", value: extent }),
  "leave an extent open": (graph, { at, by }) => setExtent(graph, at, by, { case: undefined }),
  "set a symbol of a file's other extent": (graph, { at, by }) => {
    const symbols = graph.input.flatMap((input) => shapeOf(input)?.dim ?? []).map(({ value }) => value);
    setExtent(graph, at, by, pick(symbols, by) ?? { case: undefined });
  },
  "add an extent": (graph, { at, by, integer }) => {
    const dim = shapeOf(stated(graph, at))?.dim;
    dim?.splice(
      place(dim, by),
      0,
      create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: integer } }),
    );
  },
  "lose an extent": (graph, { at, by }) => {
    const dim = shapeOf(stated(graph, at))?.dim;
    dim?.splice(by % Math.max(dim.length, 1), 1);
  },
  "state a huge rank": (graph, { at, by }) => {
    const shape = shapeOf(stated(graph, at));
    if (shape)
      shape.dim = Array.from({ length: [100, 3000, 20000][by % 3]! }, () =>
        create(TensorShapeProto_DimensionSchema, {}),
      );
  },
  "state no shape": (graph, { at }) => {
    const type = stated(graph, at)?.type?.value;
    if (type?.case === "tensorType") delete type.value.shape;
  },
  "state no type": (graph, { at }) => void delete stated(graph, at)?.type,
  "state another element type": (graph, { at, by }) => {
    const type = stated(graph, at)?.type?.value;
    if (type?.case === "tensorType") type.value.elemType = by % 24;
  },
  "state no tensor": (graph, { at, by }) => {
    const value = stated(graph, at);
    if (value) value.type = create(TypeProtoSchema, { value: { case: pick(others, by)!, value: {} } as never });
  },
  "state nothing of the values between": (graph) => void graph.valueInfo.splice(0),
};

/** Inputs and outputs come up as often as all values between together. */
function stated(graph: GraphProto, at: number): ValueInfoProto | undefined {
  return at % 2 === 0 ? pick([...graph.input, ...graph.output], at >> 1) : pick(graph.valueInfo, at >> 1);
}

function shapeOf(value: ValueInfoProto | undefined): TensorShapeProto | undefined {
  const type = value?.type?.value;
  if (type?.case !== "tensorType") return undefined;
  type.value.shape ??= create(TensorShapeProtoSchema, {});
  return type.value.shape;
}

function setExtent(graph: GraphProto, at: number, by: number, value: TensorShapeProto_Dimension["value"]): void {
  const dims = shapeOf(stated(graph, at))?.dim ?? [];
  const dim = pick(dims, by);
  if (dim) dim.value = value;
}
