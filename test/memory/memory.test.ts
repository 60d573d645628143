/**
 * @file The prediction of memory on numbers that can be computed by hand: what shrinks with the ranks, what a ring holds, what lives when.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import type { Graph, Node } from "../../compiler/graph/types.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import type { ContextParallelConfig } from "../../compiler/plan/types.ts";
import { memoryOf } from "../../memory/memory.ts";
import { executionOrder } from "../../memory/order.ts";
import { shapesIn } from "../../memory/sizes.ts";
import { workOf } from "../../memory/work.ts";
import { flowOf } from "../../runtime/rank/flow.ts";
import { byteSize } from "../../runtime/tensor.ts";
import { temporaryFolder } from "../support/files.ts";
import { plan, transformer, WIDTH } from "./support/model.ts";

const tokens = 2048;
const rowBytes = WIDTH * 4;

async function lowered(parallel: ContextParallelConfig): Promise<LoweredProgram> {
  const model = join(await temporaryFolder(), "model.onnx");
  writeFileSync(model, transformer(1));
  const { stages, diagnostics } = await compileStages({ model, plan, parallel });
  if (stages.lowered === undefined) throw new Error(JSON.stringify(diagnostics));
  return stages.lowered;
}

test.each([2, 4])("values per rank are about 1/%i of those of one rank, and the weights are there once", async (n) => {
  const memory = async (ranks: number): Promise<ReturnType<typeof memoryOf>> => {
    const { program, graphs } = await lowered({ ulysses_degree: ranks });
    return memoryOf(program, graphs, { tokens });
  };
  const [one, many] = [await memory(1), await memory(n)];
  expect((many.perRank.values * n) / one.perRank.values).toBeGreaterThan(0.9);
  expect((many.perRank.values * n) / one.perRank.values).toBeLessThan(1.2);
  expect(many.process.weights / one.process.weights).toBeCloseTo(1, 3);
});

test.each([2, 4])("a rotating ring of %i holds 1/R of keys and values and one chunk in flight", async (ring) => {
  const { program, graphs } = await lowered({ ring_degree: ring, rotate_method: "alltoall" });
  const chunk = (2 * tokens * rowBytes) / ring;
  // With two ranks and one attention there is one shift, and the other half holds the gathered output only.
  const halves = ring === 2 ? 1 : 2;
  const { exchange } = memoryOf(program, graphs, { tokens }).perRank;
  expect(exchange).toBeGreaterThanOrEqual(halves * chunk);
  expect(exchange).toBeLessThan(halves * chunk * 1.05);
  const { outlives } = flowOf(program);
  const shifted = program.steps.flatMap((step) =>
    step.kind === "collective" && step.collective === "shift" ? step.transfers.flatMap(({ receive }) => receive) : [],
  );
  expect(shifted).toHaveLength(2 * (ring - 1));
  expect(shifted.filter(outlives)).toEqual([]);
});

const node = (op: string, inputs: readonly string[], output: string): Node => ({
  name: output,
  op,
  domain: "",
  inputs,
  outputs: [output],
  attributes: {},
  metadata: {},
});

function graphOf(nodes: readonly Node[], outputs: readonly string[]): Graph {
  const value = (name: string): Graph["outputs"][number] => ({ name, type: { elem: "float32", dims: null } });
  return {
    name: "g",
    inputs: [value("x")],
    outputs: outputs.map(value),
    nodes,
    constants: new Map(),
    types: new Map(),
  };
}

function peakOf(graph: Graph, elsewhere: readonly string[] = [], elem: "float16" | "float32" = "float32"): number {
  const shapes = shapesIn(graph, new Map([["x", { elem, dims: [100] }]]), new Map());
  return workOf(graph, shapes, new Set(elsewhere)).peak;
}

test("a value lives until its last reader; a result elsewhere takes nothing", () => {
  const chain = graphOf([node("Exp", ["x"], "a"), node("Exp", ["a"], "b"), node("Exp", ["b"], "c")], ["c"]);
  expect(peakOf(chain)).toBe(800);
  expect(peakOf(chain, ["c"])).toBe(800);
  const kept = graphOf([node("Exp", ["x"], "a"), node("Exp", ["a"], "b"), node("Add", ["a", "b"], "c")], ["a", "c"]);
  expect(peakOf(kept)).toBe(800);
  expect(peakOf(kept, ["a", "c"])).toBe(400);
});

test("a view takes nothing, and a product may overwrite an operand that nobody else reads", () => {
  expect(peakOf(graphOf([node("Identity", ["x"], "a"), node("Exp", ["a"], "b")], ["b"]))).toBe(400);
  expect(peakOf(graphOf([node("Exp", ["x"], "a"), node("Neg", ["a"], "b")], ["b"]))).toBe(400);
  expect(peakOf(graphOf([node("Exp", ["x"], "a"), node("Neg", ["a"], "b")], ["a", "b"]))).toBe(800);
});

test("half precision takes two bytes between operators, and float32 copies while one computes", () => {
  const chain = graphOf([node("Exp", ["x"], "a"), node("Exp", ["a"], "b")], ["b"]);
  expect(peakOf(chain, [], "float16")).toBe(2 * 200 + 2 * 400);
  // What only moves elements computes nothing.
  const moved = graphOf([node("Transpose", ["x"], "a"), node("Transpose", ["a"], "b")], ["b"]);
  expect(peakOf(moved, [], "float16")).toBe(2 * 200);
});

test("results that stand last are computed first", () => {
  const nodes = [
    node("Exp", ["x"], "a"),
    node("Exp", ["a"], "b"),
    node("Neg", ["x"], "c"),
    node("Add", ["a", "c"], "d"),
  ];
  expect(executionOrder({ nodes }).map(({ outputs }) => outputs[0])).toEqual(["c", "a", "d", "b"]);
});

test("a value whose size depends on data is named, not guessed", () => {
  const graph = graphOf([node("NonZero", ["x"], "a")], ["a"]);
  const shapes = shapesIn(graph, new Map([["x", { elem: "float32", dims: [100] }]]), new Map());
  expect(workOf(graph, shapes, new Set())).toEqual({ peak: 0, unsized: ["a"] });
});

test("a result of branches has the extents of the branch that knows them", () => {
  const branch = (op: string): Graph => ({ ...graphOf([node(op, ["x"], "inside")], ["inside"]), inputs: [] });
  const attributes = {
    then_branch: { kind: "graph", value: branch("NonZero") },
    else_branch: { kind: "graph", value: branch("Exp") },
  } as const;
  const graph = graphOf([{ ...node("If", ["condition"], "a"), attributes }, node("Exp", ["a"], "b")], ["b"]);
  const x = { elem: "float32", dims: [100] } as const;
  expect(shapesIn(graph, new Map([["x", x]]), new Map()).get("b")).toEqual(x);
});

test("a type that cannot cross to ONNX Runtime has a size", () => {
  expect(byteSize("bfloat16", [2, 3])).toBe(12);
  expect(byteSize("bfloat16", [0, Infinity])).toBe(0);
});
