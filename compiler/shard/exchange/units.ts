/**
 * @file Rows that an operator takes in units, as windows or patches are taken: where chunks do not end between units, one exchange deals them so that they
 * do, a few rows at the edges of the chunks. Knows no operator.
 */
import { equal, mul, type Expr } from "../../expr/expr.ts";
import type { Axis, Factor } from "../../operators/types.ts";
import { extentOf, type Split } from "../layout.ts";
import type { Demand } from "../propagate/unify.ts";
import { splitRanks, type State } from "../state.ts";
import type { AxisShard, Origin } from "../types.ts";
import { dealAnew } from "./dealing.ts";
import { redealt } from "./redeal.ts";

/** How many units an operator makes of an axis, and how many places each has. */
export interface Units {
  readonly first: number;
  readonly places: Expr;
  readonly inner: Expr;
}

/** The units of the outermost factor of an axis; `null` where it has no such units. */
export function unitsOf(axis: Axis, shard: AxisShard, factors: readonly Factor[]): Units | null {
  if ("joined" in axis || !equal(shard.outer, 1)) return null;
  const [first, ...others] = axis.product;
  if (first === undefined || others.length === 0 || factors[first]!.kind !== "free") return null;
  const [places, inner] = [factors[first]!.size, mul(...others.map((factor) => factors[factor]!.size))];
  return equal(mul(places, inner), extentOf(shard)) ? { first, places, inner } : null;
}

/** The operand dealt in such units; `null` where there are none, or fewer than ranks. */
export function inUnits(
  state: State,
  { operand, value }: Pick<Demand, "operand" | "value">,
  axis: Axis,
  shard: AxisShard,
  factors: readonly Factor[],
  origin: Origin,
): Demand | null {
  const found = state.over === "sequence" ? unitsOf(axis, shard, factors) : null;
  if (found === null) return null;
  const { first, places, inner } = found;
  const units = dealAnew(state, shard, { name: `${value}::units`, axis: shard.axis, places }, origin);
  if (units === null) return null;
  const target: Split = { ...units, inner };
  const dealt = splitRanks(state) === 1 ? value : redealt(state, value, shard.axis, shard, target, origin);
  return { operand, value: dealt, splits: new Map([[first, units]]) };
}
