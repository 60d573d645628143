/**
 * @file Arithmetic of layouts: the split of an axis in terms of an operator's factors, and back. Pure functions on expressions; nothing
 * here knows an operator or a graph.
 */
import type { Axis, Factor } from "../operators/types.ts";
import { add, chunk, equal, exactDiv, floorDiv, mul, start, sub, type Expr } from "../expr/expr.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { limit, LIMITS } from "../expr/limits.ts";
import { groupSize, indexIn, rankAt, type Mesh } from "../../program/mesh.ts";
import type { AxisShard, Layout, Segment, Spread } from "./types.ts";

/** How one factor is split: `outer` x segments x `inner`. */
export interface Split {
  readonly outer: Expr;
  readonly segments: readonly Segment[];
  readonly inner: Expr;
}

export const WHOLE: Layout = [];

/** A split of an axis over the ranks of a group. */
export function shardOf(axis: number, { outer, segments, inner }: Split, over: Spread): AxisShard {
  return { axis, over, outer, segments, inner, unit: 1 };
}

export function lengthOf(segments: readonly Segment[]): Expr {
  limit(segments.length <= LIMITS.segments);
  return add(0, ...segments.map((s) => s.length));
}

/** Extent of a split axis of the whole value. */
export function extentOf(split: Split): Expr {
  return mul(split.outer, lengthOf(split.segments), split.inner);
}

/** Extents of a mesh that are known: the values of all blocks have the same few. */
const extents = new WeakMap<Mesh, Map<string, Expr>>();

/** Extent of a sharded axis on flat rank `rank`. */
export function localExtent(shard: AxisShard, mesh: Mesh, rank: Expr): Expr {
  const { over, unit, outer, segments, inner, copies } = shard;
  const known = extents.get(mesh) ?? new Map<string, Expr>();
  extents.set(mesh, known);
  const key = JSON.stringify([over, unit, copies, outer, inner, rank, segments.map(({ length }) => length)]);
  const extent = known.get(key) ?? newExtent(shard, mesh, rank);
  known.set(key, extent);
  return extent;
}

function newExtent(shard: AxisShard, mesh: Mesh, rank: Expr): Expr {
  const lengths = shard.segments.map((s) => localLength(s.length, shard, mesh, rank));
  return mul(shard.outer, add(0, ...lengths), shard.inner);
}

type Dealing = Pick<AxisShard, "over" | "unit" | "copies">;

/** The extent of one segment on flat rank `rank`. */
export function localLength(length: Expr, shard: Dealing, mesh: Mesh, rank: Expr): Expr {
  const { over } = shard;
  if (over === "ring") {
    const parts = groupSize("sequence", mesh);
    const first = firstOfUlysses(mesh, rank);
    const after = add(first, mesh.ulysses_degree);
    return sub(start("sequence", length, parts, after), start("sequence", length, parts, first));
  }
  return dealtLength(length, shard, mesh, indexIn(over, rank, mesh));
}

/** The offset of flat rank `rank`'s chunk within one segment. */
export function localStart(length: Expr, shard: Dealing, mesh: Mesh, rank: Expr): Expr {
  const { over } = shard;
  if (over === "ring") return start("sequence", length, groupSize("sequence", mesh), firstOfUlysses(mesh, rank));
  return dealtStart(length, shard, mesh, indexIn(over, rank, mesh));
}

/** Index in the sequence group of the first rank of `rank`'s Ulysses group. */
function firstOfUlysses(mesh: Mesh, rank: Expr): Expr {
  return indexIn("sequence", rankAt("ulysses", 0, rank, mesh), mesh);
}

/** What the member `index` of a group holds of a segment: whole units, or each element of which it is dealt a copy. */
export function dealtLength(length: Expr, shard: Dealing, mesh: Mesh, index: Expr): Expr {
  const { unit, copies = 1 } = shard;
  const over = dealer(shard);
  const [parts, all] = [groupSize(over, mesh), mul(length, copies)];
  // With a copy for each rank every rank has one, so that one element is what it holds.
  if (copies === 1 || all === parts) return mul(chunk(over, floorDiv(all, unit), parts, index), unit);
  const end = start(over, all, parts, add(index, 1));
  return sub(floorDiv(add(end, copies - 1), copies), dealtStart(length, shard, mesh, index));
}

/** Where that begins. */
export function dealtStart(length: Expr, shard: Dealing, mesh: Mesh, index: Expr): Expr {
  const { unit, copies = 1 } = shard;
  if (copies > 1) return floorDiv(copyStart(length, shard, mesh, index), copies);
  const over = dealer(shard);
  return mul(start(over, floorDiv(length, unit), groupSize(over, mesh), index), unit);
}

/** The first copy that a member is dealt; with a copy for each member, its own. */
export function copyStart(length: Expr, shard: Dealing, mesh: Mesh, index: Expr): Expr {
  const over = dealer(shard);
  const [parts, all] = [groupSize(over, mesh), mul(length, shard.copies ?? 1)];
  return all === parts ? index : start(over, all, parts, index);
}

function dealer({ over }: Dealing): Exclude<AxisShard["over"], "ring"> {
  invariant(over !== "ring", "a ring deals no chunks of its own");
  return over;
}

/** The whole shape with the sharded axes as flat rank `rank` holds them. */
export function localDims(dims: readonly Expr[], layout: Layout, mesh: Mesh, rank: Expr): readonly Expr[] {
  return dims.map((d, axis) => {
    // The last entry of an axis already counts from what the earlier ones left.
    const shard = layout.findLast((s) => s.axis === axis);
    return shard === undefined ? d : localExtent(shard, mesh, rank);
  });
}

/** Expresses a split axis in an operator's factors: which factor is split how; `null` where it is not the split of a single factor. */
export function locate(axis: Axis, shard: Split, factors: readonly Factor[]): ReadonlyMap<number, Split> | null {
  return "product" in axis
    ? locateInProduct(axis.product, shard, factors)
    : locateInJoined(axis.joined, shard, factors);
}

/** Stride arithmetic: the factor that starts at or before `outer` and ends at or after `outer` x length. */
function locateInProduct(
  product: readonly number[],
  shard: Split,
  factors: readonly Factor[],
): ReadonlyMap<number, Split> | null {
  const [only] = product;
  // An axis that is one factor needs no arithmetic: another operand may know the same extent by another name.
  if (product.length === 1 && only !== undefined) return new Map([[only, shard]]);
  let before: Expr = 1;
  const end = mul(shard.outer, lengthOf(shard.segments));
  for (const factor of product) {
    const after = mul(before, factors[factor]!.size);
    const outer = exactDiv(shard.outer, before);
    const inner = exactDiv(after, end);
    if (outer !== null && inner !== null) return new Map([[factor, { outer, segments: shard.segments, inner }]]);
    before = after;
  }
  return null;
}

/** Concatenated factors: each takes whole segments, in order. */
function locateInJoined(
  joined: readonly number[],
  shard: Split,
  factors: readonly Factor[],
): ReadonlyMap<number, Split> | null {
  const splits = partition(
    shard,
    joined.map((p) => factors[p]!.size),
  );
  return splits === null ? null : new Map(joined.map((p, i) => [p, splits[i]!]));
}

/** Divides a split axis into stretches of the given extents, between segments only. `inner` stays with each of them. */
export function partition(shard: Split, sizes: readonly Expr[]): readonly Split[] | null {
  if (sizes.length === 1) return [shard];
  if (!equal(shard.outer, 1)) return null;
  const rest = [...shard.segments];
  const result: Split[] = [];
  for (const size of sizes) {
    const taken: Segment[] = [];
    while (!equal(mul(lengthOf(taken), shard.inner), size)) {
      const next = rest.shift();
      if (next === undefined) return null;
      taken.push(next);
    }
    result.push({ outer: 1, segments: taken, inner: shard.inner });
  }
  return rest.length === 0 ? result : null;
}

/** How an axis is split when its factors are split as given; `undefined` if none is, `null` if these splits do not form one of the axis. */
export function embed(
  axis: Axis,
  splits: ReadonlyMap<number, Split>,
  factors: readonly Factor[],
): Split | null | undefined {
  if ("joined" in axis) return embedJoined(axis.joined, splits);
  const at = axis.product.findIndex((f) => splits.has(f));
  if (at < 0) return undefined;
  if (axis.product.some((f, i) => i !== at && splits.has(f))) return null;
  const split = splits.get(axis.product[at]!)!;
  const size = (f: number): Expr => factors[f]!.size;
  return {
    outer: mul(split.outer, ...axis.product.slice(0, at).map(size)),
    segments: split.segments,
    inner: mul(split.inner, ...axis.product.slice(at + 1).map(size)),
  };
}

function embedJoined(joined: readonly number[], splits: ReadonlyMap<number, Split>): Split | null | undefined {
  const found = joined.map((p) => splits.get(p));
  if (found.every((s) => s === undefined)) return undefined;
  const present = found.filter((s) => s !== undefined);
  const inner = present.find((s) => s.segments.length > 0)?.inner ?? 1;
  const fits =
    present.length === joined.length &&
    present.every((s) => s.segments.length === 0 || (equal(s.outer, 1) && equal(s.inner, inner)));
  return fits ? { outer: 1, segments: present.flatMap((s) => s.segments), inner } : null;
}

/** A short text: `axis 1 = [txt, img]`, `whole`. */
export function showLayout(layout: Layout, show: (e: Expr) => string): string {
  if (layout.length === 0) return "whole";
  return layout
    .map((s) => {
      const segments = `[${s.segments.map((x) => show(x.length)).join(", ")}]`;
      const outer = equal(s.outer, 1) ? "" : `${show(s.outer)} x `;
      const inner = equal(s.inner, 1) ? "" : ` x ${show(s.inner)}`;
      return `axis ${s.axis} = ${outer}${segments}${inner}${s.over === "sequence" ? "" : ` over ${s.over}`}`;
    })
    .join(", ");
}
