/**
 * @file The bytes that a program's collectives move, computed from the extents in the program alone: what the runtime reports has to be
 * equal. Knows no runtime.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { evaluate, PEER, RANK } from "../../compiler/expr/expr.ts";
import { elemBytes } from "../../compiler/graph/elements.ts";
import type { ElemType } from "../../compiler/graph/types.ts";
import { groupOf, ranksOf } from "../../program/mesh.ts";
import { equalCut } from "../../program/shares.ts";
import type { CollectiveStep, Program, ProgramTransfer } from "../../program/types.ts";
import type { Lengths } from "../../program/lengths.ts";
import type { RunStats } from "../../runtime/caller/stats.ts";

/** Bytes that leave each rank in one run, by rank. */
export function bytesByFormula(program: Program, lengths: Lengths): readonly number[] {
  const collectives = program.steps.filter((step) => step.kind === "collective");
  return Array.from({ length: ranksOf(program.mesh) }, (_, rank) =>
    sum(collectives.map((step) => bytesOfStep(program, step, rank, lengths))),
  );
}

/**
 * To every other rank of the group its own block (all-to-all), the same block (all-gather), or one block to the next (shift).
 */
function bytesOfStep({ mesh }: Program, step: CollectiveStep, rank: number, lengths: Lengths): number {
  const members = groupOf(step.group, rank, mesh);
  const others = members.filter((member) => member !== rank);
  const next = members[(members.indexOf(rank) + 1) % members.length]!;
  const peers = {
    "all-to-all": others,
    "all-gather": others.map(() => rank),
    shift: others.length === 0 ? [] : [next],
  }[step.collective];
  return sum(
    step.transfers.flatMap((transfer) =>
      peers.map((peer) => blockBytes(transfer, { ...lengths, [RANK]: rank, [PEER]: peer })),
    ),
  );
}

function blockBytes({ dims, elem }: ProgramTransfer, names: Lengths): number {
  return dims.reduce<number>((size, dim) => size * evaluate(dim, names, equalCut), elemBytes(elem as ElemType));
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
