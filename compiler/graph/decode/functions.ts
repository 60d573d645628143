/**
 * @file Replaces calls of a model's local functions by the nodes of the functions. Works on the message, so that nothing after it knows
 * functions. Knows no operator.
 */
import { clone, create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, NodeProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto } from "onnx-buf";
import type { FunctionFault } from "../../diagnostics/catalog/splitting/tools.ts";

/** A function may call another one, and so on: so deep at most. */
const DEEPEST = 100;

type Functions = ReadonlyMap<string, FunctionProto>;

/** Inlines every call in the graph of `model`, at any depth, into at most `most` nodes. After a fault the graph is not usable. */
export function inlineFunctions(model: ModelProto, most: number): FunctionFault | null {
  const { graph, functions } = model;
  if (graph === undefined || functions.length === 0) return null;
  const known: Functions = new Map(functions.map((one) => [keyOf(one.domain, one.name, one.overload), one]));
  const fault = operatorSetsFault(model, calledFrom(graph, known));
  return fault ?? inlineIn(graph, { known, most, count: { nodes: 0 } }, []);
}

function plain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([plain(domain), name, overload]);
}

function calledBy({ domain, opType, overload }: NodeProto, known: Functions): FunctionProto | undefined {
  return known.get(keyOf(domain, opType, overload));
}

/** Functions that the graph calls, directly or not. */
function calledFrom(graph: GraphProto, known: Functions): ReadonlySet<FunctionProto> {
  const found = new Set<FunctionProto>();
  const pending = [...graph.node];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const { g } of node.attribute) pending.push(...(g?.node ?? []));
    const called = calledBy(node, known);
    if (called === undefined || found.has(called)) continue;
    found.add(called);
    pending.push(...called.node);
  }
  return found;
}

/** A node of another operator set would change its meaning in the graph. Domains that only functions have become the model's. */
function operatorSetsFault({ opsetImport }: ModelProto, called: ReadonlySet<FunctionProto>): FunctionFault | null {
  for (const { name, opsetImport: own } of called) {
    for (const { domain, version } of own) {
      const model = opsetImport.find((one) => plain(one.domain) === plain(domain));
      if (model === undefined) opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version }));
      else if (model.version !== version) {
        const versions = { own: Number(version), model: Number(model.version) };
        return { kind: "operator set", name, domain: plain(domain), ...versions };
      }
    }
  }
  return null;
}

interface Inlining {
  readonly known: Functions;
  readonly most: number;
  readonly count: { nodes: number };
}

/** `around` are the functions that are being inlined. */
function inlineIn(graph: GraphProto, all: Inlining, around: readonly FunctionProto[]): FunctionFault | null {
  const made: NodeProto[] = [];
  const fault = inlined(graph.node, all, around, made);
  graph.node = made;
  return fault;
}

function inlined(
  nodes: readonly NodeProto[],
  all: Inlining,
  around: readonly FunctionProto[],
  made: NodeProto[],
): FunctionFault | null {
  for (const node of nodes) {
    for (const { g } of node.attribute) {
      const fault = g === undefined ? null : inlineIn(g, all, around);
      if (fault !== null) return fault;
    }
    const called = calledBy(node, all.known);
    if (called === undefined) {
      made.push(node);
      continue;
    }
    const { name } = called;
    all.count.nodes += called.node.length;
    if (around.includes(called)) return { kind: "endless", name };
    if (all.count.nodes > all.most) return { kind: "too many", name, what: "nodes", most: all.most };
    if (around.length === DEEPEST)
      return { kind: "too many", name, what: "functions that call each other", most: DEEPEST };
    const fault = inlined(bodyOf(called, node), all, [...around, called], made);
    if (fault !== null) return fault;
  }
  return null;
}

/** The nodes of a function with the values and attributes of a call. */
function bodyOf(called: FunctionProto, call: NodeProto): readonly NodeProto[] {
  const own = call.name === "" ? (call.output.find((name) => name !== "") ?? called.name) : call.name;
  const names = new Map<string, string>([["", ""]]);
  called.input.forEach((name, i) => names.set(name, call.input[i] ?? ""));
  called.output.forEach((name, i) => {
    if (call.output[i]) names.set(name, call.output[i]);
  });
  const nameOf = (name: string): string => names.get(name) ?? `${own}/${name}`;
  const passed = new Map(called.attributeProto.map((one) => [one.name, one]));
  for (const one of call.attribute) passed.set(one.name, one);
  return called.node.map((node, i) => {
    const copy = renamed(node, nameOf, passed);
    // The name of a call may hold its module.
    copy.name = `${own}_${i}`;
    if (copy.metadataProps.length === 0) copy.metadataProps = [...call.metadataProps];
    return copy;
  });
}

/** A copy with other names of values, in its subgraphs too, and with attributes in the place of references to them. */
function renamed(
  node: NodeProto,
  nameOf: (name: string) => string,
  passed: ReadonlyMap<string, AttributeProto>,
): NodeProto {
  const copy = clone(NodeProtoSchema, node);
  copy.input = copy.input.map(nameOf);
  copy.output = copy.output.map(nameOf);
  copy.attribute = copy.attribute.flatMap((attribute) => {
    if (attribute.refAttrName !== "") {
      const given = passed.get(attribute.refAttrName);
      if (given === undefined) return [];
      const value = clone(AttributeProtoSchema, given);
      value.name = attribute.name;
      return [value];
    }
    if (attribute.g !== undefined) renameGraph(attribute.g, nameOf, passed);
    return [attribute];
  });
  return copy;
}

/** Every name inside, defined there or around it, follows the same rule. */
function renameGraph(
  graph: GraphProto,
  nameOf: (name: string) => string,
  passed: ReadonlyMap<string, AttributeProto>,
): void {
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer])
    value.name = nameOf(value.name);
  graph.node = graph.node.map((node) => renamed(node, nameOf, passed));
}
