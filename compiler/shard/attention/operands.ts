/**
 * @file The operands of an attention node as the schemes see them: rows, heads, and the mask with the role of each of its axes.
 */
import type { AttentionOperation } from "../../ir/cp.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { equal, type Expr } from "../../expr/expr.ts";
import { shapeOf, type State } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import type { AxisShard, Origin, Segment } from "../types.ts";

/** Axes of q, k, v and of the result: (B, S, H, D). */
export const BATCH = 0;
export const ROWS = 1;
export const HEADS = 2;

export interface Attention {
  readonly node: CanonicalNode;
  readonly origin: Origin;
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly mask: string | null;
}

export function readAttention({ node, q, k, v, mask }: AttentionOperation): Attention {
  return { node, origin: { module: node.scope, node: node.name, spec: null }, q, k, v, mask };
}

/** The split of a value's rows, if it is split by rows; each of its tokens may be several consecutive rows. */
export function rowsOf(state: State, value: string): AxisShard | null {
  const [shard] = layoutOf(state, value);
  return shard !== undefined && shard.axis === ROWS && equal(shard.outer, 1) ? shard : null;
}

/** Split by rows, but not in one stretch: the split axis is the inner one of several that became the sequence. */
export function isStrided(state: State, value: string): boolean {
  const [shard] = layoutOf(state, value);
  return shard !== undefined && shard.axis === ROWS && !equal(shard.outer, 1);
}

/** Split, but not by rows. */
export function isOddlySplit(state: State, value: string): boolean {
  return layoutOf(state, value).length > 0 && rowsOf(state, value) === null;
}

export function headsOf(state: State, value: string): Expr {
  return shapeOf(state, value).dims[HEADS]!;
}

/** Which axis of the mask is `what`, or `null` where it is broadcast. Axes count from the right, as those of (B, H, Sq, Sk). */
export function maskAxis(state: State, mask: string, what: "heads" | "rows" | "keys"): number | null {
  const { dims } = shapeOf(state, mask);
  const axis = dims.length - { heads: 3, rows: 2, keys: 1 }[what];
  return axis < 0 || dims[axis] === 1 ? null : axis;
}

/** Heads as one segment that is spread over the Ulysses group: `unit` stay together, or `copies` of each are dealt. */
export function headShard(axis: number, heads: Expr, unit: number, copies = 1): AxisShard {
  const segments: readonly Segment[] = [{ length: heads, origin: "heads" }];
  return { axis, over: "ulysses", outer: 1, segments, inner: 1, unit, ...(copies === 1 ? {} : { copies }) };
}
