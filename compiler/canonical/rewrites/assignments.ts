/**
 * @file ScatterND nodes that assign a slice: x[..., start::step, ...] = updates along one axis, all other axes whole.
 */
import { add, atMost, equal, mul, sub, type Expr } from "../../expr/expr.ts";
import { numbersOf, tensorFromNumbers } from "../../graph/tensors.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { dimsOf, isOp, type Lookup } from "./lookup.ts";
import { affineConstant, affineOf, type Affine } from "./views/strides.ts";

/** Positions start, start + step, ... (`count` of them) of `axis` take the updates; none of them is outside the axis. */
export interface Assignment {
  readonly axis: number;
  readonly start: Expr;
  readonly step: number;
  readonly count: Expr;
  readonly updates: string;
}

/** The assignment that a node is, or `null`. An assignment of a whole value has the first axis. */
export function assignmentOf(lookup: Lookup, node: CanonicalNode | undefined): Assignment | null {
  if (!isOp(node, "ScatterND")) return null;
  const { reduction } = node.attributes;
  if (reduction?.kind === "string" && reduction.value !== "none") return null;
  const [data = "", indices = "", updates = ""] = node.inputs;
  const components = componentsOf(lookup, indices);
  const dims = dimsOf(lookup, data);
  // The indices have as many coordinates as there are indexed axes.
  if (components === null || dims.length === 0 || components[0]?.dims.length !== components.length) return null;
  const indexed = components.flatMap((c, axis) => (isWhole(c, axis, dims[axis]!) ? [] : [axis]));
  const [axis = 0] = indexed;
  const along = components[axis];
  if (indexed.length > 1 || along === undefined || along.steps.some((s, i) => s !== 0 && i !== axis)) return null;
  const count = along.dims[axis];
  const step = count === 1 ? 1 : along.steps[axis]!;
  if (count === undefined || typeof step !== "number" || !isInside(along.offset, step, count, dims[axis]!)) return null;
  return { axis, start: along.offset, step, count, updates };
}

/** True if all positions are provably within the axis, for all lengths: a negative one counts from the end. */
function isInside(start: Expr, step: number, count: Expr, extent: Expr): boolean {
  return step > 0 && atMost(0, start) && atMost(add(start, mul(step, sub(count, 1)), 1), extent);
}

/** Index of data axis j, for each indexed axis; `null` for any other form. */
export function componentsOf(lookup: Lookup, indices: string): readonly Affine[] | null {
  const count = dimsOf(lookup, indices).at(-1);
  if (typeof count !== "number") return null;
  const found = Array.from({ length: count }, (_, j) => componentOf(lookup, indices, count, j));
  return found.every((c) => c !== null) ? found : null;
}

function componentOf(lookup: Lookup, indices: string, count: number, j: number): Affine | null {
  const tensor = lookup.graph.constants.get(indices);
  const numbers = tensor && numbersOf(tensor);
  if (tensor !== undefined) {
    const own = numbers?.filter((_, i) => i % count === j);
    return own ? affineConstant(tensorFromNumbers(tensor.elem, tensor.dims.slice(0, -1), own)) : null;
  }
  const node = lookup.producer(indices);
  const isJoined =
    isOp(node, "Concat") && node.inputs.length === count && node.inputs.every((i) => dimsOf(lookup, i).at(-1) === 1);
  const affine =
    isJoined && count > 1 ? affineOf(lookup, node.inputs[j]!) : count === 1 ? affineOf(lookup, indices) : null;
  return affine && { offset: affine.offset, steps: affine.steps.slice(0, -1), dims: affine.dims.slice(0, -1) };
}

/** The coordinate along `axis` itself, over a whole axis of that extent. */
function isWhole({ offset, steps, dims }: Affine, axis: number, extent: Expr): boolean {
  if (offset !== 0 || !equal(dims[axis] ?? 0, extent)) return false;
  return steps.every((s, i) => s === (i === axis && extent !== 1 ? 1 : 0));
}
