/**
 * @file The common factors of two shapes of equal size: which factors each axis of a Reshape consists of. Works on symbols, so equal
 * sizes cannot mislead. Knows nothing of nodes.
 */
import { equal, exactDiv, mul, type Expr } from "../expr/expr.ts";
import { factorList, type FactorList } from "./builder.ts";
import type { Axis, Factor } from "./types.ts";

export interface Refinement {
  readonly factors: readonly Factor[];
  readonly input: readonly Axis[];
  readonly output: readonly Axis[];
}

/** One side of the walk: the axes made so far, and the rest of the current axis. */
interface Side {
  readonly dims: readonly Expr[];
  readonly axes: number[][];
  at: number;
  left: Expr;
}

/**
 * Walks both shapes from the left, dividing common divisors off as factors. Where neither extent divides the other, all axes up to the next
 * common edge become `along`: they cannot be followed.
 */
export function refine(from: readonly Expr[], to: readonly Expr[]): Refinement {
  const list = factorList();
  const a = start(from);
  const b = start(to);
  for (;;) {
    settle(a);
    settle(b);
    if (a.at >= from.length || b.at >= to.length) break;
    const step = common(a.left, b.left);
    if (step !== null) take(list, a, b, step);
    else skipToCommonEdge(list, a, b);
  }
  drain(list, a);
  drain(list, b);
  const toAxes = (side: Side): readonly Axis[] => side.axes.map((product) => ({ product }));
  return { factors: list.factors, input: toAxes(a), output: toAxes(b) };
}

function start(dims: readonly Expr[]): Side {
  return { dims, axes: dims.map(() => []), at: 0, left: dims[0] ?? 1 };
}

/** Moves to the next axis with a remaining extent. */
function settle(side: Side): void {
  while (side.at < side.dims.length && side.left === 1) {
    side.at++;
    side.left = side.dims[side.at] ?? 1;
  }
}

function common(a: Expr, b: Expr): Expr | null {
  if (equal(a, b)) return a;
  if (exactDiv(a, b) !== null) return b;
  return exactDiv(b, a) === null ? null : a;
}

function take(list: FactorList, a: Side, b: Side, size: Expr): void {
  const index = list.index(size);
  for (const side of [a, b]) {
    side.axes[side.at]!.push(index);
    // Only 0 divides an extent of 0: all of it is taken.
    side.left = equal(side.left, size) ? 1 : exactDiv(side.left, size)!;
  }
}

/** Gives both sides unfollowable factors until the products agree again (at the latest at the end). */
function skipToCommonEdge(list: FactorList, a: Side, b: Side): void {
  let [x, y] = [a.left, b.left];
  blur(list, a);
  blur(list, b);
  while (!equal(x, y) && (a.at < a.dims.length || b.at < b.dims.length)) {
    const behind = b.at >= b.dims.length || (a.at < a.dims.length && exactDiv(y, x) !== null) ? a : b;
    if (behind === a) x = mul(x, a.left);
    else y = mul(y, b.left);
    blur(list, behind);
  }
}

function blur(list: FactorList, side: Side): void {
  side.axes[side.at]!.push(list.index(side.left, "along"));
  side.left = 1;
  settle(side);
}

function drain(list: FactorList, side: Side): void {
  while (side.at < side.dims.length) blur(list, side);
}
