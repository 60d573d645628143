/**
 * @file No mutant of a plan or of feeds gives a wrong result, an exception or a hang; valid ones run, invalid ones are refused. `npm test`
 * takes a fixed sample, `npm run mutants` a larger subset.
 */
import { expect, test } from "vitest";
import shipped from "../../plans/qwenimage.plan.json" with { type: "json" };
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import { casesOf, subjects } from "./census.ts";
import { countsOf, faultsOf, judged, type Finding } from "./findings.ts";
import { judge, sourceOf } from "./judge.ts";
import { runLong } from "./long.ts";
import { ranksFor } from "./ranks.ts";
import { isInPart } from "./share.ts";

const isLong = process.env["MODE"] === "long";
/** Of the sample: one export of each family, and one in so many of its mutants. */
const SAMPLE = 300;

async function runSample(): Promise<readonly Finding[]> {
  const all = subjects();
  const families = [...new Set(all.map(({ family }) => family))];
  const findings: Finding[] = [];
  for (const [i, family] of families.entries()) {
    const exports = all.filter((source) => source.family === family);
    const { cases, ranks } = await casesOf(exports[i % exports.length]!);
    for (const one of cases.filter(({ name }) => isInPart(name, 1, SAMPLE))) findings.push(await judged(one));
    await ranks.release();
  }
  return findings;
}

test("mutants of plans and feeds", { timeout: 24 * 3_600_000 }, async () => {
  const findings = await (isLong ? runLong(process.env["MUTANTS_PART"] ?? "1/25") : runSample());
  const counts = countsOf(findings);
  process.stdout.write(
    `${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}\n`,
  );
  expect(faultsOf(findings)).toEqual([]);
  expect(counts).toMatchObject({ wrong: 0, crashed: 0, hung: 0 });
  // Refusing everything is no way to pass.
  expect(counts.ran).toBeGreaterThan(counts.mutants / 4);
  expect(counts.onRanks).toBeGreaterThan(0);
  expect(counts.mutants).toBeGreaterThan(isLong ? 2000 : 25);
});

test("keys and values whose ranks hold different rows are refused", async () => {
  const source = await sourceOf("qwenimage/qwenimage-zero.dynamo18-dynamic.onnx");
  const plan: ContextParallelPlan = {
    "transformer_blocks.0": { encoder_hidden_states: { split_dim: 1 } },
    pos_embed: { "0": { split_dim: 0, split_output: true }, "1": { split_dim: 0, split_output: true } },
    proj_out: { gather_dim: 1 },
  };
  const feeds = await fixtureTensors("qwenimage/qwenimage-zero.txt37.inputs.npz");
  const verdict = await judge(source, plan, meshes["ulysses 2"], feeds);
  expect(verdict).toMatchObject({ outcome: "refused", why: expect.stringContaining("CP4003") });
});

test.each(["qwenimage/qwenimage.dynamo18-dynamic.onnx", "qwenimage/qwenimage.torchscript18-static.onnx"])(
  "QwenImage without its text entry: alignment splits the text, %s",
  async (file) => {
    const { encoder_hidden_states: _, ...first } = shipped["transformer_blocks.0"];
    const plan: ContextParallelPlan = { ...shipped, "transformer_blocks.0": first };
    const feeds = await fixtureTensors("qwenimage/qwenimage.batch1-txt40.inputs.npz");
    const source = await sourceOf(file);
    expect(await judge(source, plan, meshes["unified 2 x 2"], feeds)).toEqual({ outcome: "ran", why: "" });
    const ranks = ranksFor(file);
    expect(await ranks.judge(plan, meshes["rotating ring 2"], feeds)).toEqual({ outcome: "ran", why: "" });
    await ranks.release();
  },
);
