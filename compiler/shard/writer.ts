/**
 * @file The output of propagation: steps, with the names, shapes and integers of their values. Offers the functions with which this folder
 * writes local nodes and collectives. Knows no layout and no operator's meaning.
 */
import { before, groupSize, rankAt, type Mesh } from "../../program/mesh.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { PEER, RANK, type Expr } from "../expr/expr.ts";
import { int } from "../graph/attributes.ts";
import type { Attributes, ElemType } from "../graph/types.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "../ir/types.ts";
import { compactTarget } from "../operators/targets.ts";
import type { CollectiveStep, Origin, ShardedStep, Transfer } from "./types.ts";

export interface Writer {
  readonly options: { readonly mesh: Mesh };
  readonly steps: ShardedStep[];
  readonly integers: Map<string, IntegerValue>;
  /** Whole shape of a value with a layout; of others what flat rank `rank` holds. */
  readonly shapes: Map<string, ValueShape>;
  /** Names in use. */
  readonly taken: Set<string>;
}

/** A name that no value of the steps has yet. A name of the unsplit graph is given once, to the value that takes its place. */
function freshName(writer: Writer, preferred: string): string {
  let name = preferred;
  for (let i = 2; writer.taken.has(name); i++) name = `${preferred}.${i}`;
  writer.taken.add(name);
  return name;
}

/** Integers as an operand of a local node: a list of them. */
export function integers(writer: Writer, preferred: string, elements: readonly Expr[]): string {
  const name = freshName(writer, preferred);
  writer.integers.set(name, { elem: "int64", dims: [elements.length], elements });
  return name;
}

/** One integer as an operand of a local node: a scalar. */
export function integer(writer: Writer, preferred: string, element: Expr): string {
  const name = freshName(writer, preferred);
  writer.integers.set(name, { elem: "int64", dims: [], elements: [element] });
  return name;
}

export interface LocalNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  /** Preferred names of the outputs, with the shape of each on flat rank `rank`; the element type defaults to that of operand 0. */
  readonly outputs: readonly { readonly name: string; readonly dims: readonly Expr[]; readonly elem?: ElemType }[];
  readonly attributes?: Attributes;
}

/** Adds a local node that the unsplit graph does not have; its outputs have no layout unless one is set afterwards. */
export function addLocal(writer: Writer, origin: Origin, node: LocalNode): readonly string[] {
  const outputs = node.outputs.map(({ name, dims, elem }) => {
    const fresh = freshName(writer, name);
    writer.shapes.set(fresh, { elem: elem ?? elemOf(writer, node.inputs[0]!), dims });
    return fresh;
  });
  const made: CanonicalNode = {
    name: `${outputs[0]}::node`,
    op: node.op,
    domain: node.domain ?? "",
    inputs: node.inputs,
    outputs,
    attributes: node.attributes ?? {},
    scope: origin.module,
  };
  writer.steps.push({ kind: "local", node: made, origin });
  return outputs;
}

export function elemOf({ shapes }: Writer, name: string): ElemType {
  const shape = shapes.get(name);
  invariant(shape !== undefined, `no shape for ${name}`);
  return shape.elem;
}

/** Copies a node of the graph as a step, with its output names. */
export function takeNode(writer: Writer, node: CanonicalNode, origin: Origin): void {
  for (const name of node.outputs) if (name !== "") writer.taken.add(name);
  writer.steps.push({ kind: "local", node, origin });
}

/** A Reshape to local extents. */
export function addReshape(writer: Writer, origin: Origin, input: string, name: string, dims: readonly Expr[]): string {
  const target = integers(writer, `${name}::shape`, compactTarget(dims));
  const attributes: Attributes = { allowzero: int(1) };
  return addLocal(writer, origin, {
    op: "Reshape",
    inputs: [input, target],
    outputs: [{ name, dims }],
    attributes,
  })[0]!;
}

/** A Concat of at least one value; a single value is returned unchanged. */
export function addConcat(
  writer: Writer,
  origin: Origin,
  inputs: readonly string[],
  axis: number,
  name: string,
  dims: readonly Expr[],
): string {
  if (inputs.length === 1) return inputs[0]!;
  const attributes: Attributes = { axis: int(axis) };
  return addLocal(writer, origin, { op: "Concat", inputs, outputs: [{ name, dims }], attributes })[0]!;
}

/**
 * A Split of a value, whose local extents are `dims`, into values of the given extents; for a single extent the value is returned
 * unchanged.
 */
export function addSplit(
  writer: Writer,
  origin: Origin,
  { value, dims }: { readonly value: string; readonly dims: readonly Expr[] },
  axis: number,
  sizes: readonly Expr[],
  name: string,
): readonly string[] {
  if (sizes.length === 1) return [value];
  const operand = integers(writer, `${name}::sizes`, sizes);
  const outputs = sizes.map((size, i) => ({ name: `${name}.${i}`, dims: dims.map((d, a) => (a === axis ? size : d)) }));
  return addLocal(writer, origin, { op: "Split", inputs: [value, operand], outputs, attributes: { axis: int(axis) } });
}

/** The blocks of one transfer, before the received values have names. */
export interface Sending {
  /** all-to-all: a value for each rank of the group, in order; else one. */
  readonly send: readonly string[];
  /** Preferred name of the block from the rank at position `at` of the group; of a shift, position 0. */
  readonly receive: (at: number) => string;
  readonly elem: ElemType;
  /** Extents of the block that flat rank `from` sends to flat rank `to`. */
  readonly dims: (from: Expr, to: Expr) => readonly Expr[];
}

/** Adds a collective, and returns what each of its transfers receives, in the order of the group. */
export function addCollective(
  writer: Writer,
  step: Pick<CollectiveStep, "name" | "collective" | "group" | "purpose" | "origin">,
  transfers: readonly Sending[],
): readonly (readonly string[])[] {
  const senders = sendersOf(writer.options.mesh, step);
  const made = transfers.map(({ send, receive, elem, dims }): Transfer => {
    const received = senders.map((from, at) => {
      const name = freshName(writer, receive(at));
      writer.shapes.set(name, { elem, dims: dims(from, RANK) });
      return name;
    });
    return { send, receive: received, elem, dims: dims(RANK, PEER) };
  });
  writer.steps.push({ kind: "collective", ...step, name: freshName(writer, step.name), transfers: made });
  return made.map(({ receive }) => receive);
}

/** Flat ranks that the evaluating rank receives from, in order. */
function sendersOf(mesh: Mesh, { collective, group }: Pick<CollectiveStep, "collective" | "group">): readonly Expr[] {
  if (collective === "shift") return [before(RANK, 1, mesh)];
  return Array.from({ length: groupSize(group, mesh) }, (_, at) => rankAt(group, at, RANK, mesh));
}
