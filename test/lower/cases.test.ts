/**
 * @file Golden cases of lowering, a small graph with its plan each; `test/support/cases.ts` describes their format. The program of a case
 * also runs on all of its ranks, and its outputs are compared with those of the unsplit graph.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import { verifyCanonical } from "../../compiler/canonical/verify.ts";
import { lowerMessages } from "../../compiler/diagnostics/catalog/lower.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { printLowered } from "../../compiler/lower/print.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { chosenLengths } from "../../compiler/simulate/inputs/lengths.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import { wrongOutputs } from "../support/compiled.ts";
import { MODEL_FOLDER, brief, casesIn, ranCase, type Case } from "../support/cases.ts";
import { valueOf } from "../support/fixtures.ts";
import { bindPlan, shard } from "../support/stages.ts";
import { context, numbers, temporaryFolder, written } from "./build.ts";
import { interpret } from "./interpret.ts";

const folder = "test/lower/cases";
const seen = new Set<string>();

beforeAll(() => mkdirSync(MODEL_FOLDER, { recursive: true }));
afterAll(() => rmSync(MODEL_FOLDER, { recursive: true, force: true }));

/** All stages up to lowering; what is wrong with the case itself throws. */
async function loweredCase({ graph, plan, mesh, hooks }: Case): Promise<Result<string>> {
  expect(verifyCanonical(graph), "the graph of the case").toEqual([]);
  const sharded = valueOf(shard(valueOf(bindPlan(graph, plan)), { ...mesh, mesh }));
  const lowered = lower(sharded, { ...context(MODEL_FOLDER, hooks), options: mesh });
  for (const { code } of lowered.diagnostics) seen.add(code);
  if (!lowered.ok) return lowered;
  await expectRight(sharded, lowered.value);
  return { ok: true, value: `${brief(lowered.diagnostics)}${printLowered(lowered.value)}`, diagnostics: [] };
}

async function expectRight(sharded: ShardedGraph, lowered: LoweredProgram): Promise<void> {
  const { graph } = sharded;
  writeData(graph);
  const feeds = sampleFeeds(sharded);
  const values = await unsplitValues(graph, feeds, chosenLengths(sharded), new Set(graph.outputs));
  const expected = Object.fromEntries(graph.outputs.map((name) => [name, values.get(name)!]));
  const work = temporaryFolder();
  try {
    const { outputs } = await interpret(await written(lowered, work), feeds);
    for (const own of outputs) expect(wrongOutputs(own, expected)).toEqual([]);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The data files that constants of the graph lie in, with numbers in them. */
function writeData({ constants }: CanonicalGraph): void {
  for (const { data } of constants.values()) {
    if (data.kind === "inline") continue;
    const count = (data.offset + data.length) / 4;
    const { data: content } = tensorFromNumbers("float32", [count], numbers(count, 5));
    if (content.kind === "inline") writeFileSync(data.file, content.bytes);
  }
}

describe("lowering", () => {
  test.each(casesIn(folder))("%s", async (name) => {
    const { file, text, ok, isInvalid } = await ranCase(folder, name, loweredCase);
    await expect(text).toMatchFileSnapshot(file);
    expect(ok).toBe(!isInvalid);
  });

  test("every message about hooks has a case", () => {
    const { hookMatchesNothing, hookSeesNothing } = lowerMessages;
    expect([...seen].sort()).toEqual([hookMatchesNothing.code, hookSeesNothing.code]);
  });
});
