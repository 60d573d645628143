/**
 * @file The bytes that a program's collectives move, computed from the extents in the program alone: what the runtime reports has to be
 * equal. Knows no runtime.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { stepBytes } from "../../compiler/shard/attention/bytes.ts";
import { ranksOf } from "../../program/mesh.ts";
import { equalCut } from "../../program/shares.ts";
import type { Program } from "../../program/types.ts";
import type { Lengths } from "../../program/lengths.ts";
import type { RunStats } from "../../runtime/caller/stats.ts";

/** Bytes that leave each rank in one run, by rank. */
export function bytesByFormula(program: Program, lengths: Lengths): readonly number[] {
  const collectives = program.steps.filter((step) => step.kind === "collective");
  return Array.from({ length: ranksOf(program.mesh) }, (_, rank) =>
    sum(collectives.map((step) => stepBytes(program.mesh, step, rank, lengths, equalCut))),
  );
}

/** Bytes that left each rank in a run, as the runtime counted them; throws an internal error unless they are the formula's. */
export function checkedBytes(stats: RunStats, formula: readonly number[]): readonly number[] {
  const counted = formula.map((_, rank) => sum(stats.collectives.map(({ bytes }) => bytes[rank] ?? 0)));
  const wrong = counted.findIndex((bytes, rank) => bytes !== formula[rank]);
  invariant(wrong < 0, `rank ${wrong} sent ${counted[wrong]} bytes, and the formula gives ${formula[wrong]}`);
  return counted;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
