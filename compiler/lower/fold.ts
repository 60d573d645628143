/**
 * @file Numbers that are the same on every rank become numbers: a piece then holds them as constants, and its kernels may count on
 * them. Knows nothing of steps.
 */
import { RANK, evaluate, symbolsOf } from "../expr/expr.ts";
import type { Expr } from "../expr/expr.ts";
import { ranksOf } from "../shard/layout.ts";
import type { Mesh } from "../shard/layout.ts";
import type { Flow } from "./flow.ts";

/** Folds the extents of values and the elements of integers. */
export function foldRanks(flow: Flow): Flow {
  const fold = (exprs: readonly Expr[]): readonly Expr[] => exprs.map((expr) => sameOnAllRanks(expr, flow.mesh));
  return {
    ...flow,
    localShapes: mapValues(flow.localShapes, ({ elem, dims }) => ({ elem, dims: fold(dims) })),
    integers: mapValues(flow.integers, ({ elem, dims, elements }) => ({ elem, dims, elements: fold(elements) })),
  };
}

function sameOnAllRanks(expr: Expr, mesh: Mesh): Expr {
  if (typeof expr === "number" || symbolsOf(expr).some((name) => name !== RANK)) return expr;
  const values = Array.from({ length: ranksOf(mesh) }, (_, rank) => evaluate(expr, { [RANK]: rank }));
  return values.every((value) => value === values[0]) ? values[0]! : expr;
}

function mapValues<T>(map: ReadonlyMap<string, T>, change: (value: T) => T): ReadonlyMap<string, T> {
  return new Map([...map].map(([name, value]) => [name, change(value)]));
}
