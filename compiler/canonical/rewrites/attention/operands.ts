/**
 * @file Brings an operand of an attention to (B, S, H, D) with as few nodes as possible: searches the chain of views and scales behind it
 * for the value with the shortest way. Also determines how many heads a merged batch axis holds.
 */
import { equal, exactDiv, mul, type Expr } from "../../../expr/expr.ts";
import type { CanonicalNode } from "../../../ir/types.ts";
import { stepsOf, type Step } from "../views/arrange.ts";
import { chainAbove, pushAll } from "../views/links.ts";
import { dimsOf, type Lookup } from "../lookup.ts";
import { extentOf, flat, hasRepeat, permute, regroup, viewOf, type AxisFactors, type View } from "../views/views.ts";

/** An operand as steps from an existing value. */
export interface Operand {
  readonly base: string;
  readonly steps: readonly Step[];
  /** Constant factor that the steps omit. */
  readonly scale: number;
  readonly heads: Expr;
}

export interface Request {
  readonly value: string;
  /** The node that reads the value; the search stays in its module. */
  readonly reader: CanonicalNode;
  /** From a view of the value to (B, H, S, D). */
  readonly toHeads: (view: View) => View | null;
  /** Whether constant factors, and repeats of key/value heads, may be omitted. */
  readonly scales: boolean;
  readonly groups: boolean;
}

/** Extents of batch and heads. */
export type Batch = readonly [batch: Expr, heads: Expr];

/** (B, H, S, D) to (B, S, H, D) and back. */
export const SWAP: readonly number[] = [0, 2, 1, 3];

/** The shortest way to (B, S, H, D); `null` where no view of the operand can be written. Ties go to the nearest base. */
export function bring(lookup: Lookup, { value, reader, toHeads, scales, groups }: Request): Operand | null {
  const whole = chainAbove(lookup, value, reader);
  const end = scales ? -1 : whole.findIndex((link) => link.scale !== 1);
  const chain = end < 0 ? whole : whole.slice(0, end);
  let best: { readonly operand: Operand; readonly cost: number } | null = null;
  for (let length = 0; length <= chain.length; length++) {
    const links = chain.slice(0, length);
    const base = links.at(-1)?.source ?? value;
    const operand = operandFrom(base, pushAll(viewOf(dimsOf(lookup, base)), links), { toHeads, groups });
    if (operand === null) continue;
    const cost = operand.steps.length - length;
    const scale = links.reduce((product, link) => product * link.scale, 1);
    if (best === null || cost < best.cost) best = { operand: { ...operand, scale }, cost };
  }
  return best?.operand ?? null;
}

function operandFrom(
  base: string,
  view: View | null,
  { toHeads, groups }: Pick<Request, "toHeads" | "groups">,
): Operand | null {
  const repeated = view && toHeads(view);
  const plain = repeated && groups ? withoutRepeatedHeads(repeated) : repeated;
  if (plain === null || hasRepeat(plain)) return null;
  const steps = stepsOf(permute(plain, SWAP));
  return steps && { base, steps, scale: 1, heads: extentOf(plain.axes[1]!) };
}

/** Drops repeats that are innermost in the head axis: query head h then reads head h / repeats. */
function withoutRepeatedHeads(view: View): View {
  const heads = flat([view.axes[1] ?? []]);
  const kept = heads.slice(0, heads.findLastIndex((f) => !f.repeat) + 1);
  return { base: view.base, axes: view.axes.map((axis, i) => (i === 1 ? kept : axis)) };
}

/** Axes permuted by `perm`, then regrouped to (batch, heads, rows, width). */
export function toHeads(perm: readonly number[], dims: readonly Expr[]): (view: View) => View | null {
  return (view) => regroup(permute(view, perm), dims);
}

/**
 * Batch and heads of attention operands with one merged batch axis: the head is the innermost factor that any of the operands has on the
 * way to it. A single factor is a head if it comes from after the rows. `null` where no operand decides.
 */
export function splitBatch(
  lookup: Lookup,
  operands: readonly { readonly value: string; readonly perm: readonly number[] }[],
): Batch | null {
  for (const { value, perm } of operands) {
    const chain = chainAbove(lookup, value, null);
    for (let length = chain.length; length > 0; length--) {
      const links = chain.slice(0, length);
      const view = pushAll(viewOf(dimsOf(lookup, links.at(-1)!.source)), links);
      if (view === null) continue;
      const [merged = [], rows = []] = permute(view, perm).axes;
      const found = splitFactors(flat([merged]), flat([rows]), flat(view.base));
      if (found !== null) return found;
      break;
    }
  }
  return null;
}

function splitFactors(merged: AxisFactors, rows: AxisFactors, base: AxisFactors): Batch | null {
  const last = merged.at(-1);
  if (last === undefined) return null;
  if (merged.length > 1) return [extentOf(merged.slice(0, -1)), last.extent];
  const place = (axis: AxisFactors): number => base.findIndex((f) => f.key === axis[0]?.key);
  return rows.length > 0 && place(rows) >= 0 && place(rows) < place(merged) ? [1, last.extent] : null;
}

/** Batch and heads of several batch axes: the last one holds the heads. */
export function lastIsHeads(batch: readonly Expr[]): Batch {
  return [mul(1, ...batch.slice(0, -1)), batch.at(-1) ?? 1];
}

/** Batch and heads of factors that views of the scores have separated already; `null` where they are one. */
export function separated(factors: AxisFactors): Batch | null {
  return factors.length < 2 ? null : [extentOf(factors.slice(0, -1)), factors.at(-1)!.extent];
}

/** Keys and values with one number of heads, fewer than the queries' where both are repeated; `null` where they do not match. */
export function commonHeads(
  heads: Expr,
  fetch: (groups: boolean) => { readonly k: Operand | null; readonly v: Operand | null },
): { readonly k: Operand; readonly v: Operand } | null {
  for (const groups of [true, false]) {
    const { k, v } = fetch(groups);
    if (k !== null && v !== null && equal(k.heads, v.heads) && exactDiv(heads, k.heads) !== null) return { k, v };
  }
  return null;
}
