/**
 * @file Evaluates expressions that have the same value on every rank, whatever the cut: a piece then holds them as constants, and its kernels
 * may rely on them. Knows nothing of steps.
 */
import { RANK, evaluate, isCut, substitute, symbolsOf } from "../../expr/expr.ts";
import type { Expr } from "../../expr/expr.ts";
import { ranksOf, type Mesh } from "../../../program/mesh.ts";
import type { Flow } from "../flow.ts";

/** Folds the extents of values and the elements of integers. */
export function foldRanks(flow: Flow): Flow {
  // Blocks repeat, and so do their extents.
  const known = new Map<string, Expr>();
  const foldOne = (expr: Expr): Expr => {
    if (typeof expr !== "object") return sameOnAllRanks(expr, flow.mesh);
    const key = JSON.stringify(expr);
    const folded = known.get(key) ?? sameOnAllRanks(expr, flow.mesh);
    known.set(key, folded);
    return folded;
  };
  const fold = (exprs: readonly Expr[]): readonly Expr[] => exprs.map(foldOne);
  return {
    ...flow,
    localShapes: mapValues(flow.localShapes, ({ elem, dims }) => ({ elem, dims: fold(dims) })),
    integers: mapValues(flow.integers, ({ elem, dims, elements }) => ({ elem, dims, elements: fold(elements) })),
  };
}

/** Also inside an expression: `start(img, 2, 2 * (rank // 2) + 2)` on two ranks is `start(img, 2, 2)`, and so `img`. */
function sameOnAllRanks(expr: Expr, mesh: Mesh): Expr {
  // An expression without the rank is in its normal form already.
  if (typeof expr === "number" || !symbolsOf(expr).includes(RANK)) return expr;
  const folded = typeof expr === "string" ? expr : foldArguments(expr, mesh);
  if (isCut(folded) || symbolsOf(folded).some((name) => name !== RANK)) return folded;
  const first = evaluate(folded, { [RANK]: 0 });
  // Most differ on the second rank already.
  for (let rank = 1; rank < ranksOf(mesh); rank += 1) if (evaluate(folded, { [RANK]: rank }) !== first) return folded;
  return first;
}

function foldArguments([op, ...args]: Exclude<Expr, number | string>, mesh: Mesh): Expr {
  // An empty substitution brings the result to the normal form.
  return substitute([op, ...args.map((arg) => sameOnAllRanks(arg, mesh))], new Map());
}

function mapValues<T>(map: ReadonlyMap<string, T>, change: (value: T) => T): ReadonlyMap<string, T> {
  return new Map([...map].map(([name, value]) => [name, change(value)]));
}
