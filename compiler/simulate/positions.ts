/**
 * @file Which elements of a whole value a rank holds, in plain numbers. Deliberately independent of the compiler's layout arithmetic, which
 * it checks; only the edges are those of the cut that all ranks share.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { evaluate, RANK, type Cut, type CutAxis } from "../expr/expr.ts";
import { groupOf, type Mesh } from "../../program/mesh.ts";
import type { AxisShard, Layout } from "../shard/types.ts";

export type Lengths = Readonly<Record<string, number>>;

/** The ranks, and the edges between their chunks. */
export interface Dealt {
  readonly mesh: Mesh;
  readonly cut: Cut;
}

/** A half-open range of tokens. */
interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Positions along each axis of the whole value that flat rank `rank` holds, in the order in which it holds them. */
export function heldPositions(
  dims: readonly number[],
  layout: Layout,
  dealt: Dealt,
  rank: number,
  lengths: Lengths,
): readonly (readonly number[])[] {
  return dims.map((extent, axis) => {
    const shards = layout.filter((entry) => entry.axis === axis);
    // Each entry divides what the one before it left.
    return shards.reduce<readonly number[]>(
      (held, shard) => shardPositions(shard, dealt, rank, lengths).map((position) => held[position] ?? extent),
      range({ begin: 0, end: extent }),
    );
  });
}

/** Row-major indices into the whole value of the elements at the given positions of each axis. */
export function flatIndices(dims: readonly number[], positions: readonly (readonly number[])[]): Int32Array {
  let indices = Int32Array.of(0);
  for (const [axis, held] of positions.entries()) {
    const wider = new Int32Array(indices.length * held.length);
    const extent = dims[axis]!;
    let at = 0;
    // Counted loops: these run for every element of every value.
    for (let i = 0; i < indices.length; i++) {
      const start = indices[i]! * extent;
      for (let j = 0; j < held.length; j++) wider[at++] = start + held[j]!;
    }
    indices = wider;
  }
  return indices;
}

/** The axis reads, outer to inner: `outer` times the segments one after another, each token `inner` positions long. */
function shardPositions(shard: AxisShard, dealt: Dealt, rank: number, lengths: Lengths): readonly number[] {
  const here = { ...lengths, [RANK]: rank };
  const outer = evaluate(shard.outer, here, dealt.cut);
  const inner = evaluate(shard.inner, here, dealt.cut);
  const segments = shard.segments.map(({ length }) => evaluate(length, here, dealt.cut));
  const total = segments.reduce((a, b) => a + b, 0);
  const tokens: number[] = [];
  let before = 0;
  for (const length of segments) {
    const { begin, end } = heldRange(length, shard, dealt, rank);
    tokens.push(...range({ begin: before + begin, end: before + end }));
    before += length;
  }
  const positions: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (const token of tokens) {
      const begin = (o * total + token) * inner;
      for (let i = 0; i < inner; i++) positions.push(begin + i);
    }
  }
  return positions;
}

/** A rank's share of one segment. */
function heldRange(length: number, { over, unit, copies = 1 }: AxisShard, { mesh, cut }: Dealt, rank: number): Range {
  const chunkIn = (axis: CutAxis, whole: number, group: readonly number[], member: number): Range => ({
    begin: cut(axis, whole, group.length, group.indexOf(member)),
    end: cut(axis, whole, group.length, group.indexOf(member) + 1),
  });
  const sequence = groupOf("sequence", rank, mesh);
  const group = groupOf("ulysses", rank, mesh);
  if (over === "batch") return chunkIn("batch", length, groupOf("batch", rank, mesh), rank);
  if (over === "sequence") return chunkIn("sequence", length, sequence, rank);
  if (over === "ring") {
    const [first, last] = [group.at(0)!, group.at(-1)!].map((member) => chunkIn("sequence", length, sequence, member));
    return { begin: first!.begin, end: last!.end };
  }
  invariant(length % unit === 0, `a segment of ${length} heads in units of ${unit}`);
  if (copies > 1) {
    const dealt = chunkIn("ulysses", length * copies, group, rank);
    return { begin: Math.floor(dealt.begin / copies), end: Math.ceil(dealt.end / copies) };
  }
  const groups = chunkIn("ulysses", length / unit, group, rank);
  return { begin: groups.begin * unit, end: groups.end * unit };
}

function range({ begin, end }: Range): number[] {
  const positions: number[] = [];
  for (let position = begin; position < end; position++) positions.push(position);
  return positions;
}
