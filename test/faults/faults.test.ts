/**
 * @file The table of faults: every cell brings about one fault at one place, in a process that is judged from outside. A few cells in `npm
 * test`; all of them, in every world, in `npm run faults`, which writes docs/faults.md.
 *
 * FAULTS_RUNS changes how often each cell runs; FAULTS_ONLY is a pattern of `fault, place, world`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../structure/sources.ts";
import { cells } from "./cells.ts";
import type { ExpectedCell } from "./cells.ts";
import { judge, outcomesOf } from "./judge.ts";
import { launchers } from "./launch.ts";
import type { Launcher } from "./launch.ts";
import { observe } from "./observe.ts";
import { pageOf } from "./page.ts";
import type { Row } from "./page.ts";
import { jobsPart } from "./mpi/page.ts";
import { faultProgram } from "./program.ts";

const long = process.env["MODE"] === "long";
const runs = Number(process.env["FAULTS_RUNS"] ?? (long ? 20 : 3));
const only = new RegExp(process.env["FAULTS_ONLY"] ?? "");
const numbers = Array.from({ length: runs }, (_, run) => run);
const { folder } = faultProgram();
const rows: Row[] = [];

/** A fault that ends the process needs one for each run; the others share one. */
async function wrongIn(launcher: Launcher, given: readonly ExpectedCell[]): Promise<readonly string[]> {
  const fatal = given[0]!.process !== undefined;
  const wrong: string[] = [];
  const worst = new Map<ExpectedCell, number>();
  for (const share of fatal ? numbers.map((run) => [run]) : [numbers]) {
    const seen = await observe(launcher, { folder, cells: given, runs: share });
    wrong.push(...judge(given, share.length, seen));
    for (const cell of given) {
      const times = outcomesOf(cell, seen.outcomes).map(({ milliseconds }) => milliseconds);
      worst.set(cell, Math.max(worst.get(cell) ?? 0, ...(fatal ? [seen.endMs] : times)));
    }
  }
  for (const [cell, worstMs] of worst) rows.push({ cell, world: launcher.world, runs, worstMs });
  return wrong;
}

const [native] = launchers;
const quick = cells.filter((cell) => cell.quick);

test.runIf(!long)("quick faults that the process survives", async () => {
  const survived = quick.filter((cell) => cell.process === undefined);
  expect(await wrongIn(native!, survived)).toEqual([]);
});

test.runIf(!long).each(quick.filter((cell) => cell.process !== undefined))("$fault, $place", async (cell) => {
  expect(await wrongIn(native!, [cell])).toEqual([]);
});

const whole = launchers.flatMap((launcher) =>
  cells.map((cell) => ({ launcher, cell, title: `${cell.fault}, ${cell.place}, ${launcher.world}` })),
);

test.runIf(long).each(whole.filter(({ title }) => only.test(title)))(
  "$title",
  { timeout: runs * 120_000, concurrent: true },
  async ({ launcher, cell }) => {
    expect(await wrongIn(launcher, [cell])).toEqual([]);
  },
);

/** In the order of the table, and only if it is whole. */
afterAll(() => {
  if (!long || rows.length < whole.length) return;
  const ordered = whole.flatMap(({ launcher, cell }) =>
    rows.filter((row) => row.cell === cell && row.world === launcher.world),
  );
  writeFileSync(join(root, "docs/faults.md"), `${pageOf(ordered)}\n${jobsPart()}`);
});
