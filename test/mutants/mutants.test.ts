/**
 * @file No mutant of a plan or of feeds gives a wrong result, an exception or a hang; what must run runs, what must be refused is
 * refused. `npm test` takes a fixed sample, `npm run mutants` all of them.
 */
import { expect, test } from "vitest";
import {
  countsOf,
  faultsOf,
  feedCases,
  oneIn,
  planCases,
  subjects,
  type Case,
  type Counts,
  type Take,
} from "./census.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { judge, sourceOf } from "./judge.ts";

const all = process.env["MODE"] === "long";

async function collect(sample: number, seed: number): Promise<readonly Case[]> {
  const take: Take = all ? () => true : oneIn(sample, seed);
  const cases: Case[] = [];
  for (const source of subjects()) {
    for await (const found of planCases(source, take)) cases.push(found);
    if (source.exporter.includes("dynamic")) for await (const found of feedCases(source, take)) cases.push(found);
  }
  return cases;
}

function print(counts: Counts): void {
  process.stdout.write(
    `${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}\n`,
  );
}

test("mutants of plans and feeds", { timeout: 3_600_000 }, async () => {
  const cases = await collect(200, 7);
  const counts = countsOf(cases);
  print(counts);
  expect(faultsOf(cases)).toEqual([]);
  expect(counts).toMatchObject({ wrong: 0, crashed: 0, hung: 0 });
  // Refusing everything is no way to pass.
  expect(counts.ran).toBeGreaterThan(counts.mutants / 4);
  expect(counts.mutants).toBeGreaterThan(all ? 2000 : 30);
});

test("keys and values whose ranks hold different rows are refused", async () => {
  const source = await sourceOf("qwenimage/qwenimage-zero.dynamo18-dynamic.onnx");
  const plan: ContextParallelPlan = {
    "transformer_blocks.0": { encoder_hidden_states: { split_dim: 1 } },
    pos_embed: { "0": { split_dim: 0, split_output: true }, "1": { split_dim: 0, split_output: true } },
    proj_out: { gather_dim: 1 },
  };
  const mesh = { ring_degree: 1, ulysses_degree: 2, rotate_method: "allgather", convert_to_fp32: true } as const;
  const verdict = await judge(source, plan, mesh, await fixtureTensors("qwenimage/qwenimage-zero.txt37.inputs.npz"));
  expect(verdict).toMatchObject({ outcome: "refused", why: expect.stringContaining("CP4003") });
});
