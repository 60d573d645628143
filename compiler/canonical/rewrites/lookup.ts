/**
 * @file Queries of rewrites on a canonical graph: its index, shapes, numbers, and free names. Knows no pattern.
 */
import { asCp } from "../../ir/cp.ts";
import { invariant } from "../../diagnostics/diagnose.ts";
import { equal, type Expr } from "../../expr/expr.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { ElemType } from "../../graph/types.ts";
import { indexOf, type GraphIndex } from "../../ir/graph-index.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";

/** The index of the graph, and the names in use. */
export interface Lookup extends GraphIndex {
  /** Names of values and nodes in use; fresh ones are added to it. */
  readonly taken: Set<string>;
}

export function lookupOf(graph: CanonicalGraph): Lookup {
  return { ...indexOf(graph), taken: new Set([...graph.shapes.keys(), ...graph.nodes.map((n) => n.name)]) };
}

/** Extents of a value. */
export function dimsOf(lookup: Lookup, value: string): readonly Expr[] {
  return shapeOf(lookup, value).dims;
}

export function elemOf(lookup: Lookup, value: string): ElemType {
  return shapeOf(lookup, value).elem;
}

function shapeOf(lookup: Lookup, value: string): { readonly elem: ElemType; readonly dims: readonly Expr[] } {
  const shape = lookup.graph.shapes.get(value);
  invariant(shape !== undefined, `no shape for ${value}`);
  return shape;
}

/** The number of an inline constant of one element, whatever its rank; else `null`. */
export function scalarOf(lookup: Lookup, value: string): number | null {
  const tensor = lookup.graph.constants.get(value);
  if (tensor === undefined || tensor.dims.some((d) => d !== 1)) return null;
  return numbersOf(tensor)?.[0] ?? null;
}

/** The elements of an integer operand of rank 0 or 1, or `null` where they are not known. */
export function integersOf(lookup: Lookup, value: string): readonly Expr[] | null {
  const known = lookup.graph.integers.get(value);
  if (known !== undefined) return known.elements;
  const tensor = lookup.graph.constants.get(value);
  if (tensor === undefined || tensor.dims.length > 1 || !/^int(?:32|64)$/.test(tensor.elem)) return null;
  return numbersOf(tensor);
}

/** Operators whose result holds only elements of operand 0. */
const SPREADS = new Set(["Cast", "Expand", "Identity", "Reshape", "Squeeze", "Tile", "Unsqueeze"]);

/** The integer that every element of a value equals, or `null` where that is not known. */
export function uniformOf(lookup: Lookup, value: string): Expr | null {
  const [first, ...others] = integersOf(lookup, value) ?? [];
  if (first !== undefined) return others.every((e) => equal(e, first)) ? first : null;
  const node = lookup.producer(value);
  if (node === undefined) return null;
  if (node.domain === "" && SPREADS.has(node.op)) return uniformOf(lookup, node.inputs[0]!);
  const fill = asCp(node, "Fill");
  return fill === null ? null : (numbersOf(fill.value)?.[0] ?? null);
}

/** True if only `node` reads the value and the value need not stay. */
export function feedsOnly(lookup: Lookup, value: string, node: CanonicalNode): boolean {
  const users = lookup.users(value);
  return users.length === 1 && users[0] === node && !lookup.isKept(value);
}

/** True for an operator of ONNX itself with that name. */
export function isOp<Op extends string>(
  node: CanonicalNode | undefined,
  op: Op,
): node is CanonicalNode & { readonly op: Op } {
  return node !== undefined && node.domain === "" && node.op === op;
}
