/**
 * @file Inference on the graphs of all golden cases, whose operators break streams in every way: each gives a plan that is exact on a
 * mesh on which it was not proven, or none. A plan is never a guess.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { planOf } from "../../infer/entries.ts";
import { searchPlan } from "../../infer/search.ts";
import { caseFrom, casesIn } from "../support/cases.ts";
import { valueOf } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, shard } from "../support/stages.ts";

const folder = "test/shard/cases";
const found = { exact: 0, nothing: 0 };

function graphOf(name: string): CanonicalGraph {
  const [given = ""] = readFileSync(`${folder}/${name}`, "utf8").split("\n----\n");
  return caseFrom(given, `${folder}/${name}`).graph;
}

/** `exact`, `nothing`, or what is wrong. More ranks than rows, or an old opset, prove nothing about the plan. */
async function outcomeOf(graph: CanonicalGraph): Promise<string> {
  const mesh = meshes["ulysses 2"];
  const other = meshes["rotating ring 3"];
  const plan = searchPlan(graph, { ...mesh, mesh });
  if ("why" in plan) return "nothing";
  const bound = valueOf(bindPlan(graph, valueOf(readPlanValue(planOf(plan.entries)))));
  const sharded = shard(bound, { ...other, mesh: other });
  const report = sharded.ok ? await simulate(sharded.value, sampleFeeds(sharded.value)) : sharded;
  return report.ok && report.value.wrong !== null ? report.value.wrong.value : "exact";
}

test.each(casesIn(folder))("%s", async (name) => {
  const outcome = await outcomeOf(graphOf(name));
  expect(["exact", "nothing"]).toContain(outcome);
  found[outcome as keyof typeof found] += 1;
});

test("both occur often", () => {
  expect(found.exact).toBeGreaterThan(30);
  expect(found.nothing).toBeGreaterThan(10);
});
