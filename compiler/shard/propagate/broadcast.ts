/**
 * @file Extents of one axis with several names. The result has one of them; another may be equal to it, or 1 and broadcast. If it were
 * more, the result would be wider than later steps assume, so a run checks that it is not.
 */
import type { FactorMap } from "../../operators/types.ts";
import type { ValueShape } from "../../ir/types.ts";
import { max } from "../../expr/expr.ts";
import type { State } from "../state.ts";
import type { Origin } from "../types.ts";

/** Assumes that no operand is wider along an axis than the result. */
export function assumeWidest(
  state: State,
  map: FactorMap,
  operands: readonly (ValueShape | null)[],
  origin: Origin,
): void {
  for (const [operand, axes] of map.inputs.entries()) {
    for (const [at, axis] of (axes ?? []).entries()) {
      const [factor, ...others] = "product" in axis ? axis.product : [];
      const own = operands[operand]?.dims[at] ?? 1;
      if (factor === undefined || others.length > 0 || own === 1) continue;
      const { size } = map.factors[factor]!;
      if (!state.assumed.agree(own, size)) state.assumed.assume(size, max(size, own), origin);
    }
  }
}
