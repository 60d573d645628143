/**
 * @file Results in their file, and the arguments of the benchmark.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cases } from "../../bench/cases.ts";
import { isSameMachine, readResults, thisMachine, writeResults } from "../../bench/results.ts";
import { root } from "../structure/sources.ts";
import { temporaryFolder } from "../support/files.ts";

test("results are read as they were written, rounded", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "a.json");
  const empty = readResults(file);
  expect(empty).toEqual({ machine: thisMachine(), cases: {}, limits: {}, references: {} });
  const limit = {
    products: { gflop: 123.4567, inside: 1, alone: 2 ** 40 },
    attention: { gflop: 0, inside: 0 },
    total: 0.000123456,
  };
  writeResults(file, { ...empty, limits: { "flux-1024": limit } });
  const read = readResults(file);
  expect(read.limits["flux-1024"]).toEqual({
    products: { gflop: 123.5, inside: 1, alone: 2 ** 40 },
    attention: { gflop: 0, inside: 0 },
    total: 0.0001235,
  });
  expect(isSameMachine(read.machine, empty.machine)).toBe(true);
  expect(isSameMachine(read.machine, { ...empty.machine, cores: empty.machine.cores + 1 })).toBe(false);
  expect(readdirSync(folder)).toEqual(["a.json"]);
});

function bench(...argv: readonly string[]): { readonly code: number | null; readonly out: string } {
  const { status, stdout } = spawnSync(process.execPath, [join(root, "dist/bench/main.js"), ...argv]);
  return { code: status, out: stdout.toString() };
}

test("the cases are listed; without a case there is help", () => {
  expect(bench("--list")).toEqual({ code: 0, out: cases.map(({ name }) => `${name}\n`).join("") });
  for (const argv of [[], ["no-such-case"], ["no-such-case", "--out", "x"]]) {
    expect(bench(...argv)).toEqual({ code: 2, out: expect.stringMatching(/^npm run bench -- /) as string });
  }
});

test("with results and no case only the page is written", async () => {
  const folder = await temporaryFolder();
  const stem = join(folder, "performance");
  writeResults(`${stem}.json`, readResults(join(root, "docs/performance.json")));
  // Results of another machine are no reason not to write a page of them.
  expect(bench("--out", stem)).toEqual({ code: 0, out: "" });
  expect(readFileSync(`${stem}.md`, "utf8")).toBe(readFileSync(join(root, "docs/performance.md"), "utf8"));
});
