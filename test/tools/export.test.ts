/**
 * @file The exporter of tools/ as its page says: folders of pipelines, float16, classes without a family, and what it refuses. Long, and needs
 * Python with the packages of tools/requirements.txt, `python3` or $PYTHON: `npm run exporter`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { main } from "../../cli/cli.ts";
import { capture } from "../cli/capture.ts";
import { fixture } from "../support/fixtures.ts";

const python = process.env["PYTHON"] ?? "python3";
const long = process.env["MODE"] === "long";
const missing = !long || spawnSync(python, ["-c", "import torch, diffusers, onnxscript, onnxruntime"]).status !== 0;
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** A pipeline with a tiny Flux, and a model of a class that has no family. */
const models = `
import sys; sys.path.insert(0, "tools")
import diffusers
from export.family import load_family
from export.job import tiny
folder = sys.argv[1]
tiny(load_family("flux"), 0).model.save_pretrained(f"{folder}/pipeline/transformer")
diffusers.PriorTransformer(num_attention_heads=2, attention_head_dim=8, num_layers=2, embedding_dim=8, num_embeddings=7,
                           additional_embeddings=4).save_pretrained(f"{folder}/prior")
`;
/** Flux as other tools convert it: docs/other-exports.md. */
const conversions = `
import sys, onnx, onnxruntime as ort
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.float16 import convert_float_to_float16
source, folder = sys.argv[1:]
for name in ["BASIC", "EXTENDED", "ALL"]:
    options = ort.SessionOptions()
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{name}")
    options.optimized_model_filepath = f"{folder}/{name.lower()}.onnx"
    ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
optimizer.optimize_model(source, model_type="bert", num_heads=4, hidden_size=32, opt_level=0).save_model_to_file(f"{folder}/transformers.onnx")
for keep in [False, True]:
    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=keep), f"{folder}/float16-{keep}.onnx")
quantize_dynamic(source, f"{folder}/int8.onnx", weight_type=QuantType.QInt8)
weights = MatMulNBitsQuantizer(onnx.load(source), block_size=16)
weights.process()
weights.model.save_model_to_file(f"{folder}/int4.onnx")
bare = onnx.load(source)
for i, node in enumerate(bare.graph.node):
    del node.metadata_props[:]
    node.name = f"node{i}"
onnx.save(bare, f"{folder}/bare.onnx")
`;
const prior = ["hidden_states=batch,embedding_dim", "timestep=batch:uniform", "proj_embedding=batch,embedding_dim"];
const described = [...prior, "encoder_hidden_states=batch,num_embeddings,embedding_dim"].flatMap((input) => [
  "--input",
  input,
]);

describe.skipIf(missing)("the exporter", () => {
  let folder: string;
  const made = (): readonly string[] => readdirSync(join(folder, "out")).sort();
  const runs = (...argv: readonly string[]): { readonly code: number | null; readonly text: string } => {
    const { status, stdout, stderr } = spawnSync(python, ["tools/export_diffusers.py", ...argv], { encoding: "utf8" });
    return { code: status, text: `${stdout}${stderr}` };
  };

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "onnx-cp-exporter-")));
    mkdirSync(join(folder, "out"));
    const ran = spawnSync(python, ["-c", models, folder], { encoding: "utf8" });
    if (ran.status !== 0) throw new Error(ran.stderr);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("the model of a pipeline in float16, which runs on two ranks", async () => {
    const [pipeline, out] = [join(folder, "pipeline"), join(folder, "out")];
    expect(runs("--model", pipeline, "--out", out)).toMatchObject({
      code: 1,
      text: expect.stringContaining("is a pipeline; add --subfolder and the name of its model: transformer"),
    });
    expect(existsSync(join(out, "flux.onnx"))).toBe(false);
    const argv = ["--model", pipeline, "--subfolder", "transformer", "--dtype", "float16", "--out", out];
    expect(runs(...argv, "--dynamic", "--lengths", "img=12,txt=5")).toMatchObject({ code: 0 });
    const files = ["flux.plan.json", "flux.onnx", "flux.img12-txt5.inputs.npz"].map((name) => join(out, name));
    const code = await main(["run", files[0]!, "--model", files[1]!, "--inputs", files[2]!, "--verify"], capture());
    expect(code).toBe(0);
  });

  test("a tolerance is relative to the output", () => {
    const ran = runs("flux", "--out", join(folder, "strict"), "--tolerance", "1e-12", "--lengths", "img=12,txt=5");
    expect(ran).toMatchObject({ code: 1, text: expect.stringMatching(/differs from torch by .*, more than 1e-12/) });
    expect(readdirSync(join(folder, "strict"))).toEqual([]);
  });

  test("a class without a family, described by its inputs", () => {
    const out = join(folder, "out");
    const argv = ["--model", join(folder, "prior"), "--out", out, "--output", "predicted_image_embedding"];
    expect(runs(...argv)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/no family describes PriorTransformer; .*: hidden_states, timestep, proj_embedding/),
    });
    expect(runs(...argv, ...described, "--input", "nothing=3")).toMatchObject({
      code: 1,
      text: expect.stringContaining('PriorTransformer has no parameter "nothing"; it has hidden_states'),
    });
    expect(runs(...argv, "--input", "x")).toMatchObject({
      code: 2,
      text: expect.stringContaining("is not of the form"),
    });
    expect(runs(...argv, ...described, "--dynamic", "batch")).toMatchObject({
      code: 0,
      text: expect.stringContaining("onnx-cp init PriorTransformer.onnx infers one"),
    });
    expect(made()).toContain("PriorTransformer.onnx");
    expect(made()).not.toContain("PriorTransformer.plan.json");
  });

  test("exports of other tools, as the page says of each", async () => {
    const made = spawnSync(python, ["-c", conversions, fixture("flux/flux.dynamo18-dynamic.onnx"), folder], {
      encoding: "utf8",
    });
    if (made.status !== 0) throw new Error(made.stderr);
    const page = readFileSync("docs/other-exports.md", "utf8");
    const root = join(folder, "root.plan.json");
    writeFileSync(root, /```json\n([\s\S]*?)```/.exec(page)![1]!);
    const found: Record<string, readonly string[]> = {};
    for (const name of [
      "bare",
      "basic",
      "extended",
      "all",
      "transformers",
      "float16-False",
      "float16-True",
      "int8",
      "int4",
    ]) {
      const answers: string[] = [];
      for (const plan of ["plans/flux.plan.json", root]) {
        const io = capture();
        await main(["check", plan, "--model", join(folder, `${name}.onnx`), "--ulysses-degree", "2", "--simulate"], io);
        answers.push(/error (CP\d+)/.exec(io.stderr())?.[1] ?? (io.stdout().includes("is exact") ? "exact" : "?"));
      }
      found[name] = answers;
    }
    expect(found).toEqual({
      bare: ["CP3001", "exact"],
      basic: ["CP3001", "exact"],
      extended: ["CP3001", "exact"],
      all: ["CP3001", "exact"],
      transformers: ["exact", "exact"],
      "float16-False": ["exact", "exact"],
      "float16-True": ["exact", "exact"],
      int8: ["exact", "exact"],
      int4: ["exact", "exact"],
    });
  });

  test("folders that are none", () => {
    writeFileSync(join(folder, "config.json"), "{}");
    expect(runs("--model", join(folder, "no"), "--out", folder)).toMatchObject({
      code: 1,
      text: expect.stringContaining("there is no folder"),
    });
    expect(runs("--model", folder, "--out", folder)).toMatchObject({
      code: 1,
      text: expect.stringContaining("_class_name"),
    });
    expect(runs("flux", "--subfolder", "transformer")).toMatchObject({ code: 2 });
  });
});
