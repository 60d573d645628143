/**
 * @file Programs of the Flux exports: their numbers of pieces and collectives, and outputs equal to the unsplit model's.
 */
import { basename } from "node:path";
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import type { CompileOptions } from "../../compiler/compile.ts";
import { verifyProgram } from "../../program/verify.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { numbersIn } from "../../ort/tensors.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { interpret } from "./interpret.ts";

const plan: ContextParallelPlan = {
  "": {
    hidden_states: { split_dim: 1, expected_dims: 3 },
    encoder_hidden_states: { split_dim: 1, expected_dims: 3 },
    img_ids: { split_dim: 0, expected_dims: 2 },
    txt_ids: { split_dim: 0, expected_dims: 2 },
  },
  proj_out: { gather_dim: 1, expected_dims: 3 },
};

async function program(
  name: string,
  mesh: readonly [number, number],
  more: Partial<CompileOptions> = {},
): Promise<LoweredProgram> {
  const parallel = { batch_degree: 1, ring_degree: mesh[0], ulysses_degree: mesh[1] };
  const { stages, diagnostics } = await compileStages({ model: fixture(`flux/${name}.onnx`), plan, parallel, ...more });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(verifyProgram(stages.lowered!.program)).toEqual([]);
  return stages.lowered!;
}

function difference(a: OrtTensor, b: OrtTensor): number {
  expect(a.dims).toEqual(b.dims);
  const other = numbersIn(b);
  return Math.max(...Array.from(numbersIn(a), (x, i) => Math.abs(x - other[i]!)));
}

test.each([
  ["flux.dynamo18-dynamic", [1, 2], ["ulysses in 3", "ulysses out 1"], 1],
  ["flux.torchscript18-static", [1, 2], ["ulysses in 3", "ulysses out 1"], 1],
  ["flux.dynamo23-dynamic", [2, 1], ["ring 2"], 1],
  ["flux.dynamo18-dynamic", [2, 2], ["ulysses in 3", "ring 2", "ulysses out 1"], 2],
] as const)("%s on %j: the four sites share their pieces", async (name, mesh, collectives, attentionPieces) => {
  const { program: made } = await program(name, mesh);
  const pieces = (kind: string): LoweredProgram["program"]["pieces"] =>
    made.pieces.filter(({ id }) => id.startsWith(kind));
  expect(pieces("attention")).toHaveLength(attentionPieces);
  expect(pieces("attention").map(({ weights }) => weights)).toEqual(pieces("attention").map(() => null));
  expect(pieces("local")).toHaveLength(6);
  expect(made.steps.filter((s) => s.kind === "piece" && s.piece.startsWith("attention"))).toHaveLength(
    4 * attentionPieces,
  );
  const found = made.steps.flatMap((s) => (s.kind === "collective" ? [`${s.purpose} ${s.transfers.length}`] : []));
  expect(found).toEqual([...[1, 2, 3, 4].flatMap(() => collectives), "gather 1"]);
});

test.each([
  ["flux.dynamo18-dynamic", [1, 2], ["img96-txt40", "img67-txt13"]],
  ["flux.dynamo18-dynamic", [1, 3], ["img90-txt37"]],
  ["flux.dynamo23-dynamic", [3, 1], ["img67-txt13", "img96-txt40"]],
  ["flux.dynamo18-external", [2, 2], ["img67-txt13"]],
  ["flux.torchscript18-static", [1, 4], ["img96-txt40"]],
] as const)("%s on %j computes what the unsplit model computed", async (name, mesh, sizes) => {
  const compiled = valueOf(await writeProgram(await program(name, mesh), `${await temporaryFolder()}/program`));
  for (const size of sizes) {
    const { outputs } = await interpret(compiled, await fixtureTensors(`flux/flux.${size}.inputs.npz`));
    const wanted = await fixtureTensors(`flux/flux.${size}.outputs.npz`);
    for (const own of outputs) expect(difference(own["sample"]!, wanted["sample"]!)).toBeLessThan(1e-4);
  }
});

test("external weights stay where they are, and no piece holds them", async () => {
  const { program: made, weights, models } = await program("flux.dynamo18-external", [1, 2]);
  expect(weights).toEqual([]);
  expect(made.pieces.map((p) => p.weights)).toEqual(
    made.pieces.map((p) => (/^local[0-4]$/.test(p.id) ? "model" : null)),
  );
  expect(made.model.data.map(({ file }) => file)).toEqual(["flux.dynamo18-external.onnx.data"]);
  expect(Math.max(...[...models.values()].map((bytes) => bytes.byteLength))).toBeLessThan(64 * 1024);
});

test("user hooks cut at every block, and the result stays", async () => {
  const hooks = ["transformer_blocks.*", "single_transformer_blocks.1.attn"];
  const lowered = await program("flux.dynamo18-dynamic", [1, 2], { hooks });
  const points = lowered.program.hooks.filter(({ action }) => action === "user");
  const modules = ["transformer_blocks.0", "transformer_blocks.1", "single_transformer_blocks.1.attn"];
  expect([...new Set(points.map(({ module }) => module))]).toEqual(modules);
  for (const module of modules) {
    expect(new Set(points.filter((p) => p.module === module).map(({ phase }) => phase)).size).toBe(2);
  }
  const compiled = valueOf(await writeProgram(lowered, `${await temporaryFolder()}/program`));
  const { outputs } = await interpret(compiled, await fixtureTensors("flux/flux.img67-txt13.inputs.npz"));
  const wanted = await fixtureTensors("flux/flux.img67-txt13.outputs.npz");
  for (const own of outputs) expect(difference(own["sample"]!, wanted["sample"]!)).toBeLessThan(1e-4);
});

test("names every plan entry in order", async () => {
  const { program: made } = await program("flux.dynamo18-dynamic", [1, 2]);
  expect(made.hooks.map(({ order, action, module }) => `${order} ${action} ${module}`)).toEqual([
    ...["hidden_states", "encoder_hidden_states", "img_ids", "txt_ids"].map((_, i) => `${i} split `),
    "4 ulysses transformer_blocks.0.attn",
    "5 ulysses transformer_blocks.1.attn",
    "6 ulysses single_transformer_blocks.0.attn",
    "7 ulysses single_transformer_blocks.1.attn",
    "8 gather proj_out",
  ]);
  expect(made.minimums.map(({ name }) => name)).toEqual(["hidden_states axis 1", "encoder_hidden_states axis 1"]);
  expect(basename(made.model.path)).toBe("flux.dynamo18-dynamic.onnx");
});
