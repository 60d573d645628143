/**
 * @file Brings the mask of an attention to a form that broadcasts to (B, H, Sq, Sk). A boolean mask becomes one that is true where a
 * query sees a key.
 */
import { equal, mul, type Expr } from "../../../expr/expr.ts";
import type { ElemType } from "../../../graph/types.ts";
import { addSteps, stepsOf } from "../views/arrange.ts";
import type { ScoreAxes } from "./axes.ts";
import type { Mask } from "./trace.ts";
import type { Draft } from "../draft.ts";
import { dimsOf, type Lookup } from "../lookup.ts";
import {
  canBeEqual,
  extentsOf,
  flat,
  regroup,
  sameExtents,
  sameFactors,
  viewOf,
  type AxisFactors,
} from "../views/views.ts";

/**
 * Extents (B or 1, H or 1, Sq or 1, Sk or 1) of a mask that is applied to the scores at `axes`; `null` where it has no such form. An extent
 * may have another name than that of the scores.
 */
export function maskExtents(
  dims: readonly Expr[],
  { view, batch, query, key }: ScoreAxes,
  [b, h]: readonly [Expr, Expr],
): readonly Expr[] | null {
  const rank = view.axes.length;
  if (rank < 2 || dims.length > rank) return null;
  const scores = extentsOf(view.axes);
  const [rows = [], columns = []] = view.axes.slice(-2);
  const inOrder = sameFactors(flat([rows]), flat([query])) && sameFactors(flat([columns]), flat([key]));
  const mask: readonly Expr[] = [...Array.from({ length: rank - dims.length }, () => 1), ...dims];
  if (!inOrder || mask.some((d, i) => d !== 1 && !canBeEqual(d, scores[i]!))) return null;
  const outer = flat(view.axes.slice(0, -2));
  // One mask for all of the batch fits any order of its axes.
  if (mask.slice(0, -2).every((d) => d === 1) && sameFactors(sorted(outer), sorted(flat(batch))))
    return [1, 1, ...mask.slice(-2)];
  if (!sameFactors(outer, flat(batch))) return null;
  const lead = leadExtents(mask.slice(0, -2), scores.slice(0, -2), [b, h]);
  return lead && [...lead, ...mask.slice(-2)];
}

function sorted(factors: AxisFactors): AxisFactors {
  return factors.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Leading axes merged to two. Either may be broadcast, but not half of it. */
function leadExtents(
  mask: readonly Expr[],
  scores: readonly Expr[],
  [b, h]: readonly [Expr, Expr],
): readonly Expr[] | null {
  if (mask.every((d) => d === 1)) return [1, 1];
  if (sameExtents(mask, scores)) return [b, h];
  if (sameExtents(scores, [b, h])) return mask;
  const middle = scores.findIndex(
    (_, i) => equal(mul(1, ...scores.slice(0, i)), b) && equal(mul(1, ...scores.slice(i)), h),
  );
  const [outer, inner] = [mask.slice(0, middle), mask.slice(middle)];
  if (middle < 0) return null;
  const merged = [outer, inner].map((axes, i): Expr | null => {
    if (axes.every((d) => d === 1)) return 1;
    return sameExtents(axes, i === 0 ? scores.slice(0, middle) : scores.slice(middle)) ? [b, h][i]! : null;
  });
  return merged.every((d) => d !== null) ? merged : null;
}

/** Adds the nodes that bring the mask to `extents`; returns its value. */
export function addMask(lookup: Lookup, d: Draft, mask: Mask, extents: readonly Expr[], elem: ElemType): string {
  const filled = mask.kind === "additive" ? mask.value : addBoolean(lookup, d, mask);
  const dims = dimsOf(lookup, mask.value);
  const aligned = [...Array.from({ length: Math.max(0, 4 - dims.length) }, () => 1), ...dims];
  if (sameExtents(aligned, extents)) return filled;
  const view = regroup(viewOf(dims), extents);
  const steps = view && stepsOf(view);
  return addSteps(d, filled, mask.kind === "boolean" ? "bool" : elem, steps ?? []);
}

function addBoolean(lookup: Lookup, d: Draft, mask: Extract<Mask, { kind: "boolean" }>): string {
  const dims = dimsOf(lookup, mask.value);
  return mask.attend ? mask.value : d.add({ op: "Not", inputs: [mask.value], shape: { elem: "bool", dims } });
}
