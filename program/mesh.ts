/**
 * @file The ranks as a mesh of R x U (ring degree, Ulysses degree), row-major: flat rank = ring index * U + Ulysses index. The only place
 * for this arithmetic, on numbers and on expressions in `rank`. Knows no value and no step.
 */
import { add, floorDiv, mod, mul, type Expr } from "../compiler/expr/expr.ts";

export interface Mesh {
  /** R */
  readonly ring_degree: number;
  /** U */
  readonly ulysses_degree: number;
}

/**
 * Ranks that take part in one collective, in order: `mesh`, all; `ulysses`, the U adjacent ranks with the same ring index; `ring`, the R
 * ranks, U apart, with the same Ulysses index.
 */
export type Group = "mesh" | "ulysses" | "ring";

/** N = R * U. */
export function ranksOf({ ring_degree, ulysses_degree }: Mesh): number {
  return ring_degree * ulysses_degree;
}

/** Number of ranks in a group. */
export function groupSize(group: Group, mesh: Mesh): number {
  return { mesh: ranksOf(mesh), ulysses: mesh.ulysses_degree, ring: mesh.ring_degree }[group];
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

function ringIndex(rank: Expr, { ulysses_degree: U }: Mesh): Expr {
  return floorDiv(rank, U);
}

export function ulyssesIndex(rank: Expr, { ulysses_degree: U }: Mesh): Expr {
  return mod(rank, U);
}

/** Flat rank at position `at` in the group of flat rank `rank`; a number where `rank` is one. */
export function rankAt(group: Group, at: number, rank: Expr, mesh: Mesh): Expr {
  const { ulysses_degree: U } = mesh;
  if (group === "mesh") return at;
  if (group === "ulysses") return add(mul(ringIndex(rank, mesh), U), at);
  return add(at * U, ulyssesIndex(rank, mesh));
}

/** Flat rank that is `steps` positions before flat rank `rank` in its ring. */
export function before(rank: Expr, steps: number, mesh: Mesh): Expr {
  const { ring_degree: R, ulysses_degree: U } = mesh;
  return add(mul(mod(add(ringIndex(rank, mesh), R - steps), R), U), ulyssesIndex(rank, mesh));
}
