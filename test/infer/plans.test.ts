/**
 * @file Inferred plans as they are printed: exports of families whose plans differ, and models that are no diffusion transformer. Each is read back,
 * compiled and compared with the unsplit model in the simulator; docs/inferred-plans.md has every export in every scheme.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { readPlanText } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { inferPlan } from "../../infer/infer.ts";
import { planOf } from "../../infer/entries.ts";
import { searchPlan } from "../../infer/search.ts";
import { committedExports } from "../support/exports.ts";
import { fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { bindPlan, shard } from "../support/stages.ts";
import { inferredPage } from "./page.ts";
import { schemes, TOO_FEW_HEADS } from "./inferred.ts";

/** Each with sample inputs and a mesh, so that every scheme occurs. */
const shown: readonly (readonly [name: string, sample: string, mesh: MeshName])[] = [
  ["fixtures/wan/wan.dynamo18-static.onnx", "batch1-frames3-height8-width16", "unified 2 x 2"],
  ["fixtures/helios/helios.dynamo18-static.onnx", "batch1-frames2-height8-width16", "rotating ring 2"],
  ["fixtures/ltx2/ltx2.dynamo18-static.onnx", "img96-audio30-txt40", "ulysses 2"],
  ["fixtures/minimax_h3/minimax_h3.dynamo23-dynamic.onnx", "batch2-img67-audio23-txt13", "ulysses 2"],
  ["foreign/text_encoder.dynamo18-dynamic.onnx", "batch3-txt29", "ring 4"],
  ["foreign/unet.dynamo18-dynamic.onnx", "batch1", "ring 2"],
];

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** Relative to the fixtures. */
function samplePath(name: string, sample: string): string {
  return `../${name.slice(0, name.lastIndexOf("/"))}/${name.split("/").at(-1)!.split(".")[0]}.${sample}.inputs.npz`;
}

test.each(shown)("%s", async (name, sample, mesh) => {
  const found = await inferPlan({ model: pathOf(name), out: pathOf("x.plan.jsonc") });
  if (!found.ok) throw new Error(found.diagnostics[0]?.message);
  const [file = ""] = name.split("/").slice(-1);
  await expect(found.text).toMatchFileSnapshot(`golden/${file.replace(/onnx$/, "plan.jsonc")}`);
  const plan = valueOf(await readPlanText(found.text, "x.plan.jsonc"));
  expect(plan.model).toBe(name);
  const bound = valueOf(bindPlan(valueOf(await canonicalModel(pathOf(name))), plan));
  const sharded = valueOf(shard(bound, { ...meshes[mesh], mesh: meshes[mesh] }));
  const report = valueOf(await simulate(sharded, await fixtureTensors(samplePath(name, sample))));
  expect(report).toMatchObject({ wrong: null, wrongCount: 0 });
  expect(sharded.attention.some(({ scheme }) => scheme !== "local")).toBe(true);
});

describe("without the names of modules", () => {
  const proven = { ...meshes["ulysses 2"], mesh: meshes["ulysses 2"] };

  async function unnamed(name: string): Promise<CanonicalGraph> {
    const graph = valueOf(await canonicalModel(pathOf(name)));
    const root = graph.modules.get("")!;
    const nodes = graph.nodes.map((node) => ({ ...node, scope: "" }));
    return { ...graph, nodes, modules: new Map([["", root]]), markers: [] };
  }

  test("inputs and outputs of the model are enough where its streams are", async () => {
    const found = searchPlan(await unnamed("fixtures/ltx2/ltx2.dynamo18-dynamic.onnx"), proven);
    expect("why" in found ? found.why : planOf(found.entries)).toMatchObject({
      "": [
        { hidden_states: { split_dim: 1 }, audio_hidden_states: { split_dim: 1 } },
        [{ gather_dim: 1 }, { gather_dim: 1 }],
      ],
    });
  });

  test("a sequence that begins inside the model is split at an ONNX value, for all its readers", async () => {
    const graph = await unnamed("fixtures/wan/wan-ti2v.dynamo18-dynamic.onnx");
    const found = searchPlan(graph, proven);
    if ("why" in found) throw new Error(found.why);
    expect(found.entries.map(({ pattern }) => pattern)).toEqual([""]);
    // The timestep of each token is an input of the model, the tokens are not.
    expect(found.decisions.map(({ action, isNamed }) => `${action} ${isNamed}`)).toEqual([
      "split false",
      "split true",
      "gather true",
    ]);
    const plan = valueOf(await readPlanText(JSON.stringify(planOf(found.entries)), "x.plan.json"));
    const mesh = meshes["rotating ring 2"];
    const sharded = valueOf(shard(valueOf(bindPlan(graph, plan)), { ...mesh, mesh }));
    const feeds = await fixtureTensors("wan/wan-ti2v.batch2-frames5-height6-width14.inputs.npz");
    expect(valueOf(await simulate(sharded, feeds))).toMatchObject({ wrong: null });
  });
});

test("docs/inferred-plans.md has every export in every scheme", () => {
  const rows = readFileSync(inferredPage, "utf8")
    .split("## Differences")[1]!
    .split("## Plans")[0]!
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| export") && !line.startsWith("| ---"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows.map(([name]) => name)).toEqual(committedExports().map(({ model, exporter }) => `${model} ${exporter}`));
  for (const [name, ...cells] of rows) {
    expect(cells, name).toHaveLength(schemes.length);
    for (const cell of cells) if (cell !== TOO_FEW_HEADS) expect(Number(cell), name).toBeLessThan(1e-4);
  }
});
