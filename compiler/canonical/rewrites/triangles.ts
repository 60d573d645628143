/**
 * @file Values of extents (..., S, S) that hold one number on and below the diagonal and one above it, as causal masks do. Knows nothing
 * of attention.
 */
import { equal, type Expr } from "../../expr/expr.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import { sizeOf } from "../../graph/elements.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { Tensor } from "../../graph/types.ts";
import { asCp, type FillOperation } from "../../ir/cp.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { linkAbove } from "./views/links.ts";
import { dimsOf, elemOf, integersOf, isOp, type Lookup } from "./lookup.ts";
import { affineOf } from "./views/strides.ts";

/** `below` includes the diagonal. Booleans are 0 and 1. */
export interface Triangle {
  readonly below: number;
  readonly above: number;
}

/** Larger constants are not searched. */
const LIMIT = 2 ** 20;

/** What each of the two numbers becomes under an elementwise operator. */
const ELEMENTWISE: Readonly<Record<string, (...x: readonly number[]) => number>> = {
  Add: (a, b) => a! + b!,
  Sub: (a, b) => a! - b!,
  Mul: (a, b) => a! * b!,
  Neg: (a) => -a!,
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a! > b!),
  GreaterOrEqual: (a, b) => Number(a! >= b!),
  Less: (a, b) => Number(a! < b!),
  LessOrEqual: (a, b) => Number(a! <= b!),
  Not: (a) => 1 - a!,
  And: (a, b) => a! * b!,
  Or: (a, b) => Math.max(a!, b!),
  Where: (c, a, b) => (c === 0 ? b! : a!),
};

/** The two numbers of a value, or `null`. A value with one number everywhere may have any extents. */
export function triangleOf(lookup: Lookup, value: string): Triangle | null {
  const tensor = lookup.graph.constants.get(value);
  if (tensor !== undefined) return constantTriangle(tensor);
  const node = lookup.producer(value);
  if (node === undefined) return null;
  const fill = asCp(node, "Fill");
  if (fill !== null) return filled(fill);
  if (isOp(node, "Trilu")) return trilu(lookup, node);
  const compared = compareIndices(lookup, node);
  if (compared !== null) return compared;
  const link = linkAbove(lookup, value);
  if (link !== null && link.scale === 1) return throughView(lookup, link.source, value);
  return node.op === "Cast" ? cast(lookup, node) : elementwise(lookup, node);
}

function constantTriangle(tensor: Tensor): Triangle | null {
  if (sizeOf(tensor.dims) > LIMIT) return null;
  const numbers = numbersOf(tensor);
  const [first] = numbers ?? [];
  if (numbers === null || first === undefined) return null;
  const columns = tensor.dims.at(-1) ?? 1;
  const rows = tensor.dims.at(-2) ?? 1;
  const above = columns > 1 ? numbers[1]! : first;
  const expected = (i: number): number => (i % columns > Math.floor(i / columns) % rows ? above : first);
  const fits = first === above || rows === columns;
  return fits && numbers.every((n, i) => n === expected(i)) ? { below: first, above } : null;
}

function filled({ value }: FillOperation): Triangle | null {
  const number = numbersOf(value)?.[0];
  return number === undefined ? null : { below: number, above: number };
}

/** The lower triangle with its diagonal, or the upper one without; other diagonals are no causal mask. */
function trilu(lookup: Lookup, node: CanonicalNode): Triangle | null {
  const [data = "", diagonal = ""] = node.inputs;
  const source = isSquare(dimsOf(lookup, data)) ? triangleOf(lookup, data) : null;
  const k = diagonal === "" ? 0 : integersOf(lookup, diagonal)?.[0];
  const upper = numberAttribute(node.attributes, "upper", 1) === 1;
  if (source === null || k !== (upper ? 1 : 0)) return null;
  return upper ? { below: 0, above: source.above } : { below: source.below, above: 0 };
}

/** Row and column numbers compared: column <= row is the lower triangle. */
function compareIndices(lookup: Lookup, node: CanonicalNode): Triangle | null {
  const [a, b] = Object.hasOwn(ORDER, node.op) ? ORDER[node.op]! : [];
  if (a === undefined || b === undefined || node.domain !== "" || !isSquare(dimsOf(lookup, node.outputs[0]!)))
    return null;
  const [rows, columns] = [node.inputs[a]!, node.inputs[b]!].map((v) => affineOf(lookup, v));
  if (!rows || !columns || !equal(rows.offset, columns.offset)) return null;
  const runs = (steps: readonly Expr[], fromEnd: number): boolean =>
    steps.every((s, i) => s === (i === steps.length - fromEnd ? 1 : 0));
  const fits = runs(rows.steps, 2) && runs(columns.steps, 1) && rows.steps.length > 1 && columns.steps.length > 0;
  return fits ? (node.op.endsWith("OrEqual") ? { below: 1, above: 0 } : { below: 0, above: 1 }) : null;
}

/** Which operand must be the rows and which the columns. */
const ORDER: Readonly<Record<string, readonly [number, number]>> = {
  GreaterOrEqual: [0, 1],
  LessOrEqual: [1, 0],
  Less: [0, 1],
  Greater: [1, 0],
};

function throughView(lookup: Lookup, source: string, value: string): Triangle | null {
  const triangle = triangleOf(lookup, source);
  if (triangle === null || triangle.below === triangle.above) return triangle;
  const [from, to] = [dimsOf(lookup, source).slice(-2), dimsOf(lookup, value).slice(-2)];
  const added = dimsOf(lookup, value).length >= dimsOf(lookup, source).length;
  const node = lookup.producer(value);
  return added && !isOp(node, "Transpose") && from.every((d, i) => equal(d, to[i]!)) ? triangle : null;
}

/** Numbers keep their value, except that anything but 0 is true; casts of fractions to integers are left alone. */
function cast(lookup: Lookup, node: CanonicalNode): Triangle | null {
  const source = triangleOf(lookup, node.inputs[0]!);
  const elem = elemOf(lookup, node.outputs[0]!);
  if (source === null || elem.includes("float")) return source;
  if (elem === "bool") return { below: Number(source.below !== 0), above: Number(source.above !== 0) };
  return Number.isInteger(source.below) && Number.isInteger(source.above) ? source : null;
}

function elementwise(lookup: Lookup, node: CanonicalNode): Triangle | null {
  if (node.domain !== "" || !Object.hasOwn(ELEMENTWISE, node.op)) return null;
  const operands: Triangle[] = [];
  for (const input of node.inputs) {
    const triangle = triangleOf(lookup, input);
    if (triangle === null) return null;
    operands.push(triangle);
  }
  const apply = ELEMENTWISE[node.op]!;
  const result = { below: apply(...operands.map((t) => t.below)), above: apply(...operands.map((t) => t.above)) };
  return result.below === result.above || isSquare(dimsOf(lookup, node.outputs[0]!)) ? result : null;
}

function isSquare(dims: readonly Expr[]): boolean {
  const [rows, columns] = dims.slice(-2);
  return rows !== undefined && columns !== undefined && equal(rows, columns);
}
