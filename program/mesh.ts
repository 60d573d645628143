/**
 * @file The ranks as a mesh of B x R x U (batch, ring and Ulysses degree), row-major: flat rank = (batch index * R + ring index) * U +
 * Ulysses index. The only place for this arithmetic, on numbers and on expressions in `rank`. Knows no value and no step.
 */
import { add, floorDiv, mod, mul, type Expr } from "../compiler/expr/expr.ts";

export interface Mesh {
  /** B */
  readonly batch_degree: number;
  /** R */
  readonly ring_degree: number;
  /** U */
  readonly ulysses_degree: number;
}

/**
 * Ranks that take part in one collective, in order: `sequence`, the R * U adjacent ranks with the same batch index, which is all ranks for
 * B = 1; `batch`, the B ranks, R * U apart, with the same index in their sequence group; `ulysses`, the U adjacent ranks with the same
 * ring index; `ring`, the R ranks of a sequence group, U apart, with the same Ulysses index.
 */
export type Group = "batch" | "sequence" | "ulysses" | "ring";

/** N = B * R * U. */
export function ranksOf({ batch_degree, ring_degree, ulysses_degree }: Mesh): number {
  return batch_degree * ring_degree * ulysses_degree;
}

/** `ring 2 x ulysses 4`, `batch 2 x ring 1 x ulysses 2`. */
export function meshText({ batch_degree: batch, ring_degree, ulysses_degree }: Mesh): string {
  return `${batch === 1 ? "" : `batch ${batch} x `}ring ${ring_degree} x ulysses ${ulysses_degree}`;
}

/** Number of ranks in a group. */
export function groupSize(group: Group, mesh: Mesh): number {
  const { batch_degree: batch, ring_degree: ring, ulysses_degree: ulysses } = mesh;
  return { batch, sequence: ring * ulysses, ulysses, ring }[group];
}

/** Flat ranks of the group that flat rank `rank` belongs to, in order. */
export function groupOf(group: Group, rank: number, mesh: Mesh): readonly number[] {
  return Array.from({ length: groupSize(group, mesh) }, (_, at) => rankAt(group, at, rank, mesh) as number);
}

/** All groups of a kind, each in order. */
export function groupsOf(group: Group, mesh: Mesh): readonly (readonly number[])[] {
  const groups = Array.from({ length: ranksOf(mesh) }, (_, rank) => groupOf(group, rank, mesh));
  return groups.filter(([first], rank) => first === rank);
}

/** Position of flat rank `rank` in its group; a number where `rank` is one. */
export function indexIn(group: Group, rank: Expr, mesh: Mesh): Expr {
  const { batch_degree: B, ring_degree: R, ulysses_degree: U } = mesh;
  if (group === "batch") return B === 1 ? 0 : floorDiv(rank, R * U);
  if (group === "ulysses") return mod(rank, U);
  // With one batch group the sequence group is all ranks.
  const inSequence = B === 1 ? rank : mod(rank, R * U);
  return group === "sequence" ? inSequence : floorDiv(inSequence, U);
}

/** Flat rank at position `at` in the group of flat rank `rank`; a number where `rank` is one. */
export function rankAt(group: Group, at: number, rank: Expr, mesh: Mesh): Expr {
  const { ulysses_degree: U } = mesh;
  const sequence = groupSize("sequence", mesh);
  if (group === "batch") return add(at * sequence, indexIn("sequence", rank, mesh));
  if (group === "sequence") return add(mul(indexIn("batch", rank, mesh), sequence), at);
  if (group === "ulysses") return add(mul(floorDiv(rank, U), U), at);
  return ringMember(at, rank, mesh);
}

/** Flat rank that is `steps` positions before flat rank `rank` in its ring. */
export function before(rank: Expr, steps: number, mesh: Mesh): Expr {
  const { ring_degree: R } = mesh;
  return ringMember(mod(add(indexIn("ring", rank, mesh), R - steps), R), rank, mesh);
}

/** Flat rank with ring index `ring` in the ring of flat rank `rank`. */
function ringMember(ring: Expr, rank: Expr, mesh: Mesh): Expr {
  const first = mul(indexIn("batch", rank, mesh), groupSize("sequence", mesh));
  return add(first, mul(ring, mesh.ulysses_degree), indexIn("ulysses", rank, mesh));
}
