/**
 * @file What a plan gives: shares of work, bytes and memory, and the warning where most of the work stays whole.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileStages, type CompileOptions, type Stages } from "../../compiler/compile.ts";
import { type Gain, gainOf } from "../../gain/gain.ts";
import { explainRepeated, judge } from "../../gain/judge.ts";
import { int, ints } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { temporaryFolder } from "../support/files.ts";
import { graph, noise, node, value } from "../support/graphs.ts";
import { fixtureTensors } from "../support/fixtures.ts";

const flux = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const sd3 = "test/foreign/sd3.dynamo18-dynamic.onnx";

type Plan = Exclude<CompileOptions["plan"], string>;

async function given(options: CompileOptions): Promise<{ stages: Stages; gain: Gain }> {
  const { stages, diagnostics } = await compileStages(options);
  const gain = await gainOf(stages, true);
  if (gain === null) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return { stages, gain };
}

test("a plan that splits both streams shares the work, and its numbers follow the number of ranks", async () => {
  const shapes = { hidden_states: [1, 96, 16], encoder_hidden_states: [1, 40, 24] };
  const of = async (ranks: number): Promise<Gain> => {
    const parallel = { ulysses_degree: ranks };
    return (await given({ model: flux, plan: "plans/flux.plan.json", parallel, shapes })).gain;
  };
  const [one, two, four] = [await of(1), await of(2), await of(4)];
  expect(two).toMatchObject({ attention: { sites: 4, split: 4 }, lengths: {}, options: [] });
  expect(two.work.split).toBeGreaterThan(0.99);
  expect(two.work.rank).toBeCloseTo(1 - two.work.split / 2, 12);
  expect(four.work.rank).toBeCloseTo(1 - (3 / 4) * four.work.split, 12);
  expect(one.sent).toBe(0);
  expect(one.memory?.rank).toBe(one.memory?.unsplit);
  expect(two.memory?.unsplit).toBe(one.memory?.rank);
  expect(two.memory!.rank).toBeLessThan(0.75 * one.memory!.rank);
  expect(four.memory!.rank).toBeLessThan(two.memory!.rank);
});

test("the bytes are those that a run counts", async () => {
  const { img96: feeds } = { img96: await fixtureTensors("flux/flux.img96-txt40.inputs.npz") };
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
  const { gain } = await given({ model: flux, plan: "plans/flux.plan.json", parallel: { ulysses_degree: 2 }, shapes });
  // Queries, keys, values and results of four sites, half of the heads of half of the 136 rows of 32 numbers; and half of the output.
  const attention = 4 * 4 * ((136 / 2) * (32 / 2) * 4);
  expect(gain.sent).toBe(attention + (96 / 2) * 16 * 4);
});

// The image is split wherever its rows meet those of the text, and all of it is gathered again: every rank computes the text.
const firstGuess: Plan = {
  "transformer_blocks.*.attn": { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 } },
  "transformer_blocks.*.attn.to_out.0": { gather_dim: 1 },
  "transformer_blocks.*.attn.to_add_out": { gather_dim: 1 },
};

test("a natural first guess for SD3 leaves a whole stream to every rank: a warning names the modules", async () => {
  const { stages, gain } = await given({ model: sd3, plan: firstGuess, parallel: { ulysses_degree: 2 } });
  expect(gain.work.split).toBeGreaterThan(0.9);
  const [warning, ...others] = judge(gain, stages.sharded!.mesh, { plan: "a.plan.json" });
  expect(others).toEqual([]);
  expect(warning).toMatchObject({ code: "CP4601", severity: "warning", file: "a.plan.json" });
  expect(warning?.message).toMatch(/share only \d\d % .*: transformer_blocks\.\*\.ff_context \(\d\d %\), /);
  expect(judge(gain, stages.sharded!.mesh, { plan: "a.plan.json", strict: true })).toMatchObject([
    { severity: "error" },
  ]);
});

test("the causes of repeated work are said: what is split too late, and what was gathered", async () => {
  const plan: Plan = {
    "": { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 } },
    "transformer_blocks.0": [{ gather_dim: 1 }, { gather_dim: 1 }],
  };
  const { stages, gain } = await given({ model: flux, plan, parallel: { ulysses_degree: 2 } });
  const kinds = gain.repeated.map(({ cause }) => cause.kind);
  expect(kinds).toContain("gathered");
  expect(gain.repeated.every(({ share }) => share >= 0.05)).toBe(true);
  const notes = explainRepeated(gain, stages.sharded!.mesh, { plan: "a.plan.json" }, stages.bound!.bindings);
  expect(notes.map(({ code }) => code)).toEqual(kinds.map(() => "CP4026"));
  expect(notes.map(({ message }) => message).join()).toContain("gathered by the plan entry transformer_blocks.0");
  // The hint for inputs names them with the axis that has the rows.
  const streams = { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 } };
  const later: Plan = { "single_transformer_blocks.0": streams, proj_out: { gather_dim: 1 } };
  const late = await given({ model: flux, plan: later, parallel: { ulysses_degree: 2 } });
  const [note, ...others] = explainRepeated(late.gain, stages.sharded!.mesh, { plan: "a.plan.json" }, []);
  expect(others).toEqual([]);
  expect(note?.hint).toContain('"hidden_states": { "split_dim": 1 }, "encoder_hidden_states": { "split_dim": 1 }');
});

test.each(["sd3", "pixart", "allegro"])("the plan for %s is not warned about", async (name) => {
  const model = `test/foreign/${name}.dynamo18-dynamic.onnx`;
  const plan = `plans/${name}.plan.json`;
  const { stages, gain } = await given({ model, plan, parallel: { ulysses_degree: 2 } });
  expect(gain.products.split).toBeGreaterThan(0.9);
  expect(judge(gain, stages.sharded!.mesh, { plan })).toEqual([]);
});

test("on one rank nothing is judged", async () => {
  const { stages, gain } = await given({ model: sd3, plan: firstGuess, parallel: { ulysses_degree: 1 } });
  expect(judge(gain, stages.sharded!.mesh, { plan: "a.plan.json" })).toEqual([]);
});

test("a rank between two others sends rows to both: the bytes are those of the rank that sends most", async () => {
  const file = `${await temporaryFolder()}/m.onnx`;
  const shape = ["batch", 3, "rows", 5] as const;
  const filter = { group: int(3), pads: ints([1, 1, 1, 1]) };
  const kernel = tensorFromNumbers("float32", [3, 1, 3, 3], noise(1, 27));
  const convolved = graph({
    inputs: [value("x", "float32", shape)],
    outputs: [value("y", "float32", shape)],
    constants: new Map([["kernel", kernel]]),
    nodes: [node("Conv", ["x", "kernel"], ["y"], filter)],
  });
  writeFileSync(file, writeModel(convolved, { opsets: { "": 18 } }));
  const plan = { "": [{ x: { split_dim: 2 } }, { gather_dim: 2 }] } as const;
  const { gain } = await given({ model: file, plan, parallel: { ring_degree: 3 }, shapes: { x: [1, 3, 9, 5] } });
  // A row to each neighbour, and its three rows of the result to both others.
  expect(gain.sent).toBe((2 + 2 * 3) * 3 * 5 * 4);
});
