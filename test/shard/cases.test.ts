/**
 * @file Golden cases of propagation, a small graph with its plan each; `test/support/cases.ts` describes their format. Valid cases also run
 * on all of their ranks, and every value is compared with the unsplit one: no wrong expectation can be committed.
 */
import { describe, expect, test } from "vitest";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import { verifyCanonical } from "../../compiler/canonical/verify.ts";
import * as catalog from "../../compiler/diagnostics/catalog/shard.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { printSharded } from "../../compiler/shard/print.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { brief, casesIn, ranCase, type Case } from "../support/cases.ts";
import { valueOf } from "../support/fixtures.ts";
import { bindPlan, shard } from "../support/stages.ts";

const folder = "test/shard/cases";
const seen = new Set<string>();

/** Binding and propagation; what is wrong with the case itself throws. */
async function propagated({ graph, plan, mesh }: Case): Promise<Result<string>> {
  expect(verifyCanonical(graph), "the graph of the case").toEqual([]);
  const bound = bindPlan(graph, plan);
  const sharded = shard(valueOf(bound), { ...mesh, mesh });
  for (const { code } of sharded.diagnostics) seen.add(code);
  if (!sharded.ok) return sharded;
  await expectRight(sharded.value);
  return { ok: true, value: `${brief(sharded.diagnostics)}${printSharded(sharded.value)}`, diagnostics: [] };
}

async function expectRight(sharded: ShardedGraph): Promise<void> {
  const { wrong, wrongCount, compared } = valueOf(await simulate(sharded, sampleFeeds(sharded)));
  expect({ wrong, wrongCount }).toEqual({ wrong: null, wrongCount: 0 });
  expect(compared).toBeGreaterThan(0);
}

describe("propagation", () => {
  test.each(casesIn(folder))("%s", async (name) => {
    const { file, text, ok, isInvalid } = await ranCase(folder, name, propagated);
    await expect(text).toMatchFileSnapshot(file);
    expect(ok).toBe(!isInvalid);
  });

  test("every message of propagation has a case", () => {
    const codes = Object.values(catalog).map(({ code }) => code);
    expect(codes.filter((code) => !seen.has(code))).toEqual([]);
  });
});
