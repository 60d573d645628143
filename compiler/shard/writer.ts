/**
 * @file What propagation writes: steps, with the names, shapes and integers of their values. Gives the small verbs with which the rest of
 * this room writes local nodes and collectives. Knows no layout and no operator's meaning.
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
  /** Names that are given away. */
  readonly taken: Set<string>;
}

/** A name that no value of the steps so far has. A name of the unsplit graph is given once, to the value that takes its place. */
function freshName(writer: Writer, wish: string): string {
  let name = wish;
  for (let i = 2; writer.taken.has(name); i++) name = `${wish}.${i}`;
  writer.taken.add(name);
  return name;
}

/** Integers as an operand of a local node: a list of them. */
export function integers(writer: Writer, wish: string, elements: readonly Expr[]): string {
  const name = freshName(writer, wish);
  writer.integers.set(name, { elem: "int64", dims: [elements.length], elements });
  return name;
}

/** One integer as an operand of a local node: a scalar. */
export function integer(writer: Writer, wish: string, element: Expr): string {
  const name = freshName(writer, wish);
  writer.integers.set(name, { elem: "int64", dims: [], elements: [element] });
  return name;
}

export interface LocalNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  /** Names wished for the outputs, with the shape that each has on flat rank `rank`; the element type is that of operand 0 if not given. */
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

/** Takes a node of the graph over as a step, under the names that its outputs have there. */
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

/** A Concat of at least one value; one alone is itself. */
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

/** A Split of a value, whose local extents are `dims`, into values of the given extents; one alone is the value itself. */
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

/** The blocks of one transfer, before what is received has names. */
export interface Sending {
  /** all-to-all: a value for each rank of the group, in order; else one. */
  readonly send: readonly string[];
  /** Name wished for what comes from the rank at place `at` of the group; of a shift, place 0. */
  readonly receive: (at: number) => string;
  readonly elem: ElemType;
  /** Extents of the block that flat rank `from` sends to flat rank `to`. */
  readonly dims: (from: Expr, to: Expr) => readonly Expr[];
}

/** Adds a collective, and gives what each of its transfers receives, in the order of the group. */
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
