/**
 * @file Module names of files whose metadata was removed come from the names of weights: plans bind as in the original file.
 */
import { describe, expect, test } from "vitest";
import type { Graph, Model } from "../../compiler/graph/types.ts";
import { kindByName } from "../../compiler/bind/parameter-names.ts";
import { bindPlan, canonicalise } from "../support/stages.ts";
import { fixtureModel, valueOf } from "../support/fixtures.ts";
import { readPlanFile } from "../../compiler/plan/read.ts";

/** As an optimiser leaves a file: without metadata, and with names of nodes that say nothing. */
function stripped(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.map((node, i) => ({ ...node, name: `n${i}`, metadata: {} })) };
}

/** Bindings of the family's plan by place; modules without weights, whose outputs some entries split, leave no names. */
async function bound(model: Model, family: string): Promise<ReadonlyMap<string, string | null>> {
  const graph = valueOf(await canonicalise(model));
  const { entries, ...rest } = valueOf(await readPlanFile(`plans/${family}.plan.json`));
  const hasName = entries.filter(({ specs }) => !specs.some((s) => s.side === "output" && s.action === "split"));
  const plan = { ...rest, entries: hasName };
  const { bindings } = valueOf(bindPlan(graph, plan));
  // Masks and indices are shared by modules: where they were made is not known.
  const states = bindings.filter(({ spec }) => kindByName(spec.parameter ?? "") === "float");
  return new Map(states.map(({ module, spec, value }) => [`${module} ${spec.parameter ?? spec.index}`, value]));
}

/** The table of positions is made by a module without weights: it counts as part of its first reader. */
const ABSENT: Readonly<Record<string, readonly (readonly [string, null])[]>> = {
  helios: [["blocks.0.attn1 rotary_emb", null]],
};

describe("names of weights", () => {
  test.each([
    ["flux", "flux/flux.dynamo18-dynamic.onnx"],
    ["wan", "wan/wan.dynamo18-dynamic.onnx"],
    ["qwenimage", "qwenimage/qwenimage.dynamo18-dynamic.onnx"],
    ["ltx", "ltx/ltx.dynamo18-dynamic.onnx"],
    ["minimax_h3", "minimax_h3/minimax_h3.dynamo18-dynamic.onnx"],
    ["helios", "helios/helios.dynamo18-dynamic.onnx"],
  ])("%s", async (family, file) => {
    const model = await fixtureModel(file);
    const original = await bound(model, family);
    const found = await bound({ ...model, graph: stripped(model.graph) }, family);
    expect([...found.keys()]).toEqual([...original.keys()]);
    const differing = [...found].filter(([place, value]) => value !== original.get(place));
    expect(differing).toEqual(ABSENT[family] ?? []);
  });
});
