/**
 * @file Points for user hooks: where they cut, in which order a value passes them, and that later steps read a replaced value.
 */
import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { lower } from "../../compiler/lower/lower.ts";
import { printProgram } from "../../program/print.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import { builder, context, lowered, numbers, temporaryFolder, written } from "./build.ts";
import { attentionStack, splitMatMulGather } from "./graphs.ts";
import { interpret } from "./interpret.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** x -> a.b (negates) -> a (doubles) -> outside (adds x). */
function nested(): ShardedGraph {
  const b = builder();
  b.input("x", [3]);
  b.local("Neg", ["x"], [["negated", [3], []]], { module: "a.b" });
  b.local("Add", ["negated", "negated"], [["doubled", [3], []]], { module: "a" });
  b.local("Add", ["doubled", "x"], [["y", [3], []]]);
  return b.build({ mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 1 } }, ["y"]);
}

const points = (sharded: ShardedGraph, hooks: readonly string[]): readonly string[] =>
  lowered(sharded, folder, hooks).program.hooks.map(
    ({ module, phase, reads, writes }) => `${module} ${phase} ${reads.join()} -> ${writes.join()}`,
  );

test("a value enters outer modules first and leaves inner ones first", () => {
  expect(points(nested(), ["a.b", "a"])).toEqual([
    "a pre_forward x -> x@a.pre_forward",
    "a.b pre_forward x@a.pre_forward -> x@a.b.pre_forward",
    "a.b post_forward negated -> negated@a.b.post_forward",
    "a post_forward doubled -> doubled@a.post_forward",
  ]);
});

test("only readers inside the module see what its pre-forward hook returns, all readers what its post-forward hook returns", async () => {
  const compiled = await written(lowered(nested(), folder, ["a"]), folder);
  const x = ortTensor("float32", [3], [1, 2, 3]);
  const { outputs } = await interpret(compiled, { x }, (tensor, _, result) =>
    ortTensor(
      "float32",
      tensor.dims,
      Array.from(numbersIn(tensor), (n) => (result.includes("pre") ? n * 10 : n + 1)),
    ),
  );
  expect(Array.from(numbersIn(outputs[0]!["y"]!))).toEqual([-18, -37, -56]);
});

test("an output of the model keeps its name behind a hook", async () => {
  expect(points(nested(), [""])).toEqual([" pre_forward x -> x@root.pre_forward", " post_forward y@before -> y"]);
  const compiled = await written(lowered(nested(), folder, [""]), folder);
  const { outputs } = await interpret(compiled, { x: ortTensor("float32", [3], [1, 2, 3]) }, (tensor, _, result) =>
    result === "y" ? ortTensor("float32", [3], [7, 8, 9]) : tensor,
  );
  expect(Array.from(numbersIn(outputs[0]!["y"]!))).toEqual([7, 8, 9]);
});

test("a split and a gather of the plan stand inside their module: hooks see the whole value before and after", () => {
  const program = lowered(splitMatMulGather(2), folder, ["body"]).program;
  expect(program.hooks.map(({ module, phase, action }) => `${module} ${phase} ${action}`)).toEqual([
    " pre_forward split",
    "body pre_forward user",
    "body post_forward gather",
    "body post_forward user",
  ]);
  const layouts = program.steps.flatMap((step) => (step.kind === "hook" ? [step.layout] : []));
  expect(layouts).toEqual(["axis 0 = [img]", "whole"]);
});

test("a pattern cuts at every module that it matches, and the result stays", async () => {
  const sharded = attentionStack({ ranks: 2, heads: 4, sites: 2 });
  const program = lowered(sharded, folder, ["blocks.*"]);
  await expect(printProgram(program.program)).toMatchFileSnapshot("golden/user-hooks.txt");
  const x = ortTensor("float32", [1, 5, 8], numbers(40, 3));
  const seen: string[] = [];
  const hooked = await interpret(await written(program, folder), { x }, (tensor, rank, result) => {
    seen.push(`${rank} ${result} ${tensor.dims.join()}`);
    return tensor;
  });
  const plain = await interpret(await written(lowered(sharded, folder), folder), { x });
  expect(hooked.outputs).toEqual(plain.outputs);
  expect(seen).toContain("1 blocks.0.sum@blocks.0.post_forward 1,2,8");
});

test("a pattern that matches nothing is an error that names the nearest module", () => {
  const result = lower(attentionStack({ ranks: 2, heads: 4, sites: 1 }), context(folder, ["block.0", "blocks.*.attn"]));
  expect(result.ok).toBe(false);
  expect(result.diagnostics).toMatchObject([
    { code: "CP5201", message: 'no module matches the hook pattern "block.0"', hint: 'did you mean "blocks.0"?' },
  ]);
});

test("a module that no value enters or leaves is a warning", () => {
  const sharded = nested();
  const modules = new Map([...sharded.graph.modules, ["empty", { path: "empty", className: null }]]);
  const result = lower({ ...sharded, graph: { ...sharded.graph, modules } }, context(folder, ["empty"]));
  expect(result.ok).toBe(true);
  expect(result.diagnostics).toMatchObject([{ code: "CP5202", severity: "warning" }]);
});
