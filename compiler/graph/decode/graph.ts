/**
 * @file A graph of an ONNX file as immutable data: constants collected, names unique, every value defined once and before its use.
 */
import type { GraphProto, TensorProto, ValueInfoProto } from "onnx-buf";
import { graphMessages as messages, tensorMessages } from "../../diagnostics/catalog/model.ts";
import { constantOf, decodeNode } from "./node.ts";
import { decodeTensor, reporter } from "./tensor.ts";
import type { DecodeContext } from "./tensor.ts";
import { decodeBoundary, decodeType } from "./types.ts";
import { uniqueNames } from "../node-names.ts";
import { inOrder } from "../order.ts";
import { valuesReadBy } from "../reads.ts";
import type { Graph, GraphValue, Node, Tensor, TensorType } from "../types.ts";

/** Decodes the main graph of a model. All errors are reported; the result is valid only if there were none. */
export function decodeGraph(proto: GraphProto, context: DecodeContext): Graph {
  const report = reporter(context);
  const inputs = boundaries("input", proto.input, proto.initializer, context);
  const outputs = boundaries("output", proto.output, [], context);
  if (proto.output.length === 0) report(messages.noOutputs, {});
  const graph = decodeBody(proto, inputs, outputs, context);
  checkDefined(proto, graph, context);
  return graph;
}

/** A subgraph may leave types open and read values of the graph around it. */
function decodeSubgraph(proto: GraphProto, context: DecodeContext): Graph {
  const open = (value: ValueInfoProto): GraphValue => ({
    name: value.name,
    type: decodeType(value.type) ?? { elem: "float32", dims: null },
  });
  return decodeBody(proto, proto.input.map(open), proto.output.map(open), context);
}

function decodeBody(
  proto: GraphProto,
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
  context: DecodeContext,
): Graph {
  const names = uniqueNames(
    proto.node.map(({ name }) => name),
    (i) => proto.node[i]!.output.find((output) => output !== "") ?? `${proto.node[i]!.opType}_${i}`,
  );
  // Only the main graph's data is left in the file.
  const inside = { ...context, stored: new Map() };
  const all = proto.node.map((node, i) => decodeNode(node, names[i]!, inside, decodeSubgraph));
  const constants = new Map([...initialisers(proto, context), ...constantNodes(all, context)]);
  const computing = all.filter((node) => !isConstant(node));
  checkOnce(proto, { inputs, outputs, nodes: all }, context);
  const { nodes, cycle } = inOrder(computing);
  if (cycle.length > 0) reporter(context)(messages.cycle, { nodes: cycle });
  return { name: proto.name, inputs, outputs, nodes, constants, types: types(proto) };
}

function boundaries(
  side: "input" | "output",
  protos: readonly ValueInfoProto[],
  initialisers: readonly TensorProto[],
  context: DecodeContext,
): readonly GraphValue[] {
  const constant = new Set(initialisers.map(({ name }) => name));
  return protos
    .filter(({ name }) => !constant.has(name))
    .flatMap((value) => decodeBoundary(side, value, context) ?? []);
}

function initialisers(proto: GraphProto, context: DecodeContext): readonly (readonly [string, Tensor])[] {
  if (proto.sparseInitializer.length > 0) {
    const names = proto.sparseInitializer.map(({ values }) => values?.name ?? "");
    reporter(context)(tensorMessages.sparse, { names });
  }
  return proto.initializer.flatMap((tensor, i) => {
    const decoded = decodeTensor(tensor, `the initialiser "${tensor.name}"`, context, context.stored.get(i));
    return decoded === undefined ? [] : [[tensor.name, decoded] as const];
  });
}

function isConstant(node: Node): boolean {
  return node.op === "Constant" && node.domain === "";
}

function constantNodes(nodes: readonly Node[], context: DecodeContext): readonly (readonly [string, Tensor])[] {
  return nodes.filter(isConstant).flatMap((node) => {
    const tensor = constantOf(node, context);
    return tensor === undefined ? [] : [[node.outputs[0] ?? "", tensor] as const];
  });
}

function types(proto: GraphProto): ReadonlyMap<string, TensorType> {
  return new Map(
    proto.valueInfo.flatMap(({ name, type }) => {
      const decoded = decodeType(type);
      return decoded === undefined ? [] : [[name, decoded] as const];
    }),
  );
}

/** Each value has one definition. An initialiser that is also an input is one value with a default. */
function checkOnce(
  proto: GraphProto,
  { inputs, outputs, nodes }: Pick<Graph, "inputs" | "outputs" | "nodes">,
  context: DecodeContext,
): void {
  const definedBy = new Map<string, string>();
  const define = (name: string, by: string): void => {
    const first = definedBy.get(name);
    if (first !== undefined) reporter(context)(messages.duplicate, { name, first, second: by });
    else if (name !== "") definedBy.set(name, by);
  };
  for (const { name } of inputs) define(name, "an input");
  for (const { name } of proto.initializer) define(name, "an initialiser");
  for (const { name, op, outputs } of nodes) for (const output of outputs) define(output, `the ${op} node "${name}"`);
  const listed = new Set<string>();
  for (const { name } of outputs) {
    if (listed.has(name)) reporter(context)(messages.outputTwice, { name });
    listed.add(name);
  }
}

/** By the names in the file: names that could not be decoded are reported already. */
function checkDefined(proto: GraphProto, graph: Graph, context: DecodeContext): void {
  const defined = new Set([...proto.input, ...proto.initializer].map(({ name }) => name));
  for (const node of proto.node) for (const name of node.output) defined.add(name);
  const report = (name: string, reader: string): void => {
    if (defined.has(name)) return;
    defined.add(name);
    reporter(context)(messages.undefinedValue, { name, reader });
  };
  for (const node of graph.nodes) {
    for (const name of valuesReadBy(node)) report(name, `the ${node.op} node "${node.name}"`);
  }
  for (const { name } of graph.outputs) report(name, "the output list");
}
