/**
 * @file The schemes that the advice proposes for attention sites, on models with cross-attention: the plan with them compiles, is exact, and
 * the ranks send the bytes that are predicted, fewer than without.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { advise } from "../../advise/advise.ts";
import { choiceText, configOf } from "../../advise/meshes.ts";
import type { DevicesAdvice } from "../../advise/types.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { compiledFixture, outputsOf, sessionOf, shardedFixture, shippedPlan } from "../support/compiled.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";

/** The plan of ltx splits the text; those of the others leave it whole, and then its attentions exchange nothing. */
const TEXT = { encoder_hidden_states: { split_dim: 1 } } as const;
const cases = [
  ["ltx", "ltx.img67-txt13", 4, "ring 2 x ulysses 2, rotated", "transformer_blocks.*.attn2"],
  ["wan", "wan.batch1-frames3-height8-width16", 2, "ring 1 x ulysses 2", "blocks.*.attn2"],
  ["chronoedit", "chronoedit.batch2-frames5-height6-width14", 2, "ring 1 x ulysses 2", "blocks.*.attn2"],
] as const;

function planFor(family: string): ContextParallelPlan {
  const shipped = JSON.parse(readFileSync(shippedPlan(family), "utf8")) as ContextParallelPlan & {
    readonly ""?: object;
  };
  return { ...shipped, "": { ...shipped[""], ...TEXT } };
}

async function adviceOn(family: string, plan: ContextParallelPlan, sample: string, devices: number) {
  const feeds = await fixtureTensors(`${family}/${sample}.inputs.npz`);
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
  const given = { shapes, bandwidth: 1e9, flops: 1e12 };
  const advice = await advise({ model: fixture(fileOf(family)), plan, devices: [devices], ...given });
  return { feeds, only: valueOf(advice).devices[0]! };
}

function fileOf(family: string): string {
  return `${family}/${family}.dynamo18-dynamic.onnx`;
}

function rowsOf({ meshes }: DevicesAdvice, name: string) {
  const own = meshes.filter((mesh) => choiceText(mesh) === name);
  return { plain: own.find((mesh) => mesh.attention === null)!, chosen: own.find((mesh) => mesh.attention !== null)! };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

test.each(cases)("%s %s on %i devices, %s", async (family, sample, devices, name, pattern) => {
  const plan = planFor(family);
  const { feeds, only } = await adviceOn(family, plan, sample, devices);
  const { plain, chosen } = rowsOf(only, name);
  expect(chosen.attention).toEqual({ [pattern]: "gather" });
  expect(sum(chosen.sent)).toBeLessThan(sum(plain.sent));
  const pasted = { ...plan, $attention: chosen.attention! };
  const sharded = await shardedFixture(fileOf(family), pasted, configOf(chosen));
  expect(valueOf(await simulate(sharded, feeds))).toMatchObject({ wrong: null, unchecked: [] });
  for (const [own, row] of [
    [plan, plain],
    [pasted, chosen],
  ] as const) {
    const session = await sessionOf(await compiledFixture(fileOf(family), own, configOf(row)));
    await outputsOf(session, feeds);
    const { collectives } = session.lastRun!;
    expect(collectives).toHaveLength(row.collectives);
    expect(row.sent.map((_, rank) => sum(collectives.map(({ bytes }) => bytes[rank]!)))).toEqual(row.sent);
  }
});

test("where the plan already states the best schemes, or no other sends less, there is nothing to propose", async () => {
  const stated = { ...planFor("ltx"), $attention: { "transformer_blocks.*.attn2": "gather" } } as const;
  const { only } = await adviceOn("ltx", stated, "ltx.img67-txt13", 2);
  expect(only.meshes.map(({ attention }) => attention)).toEqual([null, null, null]);
});

test("a worse choice of the plan is replaced, by nothing where the scheme of the mesh is best", async () => {
  const stated = { ...planFor("ltx"), $attention: { "": "gather" } } as const;
  const { only } = await adviceOn("ltx", stated, "ltx.img67-txt13", 4);
  const { plain, chosen } = rowsOf(only, "ring 1 x ulysses 4");
  expect(chosen.attention).toEqual({ "transformer_blocks.*.attn2": "gather" });
  expect(sum(chosen.sent)).toBeLessThan(sum(plain.sent));
  expect(chosen.collectives).toBeGreaterThan(plain.collectives);
});
