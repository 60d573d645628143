/**
 * @file Models for the examples: a graph of one step, its file edited as a message, and cut or short data beside it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, NodeProtoSchema, TensorProtoSchema } from "onnx-buf";
import type { GraphProto, ModelProto, NodeProto } from "onnx-buf";
import type { Graph } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { fixture } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";

/** y = Relu(x) */
export const simple = graph({
  inputs: [value("x", "float32", ["n", 4])],
  outputs: [value("y", "float32", null)],
  nodes: [node("Relu", ["x"], ["y"])],
});

/** A plan for it. */
export const simplePlan = '{ "": [{ "x": { "split_dim": 0 } }, { "gather_dim": 0 }] }\n';

/** Writes `model.onnx` into the current folder. */
export function model(source: Graph, edit: (model: ModelProto) => void = () => undefined): void {
  const proto = fromBinary(ModelProtoSchema, writeModel(source, { opsets: { "": 18 } }));
  edit(proto);
  writeFileSync("model.onnx", toBinary(ModelProtoSchema, proto));
}

/** Writes `model.onnx`: the graph of one step with its message edited. */
export function edited(edit: (graph: GraphProto, model: ModelProto) => void): void {
  model(simple, (proto) => edit(proto.graph!, proto));
}

export function protoNode(fields: { name: string; opType: string; input?: string[]; output: string[] }): NodeProto {
  return create(NodeProtoSchema, fields);
}

/** Writes `model.onnx` with a weight `w` of 4 numbers; `reference` says where it is. */
export function withData(reference: Readonly<Record<string, string>>): void {
  const { location = "weights.bin", offset = "0", length = "16" } = reference;
  withTensor({
    dataLocation: 1,
    externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value })),
  });
}

/** Writes `model.onnx` with an initialiser `w` of 4 numbers whose message has these fields. */
export function withTensor(fields: object): void {
  edited((graph) =>
    graph.initializer.push(create(TensorProtoSchema, { name: "w", dataType: 1, dims: [4n], ...fields })),
  );
}

/** The bytes of the flux export, as far as `end`. */
export function fluxBytes(end?: number): Uint8Array {
  return readFileSync(fixture("flux/flux.dynamo18-dynamic.onnx")).subarray(0, end);
}
