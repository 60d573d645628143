/**
 * @file The predicted times against the benchmark of this project (docs/performance.json): the same order of schemes, at the rates that the
 * benchmark itself measured.
 */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareMeshes } from "../../advise/advise.ts";
import type { CostModel, MeshAdvice } from "../../advise/types.ts";
import { schemes, workloads } from "../../bench/cases.ts";
import type { Results } from "../../bench/results.ts";
import { meshCompiler } from "../../compiler/meshes.ts";
import { temporaryFolder } from "../support/files.ts";
import { shippedPlan } from "../support/compiled.ts";
import { valueOf } from "../support/fixtures.ts";

const results = JSON.parse(readFileSync("docs/performance.json", "utf8")) as Results;
const workload = workloads.find(({ name }) => name === "flux-1024")!;

const { products, attention } = results.limits[workload.name]!;
const costs: CostModel = {
  work: "measured",
  exchange: "measured",
  shared: true,
  cores: 2,
  products: (products.gflop / products.alone) * 1e12,
  attention: (attention.gflop / attention.inside) * 1e12,
  memory: 40e9,
  latency: 0.1,
  bandwidth: 10e9,
  hosts: null,
};

/** A few seconds on a machine without other load: fourteen meshes of a model of real width are compiled and verified. */
const TIMEOUT = 300_000;

test("schemes that the benchmark distinguishes are predicted in its order", { timeout: TIMEOUT }, async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "flux.onnx");
  copyFileSync("bench/models/flux.onnx", model);
  // Nobody reads the weights; the reader wants a file that is long enough.
  writeFileSync(`${model}.data`, "");
  truncateSync(`${model}.data`, 2 ** 30);
  const { img, txt } = workload.lengths as { readonly img: number; readonly txt: number };
  const shapes = { hidden_states: [1, img, 64], encoder_hidden_states: [1, txt, 512] };
  const compiler = valueOf(await meshCompiler({ model, plan: shippedPlan("flux"), shapes }));
  const advice = valueOf(await compareMeshes(compiler, costs, { devices: [2, 4] }, []));
  const meshes = advice.devices.flatMap((one) => one.meshes);
  const compared = workload.schemes
    .filter((name) => schemes[name]!.ranks > 1)
    .map((name) => {
      const { ranks, parallel } = schemes[name]!;
      const isIt = ({ ring_degree, ulysses_degree, rotate_method }: MeshAdvice): boolean =>
        ring_degree === (parallel.ring_degree ?? 1) &&
        ulysses_degree === (parallel.ulysses_degree ?? 1) &&
        rotate_method === (ring_degree === 1 ? null : (parallel.rotate_method ?? null));
      const { milliseconds } = meshes.find(isIt)!;
      const { sides } = results.cases[`${workload.name} ${name}`]!;
      return { name, ranks, predicted: milliseconds, measured: sides["native"]!.ratios.milliseconds };
    });
  expect(compared).toHaveLength(7);
  for (const one of compared) {
    for (const other of compared) {
      // Closer ratios are within the range of the rounds.
      const isFaster = one.ranks === other.ranks && one.measured < other.measured * 0.95;
      if (isFaster) expect(one.predicted, `${one.name} before ${other.name}`).toBeLessThan(other.predicted);
    }
  }
  // Nor is any prediction far off, with nothing fitted to the schemes: two ranks take about the time of the plain session.
  expect(advice.single!.milliseconds).toBeGreaterThan(400);
  expect(advice.single!.milliseconds).toBeLessThan(700);
});
