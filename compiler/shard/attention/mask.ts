/**
 * @file The mask of an attention as one local step needs it: the local rows, the local heads, and all keys or those of one rank of the ring.
 * Key-only masks travel with their keys by the same slices.
 */
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { RANK, show, type Expr } from "../../expr/expr.ts";
import { gatherWhole } from "../propagate/split-gather.ts";
import { at, atSplitOf } from "../origins.ts";
import { sliceLocal } from "../slices.ts";
import { declare, shapeOf, type State } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import type { AxisShard } from "../types.ts";
import { causalMask, isCausal, type HeldKeys } from "./causal.ts";
import { BATCH, HEADS, maskAxis, ROWS, type Attention } from "./operands.ts";

/** The slice of the mask to take; `null` means all of it. */
export interface MaskSlice {
  readonly rows: AxisShard | null;
  readonly heads: AxisShard | null;
  readonly keys: HeldKeys | null;
}

/** The local mask, with the causal pattern where only some rows or keys are local; `null` where nothing is masked. */
export function localMask(state: State, site: Attention, slice: MaskSlice): string | null {
  const sliced = site.mask === null ? null : sliceMask(state, site, site.mask, slice);
  const causal = isCausal(site) && (slice.rows !== null || slice.keys !== null);
  return causal ? causalMask(state, site, sliced, slice.rows, slice.keys) : sliced;
}

/** The local rows of the mask over all keys, with the causal pattern; `null` where nothing is masked. */
export function rowMask(state: State, site: Attention, rows: AxisShard | null, heads: AxisShard | null): string | null {
  const sliced = site.mask === null ? null : sliceMask(state, site, site.mask, { rows, heads, keys: null });
  return isCausal(site) ? causalMask(state, site, sliced, rows, null) : sliced;
}

/** The mask's axes are those of the scores, or 1: where they have other names, every run checks the lengths. False if they differ. */
export function assumeMaskLengths(state: State, { node, origin, q, k, mask }: Attention): boolean {
  if (mask === null) return true;
  const [queries, keys] = [shapeOf(state, q).dims, shapeOf(state, k).dims];
  const scores = [queries[BATCH]!, queries[HEADS]!, queries[ROWS]!, keys[ROWS]!];
  const { dims } = shapeOf(state, mask);
  return dims.every((own, i) => {
    const other = scores[i - dims.length + scores.length]!;
    if (own === 1 || state.assumed.assume(own, other, origin)) return true;
    const params = { ...at(node), first: show(own), second: show(other) };
    state.diagnostics.push(diagnose(catalog.extentsDiffer, params, atSplitOf(state, q)));
    return false;
  });
}

function sliceMask(state: State, site: Attention, whole: string, { rows, heads, keys }: MaskSlice): string {
  let mask = whole;
  if (layoutOf(state, mask).length > 0) mask = gatherOnce(state, site, mask);
  const slices: { shard: AxisShard; rank: Expr }[] = [];
  const slice = (axis: number | null, shard: AxisShard | undefined, rank: Expr): void => {
    if (axis !== null && shard !== undefined) slices.push({ shard: { ...shard, axis }, rank });
  };
  slice(maskAxis(state, mask, "rows"), rows ?? undefined, RANK);
  slice(maskAxis(state, mask, "heads"), heads ?? undefined, RANK);
  slice(maskAxis(state, mask, "keys"), keys?.shard, keys?.rank ?? RANK);
  let local = mask;
  for (const { shard, rank } of slices) local = sliceLocal(state, local, shard, site.origin, rank);
  const layout = slices.map((s) => s.shard);
  if (keys === null && layout.length > 0) declare(state, local, shapeOf(state, mask), layout, mask, site.origin);
  return local;
}

/** A mask that many sites read is gathered once. */
function gatherOnce(state: State, site: Attention, mask: string): string {
  const known = state.gathered.get(mask);
  if (known !== undefined) return known;
  const whole = gatherWhole(state, mask, `${mask}::whole`, "mask gather", site.origin);
  state.gathered.set(mask, whole);
  return whole;
}
