/**
 * @file Each rewrite of lowering: what it makes of the pattern that it matches, that it leaves close variants alone, and that the program
 * computes what the unsplit graph computes on 1, 2 and 4 ranks either way.
 */
import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { sampleFeeds } from "../../../cli/run/sample-feeds.ts";
import { lower } from "../../../compiler/lower/lower.ts";
import type { rewrites } from "../../../compiler/lower/rewrites/rewrites.ts";
import { chosenLengths } from "../../../compiler/simulate/inputs/lengths.ts";
import { unsplitValues } from "../../../compiler/simulate/unsplit.ts";
import { caseFrom, MODEL_FOLDER } from "../../support/cases.ts";
import { wrongOutputs } from "../../support/compiled.ts";
import { valueOf } from "../../support/fixtures.ts";
import { operatorsOfModel } from "../../support/nested.ts";
import { bindPlan, shard } from "../../support/stages.ts";
import { context, temporaryFolder, written } from "../build.ts";
import { interpret } from "../interpret.ts";
import {
  HALVES,
  interleaved,
  joined,
  LONG_SHORT,
  NEIGHBOURS,
  rotary,
  scaled,
  SHORT_LONG,
  twoStreams,
} from "./graphs.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  readonly name: string;
  readonly text: string;
  /** How often operators stand in all pieces, on 2 ranks. */
  readonly operators: Readonly<Record<string, number>>;
}

const examples: Readonly<Record<keyof typeof rewrites, readonly Example[]>> = {
  joinSlices: [
    { name: "slices that are joined again", text: joined("t", "i"), operators: { Slice: 2 } },
    { name: "slices in another order", text: joined("i", "t"), operators: { Slice: 4 } },
    { name: "one slice twice", text: joined("t", "t"), operators: { Slice: 3 } },
  ],
  scaleInNorm: [
    { name: "scale and shift", text: scaled(), operators: { Mul: 2, Add: 1 } },
    {
      name: "a product that is read again",
      text: scaled("  y = Sub(added, product)"),
      operators: { Mul: 1, Add: 1, LayerNormalization: 1 },
    },
    {
      name: "a norm that is read again",
      text: scaled("  y = Sub(added, norm)"),
      operators: { Mul: 1, Add: 1, LayerNormalization: 1 },
    },
  ],
  rotateInOne: [
    { name: "neighbouring pairs", text: rotary(NEIGHBOURS), operators: { RotaryEmbedding: 1, Neg: 0, Concat: 1 } },
    { name: "angles without pairs", text: rotary(HALVES), operators: { RotaryEmbedding: 0, Neg: 1 } },
    { name: "another turn", text: rotary(NEIGHBOURS, "e1, n1"), operators: { RotaryEmbedding: 0, Neg: 1 } },
  ],
  attendInRankOrder: [
    {
      name: "two streams",
      text: twoStreams(), // Once for the usual number of heads, once for any.
      operators: { MultiHeadAttention: 2, Split: 4 },
    },
    {
      name: "cuts of the model",
      text: interleaved(SHORT_LONG, SHORT_LONG),
      operators: { MultiHeadAttention: 1, Split: 1 },
    },
    {
      name: "keys and values that are cut at different rows",
      text: interleaved(SHORT_LONG, LONG_SHORT),
      operators: { MultiHeadAttention: 1, Split: 7 },
    },
    {
      name: "a causal pattern",
      text: twoStreams("scale=0.5, causal=1"),
      operators: { MultiHeadAttention: 0, Split: 10 },
    },
  ],
};

async function program({ text }: Example, ranks: number): Promise<{ counts: Map<string, number>; wrong: unknown }> {
  const { graph, plan, mesh } = caseFrom(`${text}\nconfig { "ulysses_degree": ${ranks} }`, "case.txt");
  const sharded = valueOf(shard(valueOf(bindPlan(graph, plan)), { ...mesh, mesh }));
  const lowered = valueOf(lower(sharded, { ...context(MODEL_FOLDER, []), options: mesh }));
  const counts = new Map<string, number>();
  for (const { file } of lowered.program.pieces) {
    for (const op of operatorsOfModel(lowered.models.get(file)!)) counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  const feeds = sampleFeeds(sharded);
  const values = await unsplitValues(graph, feeds, chosenLengths(sharded), new Set(graph.outputs));
  const expected = Object.fromEntries(graph.outputs.map((name) => [name, values.get(name)!]));
  const { outputs } = await interpret(await written(lowered, folder), feeds);
  return { counts, wrong: outputs.flatMap((own) => wrongOutputs(own, expected)) };
}

describe.each(Object.entries(examples))("%s", (_, own) => {
  test.each(own)("$name", async (example) => {
    for (const ranks of [1, 2, 4]) {
      const { counts, wrong } = await program(example, ranks);
      expect(wrong, `${ranks} ranks`).toEqual([]);
      if (ranks !== 2) continue;
      const found = Object.keys(example.operators).map((op) => [op, counts.get(op) ?? 0] as const);
      expect(Object.fromEntries(found)).toEqual(example.operators);
    }
  });
});
