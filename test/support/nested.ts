/**
 * @file Operators of a graph or of a model, those in its branches and loops included.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import type { GraphProto } from "onnx-buf";
import type { Graph } from "../../compiler/graph/types.ts";

export function operatorsOf({ nodes }: Graph): readonly string[] {
  return nodes.flatMap(({ op, attributes }) => [
    op,
    ...Object.values(attributes).flatMap((attribute) =>
      attribute.kind === "graph" ? operatorsOf(attribute.value) : [],
    ),
  ]);
}

export function operatorsOfModel(model: Uint8Array): readonly string[] {
  const { graph } = fromBinary(ModelProtoSchema, model);
  return graph === undefined ? [] : operatorsOfProto(graph);
}

function operatorsOfProto({ node }: GraphProto): readonly string[] {
  return node.flatMap(({ opType, attribute }) => [
    opType,
    ...attribute.flatMap(({ g }) => (g === undefined ? [] : operatorsOfProto(g))),
  ]);
}
