/**
 * @file Views: how the axes of a value relate to those of another value that holds the same elements, by factors. Chains of Transpose,
 * Reshape and their like compose as views. Works on symbols; knows nothing of nodes.
 */
import { equal, exactDiv, isOpen, mayEqual, mul, type Expr } from "../../../expr/expr.ts";

/** An index over an axis or a part of one. A `repeat` is not an index of the base: all of its positions have the same value (Expand). */
export interface Factor {
  readonly key: string;
  readonly extent: Expr;
  readonly repeat: boolean;
}

/** The factors of one axis, outer to inner; an axis of extent 1 may have none. */
export type AxisFactors = readonly Factor[];

export interface View {
  readonly base: readonly AxisFactors[];
  readonly axes: readonly AxisFactors[];
}

/** A value as a view of itself. */
export function viewOf(dims: readonly Expr[]): View {
  const axes = dims.map((extent, i) => [{ key: String(i), extent, repeat: false }]);
  return { base: axes, axes };
}

export function extentOf(axis: AxisFactors): Expr {
  return mul(1, ...axis.map((f) => f.extent));
}

export function extentsOf(axes: readonly AxisFactors[]): readonly Expr[] {
  return axes.map(extentOf);
}

export function sameExtents(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.length === b.length && a.every((x, i) => equal(x, b[i]!));
}

/** True if a program can treat two extents as equal: they are, or an equation of lengths says so. */
export function canBeEqual(a: Expr, b: Expr): boolean {
  return equal(a, b) || (mayEqual(a, b) && a !== 1 && b !== 1 && !isOpen(a) && !isOpen(b));
}

/** Factors in order, without those of extent 1, whose order is irrelevant. */
export function flat(axes: readonly AxisFactors[]): AxisFactors {
  return axes.flat().filter((f) => f.extent !== 1);
}

export function sameFactors(a: AxisFactors, b: AxisFactors): boolean {
  return a.length === b.length && a.every((f, i) => f.key === b[i]!.key);
}

/** Axis i of the result is axis `perm[i]`. */
export function permute(view: View, perm: readonly number[]): View {
  return { base: view.base, axes: perm.map((p) => view.axes[p] ?? []) };
}

/** The same elements in row-major order under other extents; `null` where an extent cannot be divided along factors. */
export function regroup(view: View, dims: readonly Expr[]): View | null {
  if (sameExtents(extentsOf(view.axes), dims)) return view;
  const rest = [...flat(view.axes)];
  const cuts = new Map<string, AxisFactors>();
  const axes: Factor[][] = [];
  for (const dim of dims) {
    const axis: Factor[] = [];
    let need = dim;
    while (need !== 1) {
      const next = rest.shift();
      if (next === undefined) return null;
      const more = exactDiv(need, next.extent);
      const halves = more === null ? cut(next, need) : null;
      if (more === null && halves === null) return null;
      if (halves !== null) {
        cuts.set(next.key, halves);
        rest.unshift(halves[1]!);
      }
      axis.push(halves?.[0] ?? next);
      need = more ?? 1;
    }
    axes.push(axis);
  }
  return rest.length > 0 ? null : { base: view.base.map((axis) => refined(axis, cuts)), axes };
}

/** A factor as an outer one of extent `outer` and the rest. */
function cut(factor: Factor, outer: Expr): AxisFactors | null {
  const inner = exactDiv(factor.extent, outer);
  if (inner === null) return null;
  return [
    { ...factor, key: `${factor.key}.0`, extent: outer },
    { ...factor, key: `${factor.key}.1`, extent: inner },
  ];
}

function refined(axis: AxisFactors, cuts: ReadonlyMap<string, AxisFactors>): AxisFactors {
  return axis.flatMap((f) => {
    const halves = cuts.get(f.key);
    return halves === undefined ? [f] : refined(halves, cuts);
  });
}

/** Repeats along axes of extent 1, counted from the right (`stem` names the repeats); `null` where another extent would change. */
export function expand(view: View, dims: readonly Expr[], stem: string): View | null {
  const lead = dims.length - view.axes.length;
  if (lead < 0) return null;
  const axes: AxisFactors[] = [];
  for (const [i, extent] of dims.entries()) {
    const axis = view.axes[i - lead] ?? [];
    const from = extentOf(axis);
    if (equal(from, extent)) axes.push(axis);
    else if (from === 1) axes.push([{ key: `${stem}.${i}`, extent, repeat: true }]);
    else return null;
  }
  return { base: view.base, axes };
}

export function hasRepeat(view: View): boolean {
  return view.axes.some((axis) => axis.some((f) => f.repeat));
}
