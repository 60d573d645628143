/**
 * @file Memory of the outbox of one rank that a run touches. Exchanges use its two halves in turn, and a half is touched up to its largest
 * exchange. Knows no value.
 */
import { ranksOf } from "../program/mesh.ts";
import type { Program } from "../program/types.ts";
import type { placer } from "../runtime/collectives/placement.ts";

/**
 * Ranks of which one takes as much as any. The first one's chunks are the largest; where windows read rows of neighbours, the second one reads them on
 * both sides.
 */
export function largestRanks({ mesh, steps }: Pick<Program, "mesh" | "steps">): readonly number[] {
  const hasNeighbours = steps.some((step) => step.kind === "collective" && step.purpose === "halo");
  return hasNeighbours && ranksOf(mesh) > 1 ? [0, 1] : [0];
}

/** Bytes. */
export function outboxBytes({ steps }: Pick<Program, "steps">, place: ReturnType<typeof placer>, rank: number): number {
  const sizes = steps.flatMap((step) => (step.kind === "collective" ? [place(step, rank).outbox] : []));
  const half = (turn: number): number => Math.max(0, ...sizes.filter((_, i) => i % 2 === turn));
  return half(0) + half(1);
}
