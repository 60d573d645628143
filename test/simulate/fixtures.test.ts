/**
 * @file Every value of the Flux exports on every small mesh, at even and uneven lengths, against the unsplit model.
 */
import { expect, test } from "vitest";
import { bindPlan } from "../../compiler/bind/bind.ts";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { canonicalise } from "../../compiler/canonical/canonicalise.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { shard } from "../../compiler/shard/shard.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";

const plan: ContextParallelPlan = {
  "": {
    hidden_states: { split_dim: 1, expected_dims: 3 },
    encoder_hidden_states: { split_dim: 1, expected_dims: 3 },
    img_ids: { split_dim: 0, expected_dims: 2 },
    txt_ids: { split_dim: 0, expected_dims: 2 },
  },
  proj_out: { gather_dim: 1, expected_dims: 3 },
};
/** Ring degree and Ulysses degree. */
const meshes = [
  [1, 1],
  [1, 2],
  [2, 1],
  [1, 3],
  [3, 1],
  [1, 4],
  [2, 2],
  [4, 1],
] as const;
const dynamic = ["img96-txt40", "img90-txt37", "img67-txt13"];
const exports: Readonly<Record<string, readonly string[]>> = {
  "flux.dynamo18-dynamic": dynamic,
  "flux.dynamo23-dynamic": dynamic,
  "flux.dynamo18-external": ["img67-txt13"],
  "flux.dynamo18-dynamic.marked": ["img67-txt13"],
  "flux.dynamo18-static": ["img96-txt40"],
  "flux.torchscript18-static": ["img96-txt40"],
  "flux.torchscript18-static.marked": ["img96-txt40"],
};
const cases = Object.entries(exports).flatMap(([name, sizes]) =>
  meshes.map(([ring, ulysses]) => ({ name, sizes, ring, ulysses })),
);

/** The stages before the mesh matters, once for all meshes. */
const bound = new Map<string, Promise<BoundPlan>>();

async function bind(name: string): Promise<BoundPlan> {
  const canonical = valueOf(await canonicalise(await fixtureModel(`flux/${name}.onnx`)));
  return valueOf(bindPlan(canonical, valueOf(await readPlanValue(plan))));
}

test.each(cases)("$name on $ring x $ulysses: every value is exact", async ({ name, sizes, ring, ulysses }) => {
  bound.set(name, bound.get(name) ?? bind(name));
  const before = await bound.get(name)!;
  const mesh = { ring_degree: ring, ulysses_degree: ulysses };
  const graph = valueOf(shard(before, { mesh, rotate_method: "allgather", convert_to_fp32: true }));
  for (const size of sizes) {
    const report = valueOf(await simulate(graph, await fixtureTensors(`flux/flux.${size}.inputs.npz`)));
    expect(report).toMatchObject({ wrong: null, wrongCount: 0, unchecked: [] });
    expect(report.compared).toBeGreaterThan(before.graph.nodes.length - 20);
  }
});
