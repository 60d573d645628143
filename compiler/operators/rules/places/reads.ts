/**
 * @file What ranks exchange where rows of a split axis are read by numbers that all ranks have: these rows. Knows no rank.
 */
import { mul, symbolsOf, type Expr } from "../../../expr/expr.ts";
import { numbersOf } from "../../builder.ts";
import type { Axis, Factor, NodeView, ReadExchange } from "../../types.ts";

/** More constant numbers than these are read as computed ones are. */
const FEW = 4;

type Read = Omit<ReadExchange, "kind" | "factor" | "picks">;

/**
 * For an axis of operand 0 that is needed whole, of which rows are read for each place of the axes `picking`. None where they may be as many as the axis
 * has: then the whole of it is no more to send.
 */
export function readsOf(
  factors: readonly Factor[],
  axis: Axis | undefined,
  picking: readonly Expr[],
  read: Read,
): readonly ReadExchange[] {
  const [factor] = axis && "product" in axis ? axis.product : [];
  if (factor === undefined || !isLess(mul(1, ...picking), factors[factor]!.size)) return [];
  return [{ kind: "read", factor, ...read, picks: picking.length }];
}

/** A number below another one, or one that does not grow with the extent. */
function isLess(count: Expr, extent: Expr): boolean {
  if (typeof count === "number" && typeof extent === "number") return count < extent;
  const lengths = new Set(symbolsOf(extent));
  return !symbolsOf(count).some((length) => lengths.has(length));
}

/** The numbers of a `Gather`, if they are few constants in a scalar or a vector. */
export function fewNumbers(view: NodeView): readonly number[] | null {
  const numbers = numbersOf(view, 1);
  const isFew = numbers !== null && numbers.length > 0 && numbers.length <= FEW;
  return isFew && view.inputs[1]!.dims.length < 2 ? numbers : null;
}
