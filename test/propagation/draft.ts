/**
 * @file A graph that grows move by move, with the known facts about each value: its extents in named lengths, and their numbers at the
 * chosen lengths. Knows no layouts and no rules.
 */
import { equal, evaluate, type Expr } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes, ElemType, Graph, GraphValue, Node, Tensor } from "../../compiler/graph/types.ts";
import { noise } from "../support/graphs.ts";

export interface Value {
  readonly name: string;
  readonly elem: "float32" | "int64" | "bool";
  readonly dims: readonly Expr[];
}

export interface Draft {
  readonly inputs: GraphValue[];
  readonly nodes: Node[];
  readonly constants: Map<string, Tensor>;
  /** Float values that a move may take, oldest first. */
  readonly values: Value[];
  /** Numbers of the named lengths. */
  readonly sizes: Readonly<Record<string, number>>;
  count: number;
}

export function sizeOf(d: Draft, extent: Expr): number {
  return evaluate(extent, d.sizes);
}

export function numbersOf(d: Draft, { dims }: Value): readonly number[] {
  return dims.map((e) => sizeOf(d, e));
}

/** Equal for all lengths; or, for two named ones, at the lengths chosen. */
export function sameExtent(d: Draft, a: Expr, b: Expr): boolean {
  return equal(a, b) || (typeof a === "string" && typeof b === "string" && sizeOf(d, a) === sizeOf(d, b));
}

/** Adds a node with one output. */
export function emit(
  d: Draft,
  op: string,
  inputs: readonly (Value | string)[],
  dims: readonly Expr[],
  attributes: Attributes = {},
  elem: Value["elem"] = "float32",
  domain = "",
): Value {
  const [value] = emitAll(d, op, inputs, [dims], attributes, elem, domain);
  return value!;
}

/** Adds a node with an output for each of `results`. */
export function emitAll(
  d: Draft,
  op: string,
  inputs: readonly (Value | string)[],
  results: readonly (readonly Expr[])[],
  attributes: Attributes = {},
  elem: Value["elem"] = "float32",
  domain = "",
): readonly Value[] {
  const base = `${op.toLowerCase()}${d.count++}`;
  const values = results.map((dims, i): Value => ({ name: results.length === 1 ? base : `${base}.${i}`, elem, dims }));
  d.nodes.push({
    name: `node.${base}`,
    op,
    domain,
    inputs: inputs.map((v) => (typeof v === "string" ? v : v.name)),
    outputs: values.map((v) => v.name),
    attributes,
    metadata: {},
  });
  return values;
}

/** A constant of pseudo-random numbers in (-1, 1). */
export function weight(d: Draft, ...dims: readonly number[]): Value {
  const name = `weight${d.count++}`;
  const length = dims.reduce((a, b) => a * b, 1);
  d.constants.set(name, tensorFromNumbers("float32", dims, noise(d.count, length)));
  return { name, elem: "float32", dims };
}

/** A constant of integers: a vector, or of the dims given. */
export function integers(
  d: Draft,
  values: readonly number[],
  dims: readonly number[] = [values.length],
  elem: ElemType = "int64",
): string {
  const name = `integers${d.count++}`;
  d.constants.set(name, tensorFromNumbers(elem, dims, values));
  return name;
}

/** A vector of extents: a constant where all are numbers, else joined from `Shape` of what has them. `null` if nothing has one. */
export function extentsOperand(d: Draft, extents: readonly Expr[], near: readonly Value[]): string | null {
  const numbers = extents.filter((e) => typeof e === "number");
  if (numbers.length === extents.length) return integers(d, numbers);
  const parts = extents.map((e) => (typeof e === "number" ? integers(d, [e]) : lengthOf(d, e, near)));
  if (parts.some((p) => p === null)) return null;
  if (parts.length === 1) return parts[0]!;
  return emit(d, "Concat", parts as string[], [parts.length], { axis: int(0) }, "int64").name;
}

/** One extent as a vector of one element. */
function lengthOf(d: Draft, extent: Expr, near: readonly Value[]): string | null {
  if (typeof extent === "number") return integers(d, [extent]);
  for (const value of [...near, ...d.values]) {
    const axis = value.dims.findIndex((e) => equal(e, extent));
    if (axis < 0) continue;
    const shape = emit(d, "Shape", [value], [value.dims.length], {}, "int64");
    return emit(d, "Gather", [shape, integers(d, [axis])], [1], { axis: int(0) }, "int64").name;
  }
  if (typeof extent === "string") return null;
  const [operator, first, ...rest] = extent;
  const op = { "+": "Add", "*": "Mul", "//": "Div" }[operator as string];
  if (op === undefined || first === undefined) return null;
  let result = lengthOf(d, first, near);
  for (const term of rest) {
    const next = lengthOf(d, term, near);
    result = result === null || next === null ? null : emit(d, op, [result, next], [1], {}, "int64").name;
  }
  return result;
}

/** The graph with the outputs named. */
export function graphOf(d: Draft, outputs: readonly Value[]): Graph {
  return {
    name: "random",
    inputs: d.inputs,
    outputs: outputs.map(({ name, elem, dims }) => ({ name, type: { elem, dims: dims.map(() => null) } })),
    nodes: d.nodes,
    constants: d.constants,
    types: new Map(),
  };
}

/** Decisions from a fixed list of numbers, used again from its start when it ends. */
export interface Pick {
  /** From 0 below `count`. */
  readonly below: (count: number) => number;
  readonly of: <T>(list: readonly T[]) => T;
  readonly chance: (percent: number) => boolean;
  /** One of the last values more often than an old one. */
  readonly value: (d: Draft) => Value;
  readonly axis: (value: Value) => number;
}

export function picker(choices: readonly number[]): Pick {
  let at = 0;
  const next = (): number => choices[at++ % choices.length]!;
  const below = (count: number): number => next() % Math.max(count, 1);
  return {
    below,
    of: (list) => list[below(list.length)]!,
    chance: (percent) => next() % 100 < percent,
    value: (d) => {
      const recent = next() % 100 < 75 ? Math.min(2, d.values.length) : d.values.length;
      return d.values[d.values.length - 1 - below(recent)]!;
    },
    axis: (value) => below(value.dims.length),
  };
}

/** A move adds nodes and gives the value that they make, or `null` where it does not apply. */
export type Move = (d: Draft, pick: Pick) => Value | null;
