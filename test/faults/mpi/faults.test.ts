/**
 * @file The table of faults of jobs: every cell starts a job, in which one fault happens at one place, and judges it from outside. A few cells in
 * `npm test`; all of them in `npm run faults`.
 *
 * FAULTS_RUNS changes how often each cell runs; FAULTS_ONLY is a pattern of `fault, place, rank N, deadline, world`. Results count from run to run,
 * also those of a run that was interrupted.
 */
import { expect, test } from "vitest";
import type { JobFault } from "../../../bench/faults/mpi/order.ts";
import { faultProgram } from "../program.ts";
import { cells, isQuick } from "./cells.ts";
import type { ExpectedJob } from "./cells.ts";
import { judgeJob } from "./judge.ts";
import { missingLoss } from "../../mpi/support/network.ts";
import { observeJob } from "./observe.ts";
import { addRun, runsOf, titleOf } from "./page.ts";
import { jobWorlds } from "./worlds.ts";
import type { JobWorld } from "./worlds.ts";

const long = process.env["MODE"] === "long";
const runs = Number(process.env["FAULTS_RUNS"] ?? (long ? 20 : 3));
const only = new RegExp(process.env["FAULTS_ONLY"] ?? "");
const LOSSES: ReadonlySet<JobFault> = new Set(["packets lost", "few packets lost"]);
const { folder } = faultProgram();

interface Job {
  readonly world: JobWorld;
  readonly cell: ExpectedJob;
  readonly title: string;
}

const jobs: readonly Job[] = jobWorlds.flatMap((world) =>
  cells
    .filter((cell) => cell.worlds.includes(world.name) && (long || isQuick(cell, world.name)))
    .map((cell) => ({ world, cell, title: titleOf(cell, world.name) }))
    .filter(({ title }) => only.test(title)),
);

/** A fault from outside that comes too late, since this machine is busy, does not meet the ranks where they should be. */
const LATE_STRIKE_MS = 200;
const ATTEMPTS = 5;

async function observeInTime(...parameters: Parameters<typeof observeJob>): ReturnType<typeof observeJob> {
  for (let attempt = 1; ; attempt++) {
    const seen = await observeJob(...parameters);
    if (seen.strikeMs <= LATE_STRIKE_MS) return seen;
    if (attempt === ATTEMPTS) throw new Error("this machine is too busy to bring about the fault in time");
  }
}

test.for(jobs)("$title", { timeout: runs * 700_000, concurrent: true }, async ({ world, cell, title }, { skip }) => {
  const reason = world.missing ?? (LOSSES.has(cell.fault) ? missingLoss() : null);
  skip(reason !== null, reason ?? "");
  const wrong: string[] = [];
  for (let run = 0; run < runs; run++) {
    const number = long ? runsOf(title) : run;
    const seen = await observeInTime(world, { ...cell, folder, run: number }, 2 * cell.withinMs);
    const lines = judgeJob(cell, seen);
    wrong.push(...lines.map((line) => `run ${number}: ${line}`));
    if (long) addRun(title, { milliseconds: seen.endMs, right: lines.length === 0 });
  }
  expect(wrong).toEqual([]);
});
