/**
 * @file Inference on the graphs of all golden cases, whose operators break streams in every way: each gives a plan that is exact in every
 * scheme, or none. A plan is never a guess.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { planOf } from "../../infer/entries.ts";
import { searchPlan } from "../../infer/search.ts";
import { caseFrom, casesIn } from "../support/cases.ts";
import { valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { bindPlan, shard } from "../support/stages.ts";

const tried: readonly MeshName[] = ["ulysses 2", "rotating ring 3"];
const counts = { plans: 0, nothing: 0 };

function graphOf(folder: string, name: string): CanonicalGraph {
  const [given = ""] = readFileSync(`${folder}/${name}`, "utf8").split("\n----\n");
  return caseFrom(given, `${folder}/${name}`).graph;
}

async function expectExact(graph: CanonicalGraph): Promise<void> {
  const mesh = meshes["ulysses 2"];
  const found = searchPlan(graph, { ...mesh, mesh });
  if ("why" in found) {
    counts.nothing += 1;
    return;
  }
  counts.plans += 1;
  const bound = valueOf(bindPlan(graph, valueOf(readPlanValue(planOf(found.entries)))));
  for (const name of tried) {
    const sharded = shard(bound, { ...meshes[name], mesh: meshes[name] });
    // Fewer heads or rows than ranks, or an old opset: no plan would do.
    if (!sharded.ok) continue;
    const report = await simulate(sharded.value, sampleFeeds(sharded.value));
    if (!report.ok) continue;
    expect({ name, wrong: report.value.wrong }).toEqual({ name, wrong: null });
  }
}

describe.each(["test/shard/cases", "test/lower/cases"])("%s", (folder) => {
  test.each(casesIn(folder))("%s", async (name) => {
    await expectExact(graphOf(folder, name));
  });
});

test("both occur often", () => {
  expect(counts.plans).toBeGreaterThan(30);
  expect(counts.nothing).toBeGreaterThan(20);
});
