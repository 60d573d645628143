/**
 * @file Shipped plans of classes that have none of their own in diffusers: every value is exact at lengths that divide unevenly.
 * test/cli/families.test.ts runs each; `npm run schemes` simulates and runs every scheme at every length.
 */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { compareTensors } from "../../runtime/verify.ts";
import { compiledFixture, outputsOf, sessionOf, shardedFixture, shippedPlan } from "../support/compiled.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";

const FOLDER = "../foreign";
const long = process.env["MODE"] === "long";

/** Every export of this folder whose plan is shipped. */
const plans = new Set(readdirSync("plans"));
const models = readdirSync(fixture(FOLDER)).flatMap((name) => {
  const [model = ""] = name.split(".");
  return name.endsWith(".onnx") && plans.has(`${model}.plan.json`) ? [model] : [];
});
const samples = (model: string): readonly string[] =>
  readdirSync(fixture(FOLDER)).flatMap((name) =>
    name.startsWith(`${model}.`) && name.endsWith(".inputs.npz") ? [name.slice(0, -".inputs.npz".length)] : [],
  );
const fileOf = (model: string): string => `${FOLDER}/${model}.dynamo18-dynamic.onnx`;

const all: readonly MeshName[] = [
  "ulysses 2",
  "ring 2",
  "rotating ring 2",
  "rotating ring 4",
  "unified 2 x 2",
  "rotating unified 2 x 2",
];
/** One scheme for each model, in turn. */
const shown = models.map((model, i) => ({ model, mesh: all[(2 * i) % all.length]! }));
const every = models.flatMap((model) => all.map((mesh) => ({ model, mesh })));

test("classes with a shipped plan are found", () => {
  expect(models.length).toBeGreaterThan(5);
  for (const model of models) expect(samples(model), model).toHaveLength(2);
});

test.each(long ? every : shown)("$model, $mesh: every value is that of the unsplit model", async ({ model, mesh }) => {
  const sharded = await shardedFixture(fileOf(model), shippedPlan(model), meshes[mesh]);
  expect(sharded.attention.some(({ scheme }) => scheme !== "local")).toBe(true);
  for (const sample of long ? samples(model) : samples(model).slice(0, 1)) {
    const { wrong, compared } = valueOf(
      await simulate(sharded, await fixtureTensors(`${FOLDER}/${sample}.inputs.npz`)),
    );
    expect(wrong?.diagnostic.message ?? null).toBeNull();
    expect(compared).toBeGreaterThan(50);
  }
});

test.runIf(long).each(every)(
  "$model, $mesh: a run gives what torch gives",
  { timeout: 60_000 },
  async ({ model, mesh }) => {
    const session = await sessionOf(await compiledFixture(fileOf(model), shippedPlan(model), meshes[mesh]));
    for (const sample of samples(model)) {
      const outputs = await outputsOf(session, await fixtureTensors(`${FOLDER}/${sample}.inputs.npz`));
      for (const [name, torch] of Object.entries(await fixtureTensors(`${FOLDER}/${sample}.outputs.npz`)))
        expect(compareTensors(name, outputs[name], torch)).toMatchObject({ ok: true, wrong: 0, problem: null });
    }
  },
);
