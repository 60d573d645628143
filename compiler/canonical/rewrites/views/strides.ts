/**
 * @file Integer tensors whose elements are an affine function of their position: ranges, slices and broadcasts of them, such as the index
 * grids of slice assignments. Knows nothing of what they index.
 */
import { add, atMost, max, min, mul, type Expr } from "../../../expr/expr.ts";
import { numbersOf } from "../../../graph/tensors.ts";
import type { Tensor } from "../../../graph/types.ts";
import type { CanonicalNode } from "../../../ir/types.ts";
import { linkAbove } from "./links.ts";
import { dimsOf, integersOf, isOp, type Lookup } from "../lookup.ts";
import { expand, flat, viewOf, type View } from "./views.ts";

/** The element at position (p0, p1, ...) is offset + sum of steps[i] * p_i; steps of axes of extent 1 are 0. */
export interface Affine {
  readonly offset: Expr;
  readonly steps: readonly Expr[];
  readonly dims: readonly Expr[];
}

/** The affine form of a value, or `null`. */
export function affineOf(lookup: Lookup, value: string): Affine | null {
  const tensor = lookup.graph.constants.get(value);
  if (tensor !== undefined) return affineConstant(tensor);
  const node = lookup.producer(value);
  const [known, ...more] = lookup.graph.integers.get(value)?.elements ?? [];
  if (known !== undefined && more.length === 0) return uniform(known, dimsOf(lookup, value));
  if (isOp(node, "Range")) return affineRange(lookup, node);
  if (isOp(node, "Slice")) return affineSlice(lookup, node);
  if (isOp(node, "Add")) return affineSum(lookup, node);
  if (isOp(node, "Mul")) return affineProduct(lookup, node);
  const link = linkAbove(lookup, value);
  const source = link === null || link.scale !== 1 ? null : affineOf(lookup, link.source);
  const view = source && link?.push(viewOf(source.dims));
  return source && view ? throughView(source, view, dimsOf(lookup, value)) : null;
}

/** Fits an affine function to the first elements along each axis and checks it on all. */
export function affineConstant(tensor: Tensor): Affine | null {
  const { dims, elem } = tensor;
  const numbers = elem === "int64" || elem === "int32" ? numbersOf(tensor) : null;
  const [offset] = numbers ?? [];
  if (numbers === null || offset === undefined) return null;
  const weights = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  const steps = dims.map((d, axis) => (d < 2 ? 0 : numbers[weights[axis]!]! - offset));
  const expected = (index: number): number =>
    steps.reduce((sum, step, axis) => sum + step * (Math.floor(index / weights[axis]!) % dims[axis]!), offset);
  return numbers.every((n, i) => n === expected(i)) ? { offset, steps, dims } : null;
}

function affineRange(lookup: Lookup, node: CanonicalNode): Affine | null {
  const [start, , step] = node.inputs.map((i) => integersOf(lookup, i)?.[0]);
  return start === undefined || step === undefined
    ? null
    : { offset: start, steps: [step], dims: dimsOf(lookup, node.outputs[0]!) };
}

/** Slices with positive steps, from starts whose sign is known. */
function affineSlice(lookup: Lookup, node: CanonicalNode): Affine | null {
  const [data = "", ...operands] = node.inputs;
  const source = affineOf(lookup, data);
  const [starts, , axes, steps] = operands.map((o) => integersOf(lookup, o));
  if (source === null || !starts) return null;
  const rank = source.dims.length;
  const result = { offset: source.offset, steps: [...source.steps] };
  for (const [i, start] of starts.entries()) {
    const axis = axes?.[i] ?? i;
    const step = steps?.[i] ?? 1;
    if (typeof axis !== "number" || typeof step !== "number" || step < 1) return null;
    const at = axis < 0 ? axis + rank : axis;
    const [stride, extent] = [source.steps[at], source.dims[at]];
    const first = extent === undefined ? null : firstOf(start, extent);
    if (stride === undefined || first === null) return null;
    result.offset = add(result.offset, mul(stride, first));
    result.steps[at] = mul(stride, step);
  }
  return { ...result, dims: dimsOf(lookup, node.outputs[0]!) };
}

/** The index where a slice begins, clamped to the extent; `null` where it is not known whether it counts from the end. */
function firstOf(start: Expr, extent: Expr): Expr | null {
  if (atMost(0, start)) return min(start, extent);
  return atMost(start, -1) ? max(0, add(extent, start)) : null;
}

function affineSum(lookup: Lookup, node: CanonicalNode): Affine | null {
  const [a, b] = operandsOf(lookup, node);
  if (!a || !b) return null;
  return { offset: add(a.offset, b.offset), steps: a.steps.map((s, i) => add(s, b.steps[i]!)), dims: a.dims };
}

/** One of the factors must be the same number everywhere. */
function affineProduct(lookup: Lookup, node: CanonicalNode): Affine | null {
  const [a, b] = operandsOf(lookup, node);
  if (!a || !b) return null;
  const [own, scale] = a.steps.every((s) => s === 0) ? [b, a.offset] : [a, b.offset];
  const isScaled = own === b || b.steps.every((s) => s === 0);
  return isScaled ? { offset: mul(own.offset, scale), steps: own.steps.map((s) => mul(s, scale)), dims: a.dims } : null;
}

/** The operands, broadcast to the result. */
function operandsOf(lookup: Lookup, node: CanonicalNode): readonly (Affine | null)[] {
  const dims = dimsOf(lookup, node.outputs[0]!);
  return node.inputs.map((i) => affineOf(lookup, i)).map((a) => a && broadcast(a, dims));
}

function uniform(offset: Expr, dims: readonly Expr[]): Affine {
  return { offset, steps: dims.map(() => 0), dims };
}

/** The same elements repeated along further axes and axes of extent 1. */
function broadcast(source: Affine, dims: readonly Expr[]): Affine | null {
  const view = expand(viewOf(source.dims), dims, "repeat");
  return view && throughView(source, view, dims);
}

/** Each axis of the result must be a whole axis of the source, or a repeat. */
function throughView(source: Affine, view: View, dims: readonly Expr[]): Affine | null {
  const steps = view.axes.map((axis): Expr | null => {
    const [factor, ...others] = flat([axis]);
    if (factor === undefined || factor.repeat) return others.length > 0 ? null : 0;
    const at = view.base.findIndex((b) => b.some((f) => f.key === factor.key));
    return others.length > 0 || view.base[at]!.length > 1 ? null : source.steps[at]!;
  });
  return steps.every((s) => s !== null) ? { offset: source.offset, steps, dims } : null;
}
