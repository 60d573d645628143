/**
 * @file Predicts the memory of a program on the native backend: what one rank takes, and the whole process. Pure: runs nothing, reads no
 * file. What it cannot compute, the process itself and what an arena loses, are constants that were measured (base.ts).
 */
import type { Graph } from "../compiler/graph/types.ts";
import { evaluate } from "../compiler/expr/expr.ts";
import type { Lengths } from "../program/lengths.ts";
import { ranksOf } from "../program/mesh.ts";
import { equalCut } from "../program/shares.ts";
import type { Program } from "../program/types.ts";
import { placer } from "../runtime/collectives/placement.ts";
import { byteSize } from "../runtime/tensor.ts";
import { ARENA_FACTOR, PROCESS, RANK } from "./base.ts";
import { executor } from "./executions.ts";
import type { ExecutionOf } from "./executions.ts";
import { largestRanks, outboxBytes } from "./exchange.ts";
import { rankMemory } from "./rank.ts";
import { weightBytes } from "./weights.ts";

/** Bytes. */
export interface ProgramMemory {
  /** Of the rank that takes most. */
  readonly perRank: {
    /** Values and work inside pieces, at the peak. */
    readonly values: number;
    /** Its outbox. */
    readonly exchange: number;
    /** Index of the program's step with the peak. */
    readonly step: number;
  };
  readonly process: {
    /** Shared by all ranks. */
    readonly weights: number;
    /** One copy for all ranks. */
    readonly feeds: number;
    readonly exchange: number;
    /** Values of all ranks, and what the arena needs to place them. */
    readonly values: number;
    /** The process itself, and the threads of its ranks. */
    readonly base: number;
    /** Peak of the process. */
    readonly total: number;
  };
  /** Values whose size depends on data; they are not counted. */
  readonly unsized: readonly string[];
}

/** `graphs` are the pieces by `ProgramPiece.file`; `lengths` has a number for each of the program's lengths. */
export function memoryOf(
  program: Program,
  graphs: ReadonlyMap<string, Graph>,
  lengths: Lengths,
  executionOf: ExecutionOf = executor(program, graphs),
): ProgramMemory {
  const ranks = ranksOf(program.mesh);
  const place = placer(program.mesh, lengths, equalCut);
  const largest = largestRanks(program);
  const { peak, step, unsized } = largest
    .map((rank) => rankMemory(program, executionOf, lengths, rank))
    .reduce((a, b) => (b.peak > a.peak ? b : a));
  const outbox = Math.max(...largest.map((rank) => outboxBytes(program, place, rank)));
  const feeds = sum(
    program.inputs.map(({ elem, dims }) =>
      byteSize(
        elem,
        dims.map((dim) => evaluate(dim, lengths)),
      ),
    ),
  );
  const parts = {
    weights: weightBytes(graphs.values()),
    feeds,
    exchange: ranks * outbox,
    values: Math.round(ranks * peak * ARENA_FACTOR),
    base: PROCESS + ranks * RANK,
  };
  return {
    perRank: { values: peak, exchange: outbox, step },
    process: { ...parts, total: sum(Object.values(parts)) },
    unsized,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
