/**
 * @file What a program computes, on a transformer whose operations can be counted by hand, and that a split changes their place, not
 * their number.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Computation } from "../../advise/operators.ts";
import { computationsOf } from "../../advise/ranks.ts";
import { compileStages } from "../../compiler/compile.ts";
import type { ContextParallelConfig } from "../../compiler/plan/types.ts";
import { executor } from "../../memory/executions.ts";
import { ranksOf } from "../../program/mesh.ts";
import { equalCut } from "../../program/shares.ts";
import { placementOf } from "../../runtime/collectives/placement.ts";
import { CHANNELS, plan, transformer, WIDTH } from "../memory/support/model.ts";
import { temporaryFolder } from "../support/files.ts";

const tokens = 2048;

async function computed(parallel: ContextParallelConfig): Promise<readonly Computation[]> {
  const model = join(await temporaryFolder(), "model.onnx");
  writeFileSync(model, transformer(1));
  const { stages, diagnostics } = await compileStages({ model, plan, parallel });
  if (stages.lowered === undefined) throw new Error(JSON.stringify(diagnostics));
  const { program, graphs } = stages.lowered;
  const place = (...[step, rank]: Parameters<Parameters<typeof computationsOf>[2]>) =>
    placementOf(step, rank, program.mesh, { tokens }, equalCut);
  const ranks = computationsOf(program, executor(program, graphs), place, { tokens });
  expect(ranks).toHaveLength(ranksOf(program.mesh));
  return ranks.map((steps) => {
    const sum = (key: keyof Computation): number => steps.reduce((total, step) => total + step[key], 0);
    return { products: sum("products"), attention: sum("attention"), bytes: sum("bytes") };
  });
}

// Two projections of the channels, four of the attention, and two of the feed-forward part, four times as wide.
const products = 2 * tokens * WIDTH * (2 * CHANNELS + 4 * WIDTH + 8 * WIDTH);
const attention = 4 * tokens * tokens * WIDTH;

test("one rank computes the products and the attention of the model", async () => {
  const [one] = await computed({});
  expect(one!.products).toBe(products);
  expect(one!.attention).toBe(attention);
  // At least every value of the stream that an operator besides products reads and writes: two norms, adds, and the activation.
  expect(one!.bytes).toBeGreaterThan(tokens * WIDTH * 4 * 20);
});

test.each([
  ["Ulysses", { ulysses_degree: 4 }, 0],
  ["an all-gather ring", { ring_degree: 4, rotate_method: "allgather" }, 0],
  // Each part has one more key, the sentinel, and one more column.
  ["a rotating ring", { ring_degree: 4, rotate_method: "alltoall" }, 0.03],
] as const)("four ranks of %s share them", async (_, parallel, more) => {
  const ranks = await computed(parallel);
  const all = (key: keyof Computation): number => ranks.reduce((sum, one) => sum + one[key], 0);
  // The mean key of a part is a product too.
  expect(all("products") / products).toBeCloseTo(1, 2);
  expect(all("attention") / attention).toBeGreaterThanOrEqual(1);
  expect(all("attention") / attention).toBeLessThanOrEqual(1 + more + 1e-9);
  for (const one of ranks) expect(one.products).toBe(ranks[0]!.products);
});
