/**
 * @file Slices a rank's chunk out of a whole value, and concatenates blocks of ranks in the original order. Both are local nodes; the
 * numbers that differ between ranks are integer operands.
 */
import type { ValueShape } from "../ir/types.ts";
import { add, equal, mul, RANK, type Expr } from "../expr/expr.ts";
import { localDims, localLength, localStart } from "./layout.ts";
import { declare, localDimsOf, shapeOf, splitRanks, type State } from "./state.ts";
import { layoutOf, noteSlice, sliceOf } from "./knowledge.ts";
import { addConcat, addLocal, addReshape, addSplit, elemOf, integers } from "./writer.ts";
import type { AxisShard, Layout, Origin, Segment } from "./types.ts";

/** The chunk of a whole value that flat rank `rank` holds under `shard`; the value itself with one rank. */
export function sliceLocal(state: State, value: string, shard: AxisShard, origin: Origin, rank: Expr = RANK): string {
  const { mesh } = state.options;
  const shape = shapeOf(state, value);
  if (splitRanks(state) === 1) return value;
  if (!equal(shard.outer, 1)) return sliceMerged(state, value, shape, shard, origin);
  const pieces: string[] = [];
  let before: Expr = 0;
  for (const [i, { length }] of shard.segments.entries()) {
    const start = mul(add(before, localStart(length, shard, mesh, rank)), shard.inner);
    const size = mul(localLength(length, shard, mesh, rank), shard.inner);
    const source = { value, dims: shape.dims };
    pieces.push(addSlice(state, source, { axis: shard.axis, start, size }, `${value}::slice${i}`, origin));
    before = add(before, length);
  }
  const dims = localDims(shape.dims, [shard], mesh, rank);
  return addConcat(state, origin, pieces, shard.axis, `${value}::local`, dims);
}

/** An axis whose split factor is not its outermost one is reshaped to its factors, sliced, and merged again. */
function sliceMerged(state: State, value: string, shape: ValueShape, shard: AxisShard, origin: Origin): string {
  const { axis } = shard;
  const rest = mul(add(0, ...shard.segments.map((s) => s.length)), shard.inner);
  const apart = [...shape.dims.slice(0, axis), shard.outer, rest, ...shape.dims.slice(axis + 1)];
  const split = addReshape(state, origin, value, `${value}::apart`, apart);
  const inner: AxisShard = { ...shard, axis: axis + 1, outer: 1 };
  const sliced = sliceLocal(state, split, inner, origin);
  return addReshape(state, origin, sliced, `${value}::local`, localDims(shape.dims, [shard], state.options.mesh, RANK));
}

/** A stretch of one axis of a value, whose local extents are `dims`. */
export function addSlice(
  state: State,
  { value, dims }: { readonly value: string; readonly dims: readonly Expr[] },
  { axis, start, size }: { readonly axis: number; readonly start: Expr; readonly size: Expr },
  name: string,
  origin: Origin,
): string {
  const operands = [
    integers(state, `${name}::start`, [start]),
    integers(state, `${name}::end`, [add(start, size)]),
    integers(state, `${name}::axis`, [axis]),
  ];
  const outputs = [{ name, dims: dims.map((d, a) => (a === axis ? size : d)) }];
  return addLocal(state, origin, { op: "Slice", inputs: [value, ...operands], outputs })[0]!;
}

/** Blocks of one axis from the ranks of a group, and the extent of each segment in each block. */
export interface Blocks {
  readonly values: readonly string[];
  readonly axis: number;
  readonly outer: Expr;
  readonly segments: readonly Segment[];
  readonly inner: Expr;
  /** Extent of segment `length` in block `at`. */
  readonly size: (length: Expr, at: number) => Expr;
}

/**
 * Concatenates blocks in the original order: segment by segment, rank by rank. `dims` is the shape of the result on the evaluating rank.
 */
export function assemble(state: State, blocks: Blocks, name: string, dims: readonly Expr[], origin: Origin): string {
  const { values, axis, segments, inner } = blocks;
  if (values.length === 1) return values[0]!;
  if (!equal(blocks.outer, 1)) return assembleMerged(state, blocks, name, dims, origin);
  const bySegment = values.map((value, at) =>
    addSplit(
      state,
      origin,
      { value, dims: localDimsOf(state, value) },
      axis,
      segments.map((s) => mul(blocks.size(s.length, at), inner)),
      `${value}::segments`,
    ),
  );
  const ordered = segments.flatMap((_, s) => bySegment.map((own) => own[s]!));
  return addConcat(state, origin, ordered, axis, name, dims);
}

function assembleMerged(state: State, blocks: Blocks, name: string, dims: readonly Expr[], origin: Origin): string {
  const { axis, outer, segments, inner } = blocks;
  const apart = blocks.values.map((value, at) => {
    const shape = shapeOf(state, value);
    const rest = mul(add(0, ...segments.map((s) => blocks.size(s.length, at))), inner);
    return addReshape(state, origin, value, `${value}::apart`, [
      ...shape.dims.slice(0, axis),
      outer,
      rest,
      ...shape.dims.slice(axis + 1),
    ]);
  });
  const total = add(
    0,
    ...blocks.values.map((_, at) => mul(add(0, ...segments.map((s) => blocks.size(s.length, at))), inner)),
  );
  const wide = [...dims.slice(0, axis), outer, total, ...dims.slice(axis + 1)];
  const joined = assemble(
    state,
    { ...blocks, values: apart, axis: axis + 1, outer: 1 },
    `${name}::apart`,
    wide,
    origin,
  );
  return addReshape(state, origin, joined, name, dims);
}

/**
 * A whole value as `layout` requires it (at most one axis): sliced once and reused. Also how a plan's split starts: its first reader finds
 * the slice here.
 */
export function align(state: State, value: string, layout: Layout, origin: Origin): string {
  const [shard] = layout;
  if (shard === undefined) return value;
  const known = sliceOf(state, value, shard);
  if (known !== null) return known;
  const local = sliceLocal(state, value, shard, origin);
  const named = local === value ? addIdentity(state, value, `${value}::local`, origin) : local;
  declare(state, named, shapeOf(state, value), layout, value, origin);
  noteSlice(state, value, shard, named);
  return named;
}

/** A second name for a value. */
export function addIdentity(state: State, value: string, name: string, origin: Origin): string {
  const [made] = addLocal(state, origin, {
    op: "Identity",
    inputs: [value],
    outputs: [{ name, dims: shapeOf(state, value).dims, elem: elemOf(state, value) }],
  });
  declare(state, made!, shapeOf(state, value), layoutOf(state, value), value, origin);
  return made!;
}
