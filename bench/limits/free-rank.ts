/**
 * @file A rank whose exchanges move nothing: what would arrive is memory with plausible numbers. Otherwise the rank of the runtime.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Lengths } from "../../program/lengths.ts";
import type { CollectiveStep, Program } from "../../program/types.ts";
import { outboxSizes, placer } from "../../runtime/collectives/placement.ts";
import type { PieceSettings } from "../../runtime/rank/pieces.ts";
import { startRank } from "../../runtime/rank/rank.ts";
import type { RankRun } from "../../runtime/rank/rank.ts";
import { outboxCapacity } from "../../runtime/world/outbox.ts";
import type { World } from "../../runtime/world/world.ts";
import { equalCut } from "../../program/shares.ts";

export interface FreeRank {
  readonly rank: number;
  readonly size: number;
  readonly program: Program;
  readonly pieces: PieceSettings;
  readonly feeds: RankRun["feeds"];
  readonly lengths: Lengths;
}

const setup = workerData as FreeRank;
const { rank, size, program, pieces, feeds, lengths } = setup;
const place = placer(program.mesh, lengths, equalCut);
const own = new ArrayBuffer(outboxCapacity(outboxSizes(program, place)[rank] ?? 0));
const arriving = plausible(largestBlock());

const world = freeWorld();
const started = await startRank(
  rank,
  program,
  pieces,
  (work) => work(),
  () => undefined,
);
parentPort?.on("message", () => {
  const run = { feeds, lengths, shares: null, wanted: [], handlers: [], onStep: () => undefined };
  void started.run(world, run).then((report) => parentPort?.postMessage(report, []));
});
parentPort?.postMessage("started", []);

function freeWorld(): World {
  let turn = 0;
  return {
    rank,
    size,
    // As in a real outbox, a piece writes into a half that the exchange before does not use.
    outgoing: (offset, bytes) => new Uint8Array(own, (turn * own.byteLength) / 2 + offset, bytes),
    exchange: async ({ receives }) => {
      turn = 1 - turn;
      return receives.map(({ bytes }) => new Uint8Array(arriving, 0, bytes));
    },
    barrier: async () => undefined,
    abort: () => undefined,
    check: () => undefined,
  };
}

function largestBlock(): number {
  const collectives = program.steps.filter((step): step is CollectiveStep => step.kind === "collective");
  return Math.max(0, ...collectives.flatMap((step) => place(step, rank).receives.map(({ bytes }) => bytes)));
}

/** Zeros or random bits could make kernels faster or slower than real values. */
function plausible(bytes: number): ArrayBuffer {
  const numbers = new Float32Array(Math.ceil(bytes / 64) * 16);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = Math.sin(i);
  return numbers.buffer;
}
