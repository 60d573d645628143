/**
 * @file Memory of the outbox of one rank that a run touches. Exchanges use its two halves in turn, and a half is touched up to its largest
 * exchange. Knows no value.
 */
import type { Program } from "../program/types.ts";
import type { placer } from "../runtime/collectives/placement.ts";

/** Bytes. */
export function outboxBytes({ steps }: Pick<Program, "steps">, place: ReturnType<typeof placer>, rank: number): number {
  const sizes = steps.flatMap((step) => (step.kind === "collective" ? [place(step, rank).outbox] : []));
  const half = (turn: number): number => Math.max(0, ...sizes.filter((_, i) => i % 2 === turn));
  return half(0) + half(1);
}
