/**
 * @file Models whose class has no plan: a vision transformer, a text encoder, a U-Net, Stable Diffusion 3. The plans written for them match torch
 * in every scheme; plans that split elsewhere are exact or refused.
 */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { compareTensors } from "../../runtime/verify.ts";
import { compiledFixture, outputsOf, sessionOf, shardedFixture, shippedPlan } from "../support/compiled.ts";
import { fixture, fixtureTensors, texts, valueOf } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

const FOLDER = "../foreign";
const models = ["sd3", "text_encoder", "unet", "vit"] as const;
type Model = (typeof models)[number];

const fileOf = (model: Model): string => `${FOLDER}/${model}.dynamo18-dynamic.onnx`;
const planOf = (model: Model): string =>
  model === "sd3" ? shippedPlan(model) : fixture(`${FOLDER}/${model}.plan.json`);
/** Samples: the batch and the length of the text differ, and one of them is uneven. */
const samplesOf = (model: Model): readonly string[] =>
  readdirSync(fixture(FOLDER)).flatMap((name) =>
    name.startsWith(`${model}.`) && name.endsWith(".inputs.npz") ? [name.slice(0, -".inputs.npz".length)] : [],
  );

const schemes = ["ulysses 2", "rotating ring 3", "unified 2 x 2"] as const satisfies readonly MeshName[];

test.each(models.flatMap((model) => schemes.map((mesh) => ({ model, mesh }))))(
  "$model on $mesh gives what torch gives",
  async ({ model, mesh }) => {
    const session = await sessionOf(await compiledFixture(fileOf(model), planOf(model), meshes[mesh]));
    const samples = samplesOf(model);
    expect(samples).toHaveLength(2);
    for (const sample of samples) {
      const outputs = await outputsOf(session, await fixtureTensors(`${FOLDER}/${sample}.inputs.npz`));
      for (const [name, torch] of Object.entries(await fixtureTensors(`${FOLDER}/${sample}.outputs.npz`)))
        expect(compareTensors(name, outputs[name], torch)).toMatchObject({ ok: true, wrong: 0 });
    }
  },
);

const tokens = { split_dim: 1, expected_dims: 3 } as const;
const whole = { gather_dim: 1, expected_dims: 3 } as const;
const output = { split_output: true } as const;

const elsewhere: readonly (readonly [string, Model, MeshName, ContextParallelPlan])[] = [
  ["the second block alone", "vit", "rotating unified 2 x 2", { "blocks.1": [{ x: tokens }, whole] }],
  ["attention alone, in each block", "vit", "ulysses 3", { "blocks.*.attn": [{ x: tokens }, whole] }],
  [
    "the tokens before they are embedded",
    "text_encoder",
    "ring 2",
    { "": { input_ids: { split_dim: 1 } }, norm: whole },
  ],
  [
    "the tokens and their positions where they are made",
    "text_encoder",
    "rotating ring 3",
    {
      embed_tokens: { "0": { ...tokens, ...output } },
      rotary_emb: { "0": { split_dim: 0, ...output }, "1": { split_dim: 0, ...output } },
      norm: whole,
    },
  ],
  [
    "the picture but not the text",
    "sd3",
    "unified 2 x 2",
    { "transformer_blocks.0": { hidden_states: tokens }, proj_out: whole },
  ],
  [
    "both streams from the last block on",
    "sd3",
    "rotating ring 2",
    { "transformer_blocks.1": { hidden_states: tokens, encoder_hidden_states: tokens }, norm_out: whole },
  ],
  [
    "both streams around one attention",
    "sd3",
    "ulysses 2",
    { "transformer_blocks.0.attn": [{ hidden_states: tokens, encoder_hidden_states: tokens }, [whole, whole]] },
  ],
  [
    "rows of pixels through a norm over groups",
    "unet",
    "ulysses 2",
    { mid_attn: [{ x: { split_dim: 2 } }, { gather_dim: 2 }] },
  ],
  [
    "rows of pixels from end to end",
    "unet",
    "rotating ring 2",
    { "": { sample: { split_dim: 2 } }, conv_out: { gather_dim: 2 } },
  ],
];

test.each(elsewhere)("%s: %s on %s, every value exact", async (_, model, mesh, plan) => {
  const sharded = await shardedFixture(fileOf(model), plan, meshes[mesh]);
  expect(sharded.attention.some(({ scheme }) => scheme !== "local")).toBe(true);
  for (const sample of samplesOf(model)) {
    const feeds = await fixtureTensors(`${FOLDER}/${sample}.inputs.npz`);
    const { wrong, compared } = valueOf(await simulate(sharded, feeds));
    expect(wrong?.diagnostic.message ?? null).toBeNull();
    expect(compared).toBeGreaterThan(50);
  }
});

test("columns, which every row has some of, are refused", async () => {
  const plan: ContextParallelPlan = {
    "mid_attn.to_qkv": { input: { split_dim: 3 } },
    "mid_attn.to_out": { gather_dim: 3 },
  };
  const { diagnostics } = await compileStages({ model: fixture(fileOf("unet")), plan, parallel: meshes["ulysses 2"] });
  const errors = texts(diagnostics.filter(({ severity }) => severity === "error"));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain("CP4018");
  expect(errors[0]).toMatch(/split with a stride \(axis 1 = 7 x \[6\]\)/);
});
