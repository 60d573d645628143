/**
 * @file The benchmark's cases, its page and its plots.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cases, schemes, selectCases, workloads } from "../../bench/cases.ts";
import { caseLine } from "../../bench/page/line.ts";
import { dotPlot } from "../../bench/page/plot.ts";
import { pageFiles } from "../../bench/page/write.ts";
import { readResults } from "../../bench/results.ts";
import type { CaseResult, MeasuredSide, Results } from "../../bench/results.ts";
import { root } from "../structure/sources.ts";

const side = {
  milliseconds: { median: 200, lowest: 190, highest: 230, rounds: [200, 190, 230] },
  processor_milliseconds: { median: 390, lowest: 380, highest: 400 },
  peak_rss: 300 * 2 ** 20,
  peak_pss: 250 * 2 ** 20,
  attach_milliseconds: 50,
  first_run_extra_milliseconds: 20,
};
const split: MeasuredSide = {
  ...side,
  milliseconds: { median: 150, lowest: 140, highest: 160, rounds: [150, 140, 160] },
  ratios: { milliseconds: 0.75, processor_milliseconds: 0.9, peak_rss: 0.5, peak_pss: 0.4 },
  breakdown: { local: 100, attention: 44, exchange: 2, waiting: 1, hooks: 0, rest: 3 },
  difference: 1e-6,
};
const result: CaseResult = {
  rounds: 3,
  threads: { plain: 2, rank: 1 },
  bytes_sent: [1_500_000, 1_400_000],
  plain: side,
  sides: {
    native: split,
    "native, no exchange": {
      ...split,
      milliseconds: { ...split.milliseconds, rounds: [148, 139, 150] },
      difference: null,
    },
    binding: { ...split, ratios: { ...split.ratios, milliseconds: 1.25, peak_pss: null } },
  },
};
const limit = { products: { gflop: 60, inside: 120, alone: 100 }, attention: { gflop: 12, inside: 60 }, total: 190 };
const reference = { torch: "2.0.0", diffusers: "0.1.0", rounds: 3, plain: 400, ulysses2: 300 };
const machine = {
  cores: 2,
  vectors: "AVX-512",
  memory_gib: 16,
  system: "linux x64",
  node: "20.0.0",
  onnxruntime: "1.0.0",
};
const name = "flux-1024 ulysses2";
const results: Results = {
  machine,
  cases: { [name]: result },
  limits: { "flux-1024": limit },
  references: { "flux-1024": reference },
};

test("the page states every measured number, and only of what was measured", async () => {
  const files = pageFiles("docs/performance", results);
  expect(Object.keys(files)).toEqual(["docs/performance.md", "docs/performance-flux-1024.svg"]);
  await expect(files["docs/performance.md"]).toMatchFileSnapshot("golden/page.txt");
});

test("a plot is a picture of its rows: a dot for every ratio, inside its panel", async () => {
  const dots = { native: { time: 0.5, memory: 0.25 }, binding: { time: 2, memory: null } };
  const svg = dotPlot("a < b & c", ["native", "binding"], [{ label: "one", dots }]);
  // Two in the legend, two for time, one for memory.
  expect(svg.match(/<circle /g)).toHaveLength(5);
  expect(svg).toContain("a &lt; b &amp; c");
  const centres = [...svg.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
  expect(Math.max(...centres)).toBeLessThan(width);
  // Twice the time is twice as far from the left of the panel.
  const [, , half, two] = centres;
  expect((two! - 230) / (half! - 230)).toBeCloseTo(4, 1);
  await expect(svg).toMatchFileSnapshot("golden/plot.svg");
});

test("a case is selected by the words of its name", () => {
  expect(selectCases(["flux-1024", "ulysses2"]).map((one) => one.name)).toEqual([name]);
  expect(selectCases(["wan"]).every(({ workload }) => workload.model === "wan")).toBe(true);
  expect(selectCases(["no such case"])).toEqual([]);
  expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length);
});

test("every workload has its graph, its plan and known schemes", () => {
  for (const { model, plan, second, schemes: used } of workloads) {
    for (const graph of [model, second?.model ?? model])
      expect(existsSync(join(root, `bench/models/${graph}.onnx`))).toBe(true);
    expect(existsSync(join(root, `plans/${plan}.plan.json`))).toBe(true);
    for (const scheme of used) expect(schemes).toHaveProperty(scheme);
  }
  for (const { ranks, parallel } of Object.values(schemes)) {
    expect((parallel.ring_degree ?? 1) * (parallel.ulysses_degree ?? 1)).toBe(ranks);
  }
});

test("a line tells the sides of a case", () => {
  const one = selectCases(["flux-1024", "ulysses2"])[0]!;
  expect(caseLine(one, result)).toBe(
    `${name}: plain 200 ms, 250 MiB; native 150 ms (0.75), 250 MiB; native, no exchange 150 ms (0.75), 250 MiB; binding 150 ms (1.25), 250 MiB`,
  );
});

test("docs/performance.md and its plots are made from docs/performance.json", () => {
  const stem = "docs/performance";
  const files = pageFiles(stem, readResults(join(root, `${stem}.json`)));
  for (const [file, text] of Object.entries(files)) expect(readFileSync(join(root, file), "utf8"), file).toBe(text);
});
