/**
 * @file The table of faults of jobs: every cell starts a job, in which one fault happens at one place, and judges it from outside. A few cells in
 * `npm test`; all of them in `npm run faults`.
 *
 * FAULTS_RUNS changes how often each cell runs; FAULTS_ONLY is a pattern of `fault, place, rank N, deadline, world`.
 */
import { expect, test } from "vitest";
import { faultProgram } from "../program.ts";
import { cells, isQuick } from "./cells.ts";
import type { ExpectedJob } from "./cells.ts";
import { judgeJob } from "./judge.ts";
import { observeJob } from "./observe.ts";
import { titleOf, writeResults } from "./page.ts";
import { jobWorlds } from "./worlds.ts";
import type { JobWorld } from "./worlds.ts";

const long = process.env["MODE"] === "long";
const runs = Number(process.env["FAULTS_RUNS"] ?? (long ? 20 : 3));
const only = new RegExp(process.env["FAULTS_ONLY"] ?? "");
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

let turn: Promise<unknown> = Promise.resolve();

/** There is one pair of hosts at a time. */
function inTurn<T>({ hosts }: JobWorld, work: () => Promise<T>): Promise<T> {
  if (hosts === null) return work();
  const done = turn.then(work);
  turn = done.catch(() => undefined);
  return done;
}

test.for(jobs)("$title", { timeout: runs * 700_000, concurrent: true }, async ({ world, cell, title }, { skip }) => {
  skip(world.missing !== null, world.missing ?? "");
  const wrong: string[] = [];
  let worst = 0;
  for (let run = 0; run < runs; run++) {
    const seen = await inTurn(world, () => observeJob(world, { ...cell, folder, run }, 2 * cell.withinMs));
    worst = Math.max(worst, seen.endMs);
    wrong.push(...judgeJob(cell, seen).map((line) => `run ${run}: ${line}`));
  }
  expect(wrong).toEqual([]);
  if (long) writeResults({ [title]: { runs, worstMs: worst } });
});
