/**
 * @file Which keys a row of an attention with a cache sees, as a mask: keys up to its own, which is behind those of the cache, or the last of
 * these. Knows no operator.
 */
import { add, equal, type Expr } from "../../../../expr/expr.ts";
import { int } from "../../../../graph/attributes.ts";
import { elemCode } from "../../../../graph/elements.ts";
import { tensorFromNumbers } from "../../../../graph/tensors.ts";
import type { ElemType } from "../../../../graph/types.ts";
import { uniformOf, type Lookup } from "../../lookup.ts";
import { canBeEqual } from "../../views/views.ts";
import type { Writer } from "../writer.ts";

export interface Window {
  /** Keys of the cache, before those of the rows. */
  readonly past: Expr;
  readonly rows: Expr;
  /** All keys, perhaps by another name than the sum of the two. */
  readonly keys: Expr;
  /** How many keys before its own a row sees; `null` for all. */
  readonly before: number | null;
  /** A zero (int64, no axes) whose node fails where the keys are not all in use; `null` where they are known to be. */
  readonly guard: string | null;
}

/** (rows, keys), true where a row sees a key. */
export function visible(w: Writer, { past, rows, keys, before, guard }: Window): string {
  const range = (start: Expr, end: Expr): string => w.add("Range", [w.integer(start), w.integer(end), w.integer(1)]);
  const places = range(past, add(past, rows));
  const checked = guard === null ? places : w.add("Add", [places, guard]);
  const own = w.add("Unsqueeze", [checked, w.integers(1)]);
  const others = range(0, keys);
  const up = w.add("GreaterOrEqual", [own, others]);
  if (before === null) return up;
  const first = w.add("Sub", [own, w.integer(before)]);
  return w.add("And", [up, w.add("GreaterOrEqual", [others, first])]);
}

/** An additive mask of `elem`: 0 or the bias where a row sees a key, else `fill`. */
export function additive(w: Writer, seen: string, bias: string, elem: ElemType, fill: number): string {
  return w.add("Where", [seen, bias === "" ? w.number(elem, 0) : bias, w.number(elem, fill)]);
}

/** The integer that all elements of an operand have, if the graph tells; it is `expected` or can be in some run. `undefined` if it cannot. */
export function stated(lookup: Lookup, value: string, expected: Expr): Expr | null | undefined {
  const known = uniformOf(lookup, value);
  if (known === null || equal(known, expected)) return known;
  return canBeEqual(known, expected) ? known : undefined;
}

/** 0 (int64, no axes), from a node that fails in a run where an element of `value` is not `expected`. */
export function guarded(w: Writer, value: string, expected: Expr): string {
  const wide = w.add("Cast", [value], { attributes: { to: int(elemCode("int64")) } });
  const apart = w.add("Abs", [w.add("Sub", [wide, w.integer(expected)])]);
  const most = w.add("ReduceMax", [apart], { attributes: { keepdims: int(0) } });
  // A table of one element: there is no row 1.
  const table = w.constant(tensorFromNumbers("int64", [1], [0]));
  return w.add("Gather", [table, w.add("Min", [most, w.integer(1)])]);
}
