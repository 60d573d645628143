/**
 * @file Reductions along a split axis: linear attention and pooling over split tokens are exact through an all-reduce; a split of channels
 * against a weight is still refused.
 */
import { describe, expect, it } from "vitest";
import type { Binding } from "../../compiler/bind/types.ts";
import { infer } from "../../compiler/operators/infer.ts";
import { normalise } from "../../compiler/canonical/passes/normalise.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../../compiler/ir/types.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes } from "../../compiler/graph/types.ts";
import { lengthRules } from "../../compiler/shard/length-rules.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { shard } from "../support/stages.ts";

const weight = (rows: number, columns: number, seed: number) =>
  tensorFromNumbers(
    "float32",
    [rows, columns],
    Array.from({ length: rows * columns }, (_, i) => Math.sin(seed + i)),
  );

function node(op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): CanonicalNode {
  return { name: output, op, domain: "", inputs, outputs: [output], attributes, scope: "attn" };
}

/** q (k^T v) with tokens x (1, S, 6), and the mean over tokens added. */
const nodes: readonly CanonicalNode[] = [
  node("MatMul", ["x", "wq"], "q"),
  node("MatMul", ["x", "wk"], "k"),
  node("MatMul", ["x", "wv"], "v"),
  node("Transpose", ["k"], "kt", { perm: { kind: "ints", value: [0, 2, 1] } }),
  node("MatMul", ["kt", "v"], "kv"),
  node("MatMul", ["q", "kv"], "mixed"),
  node("ReduceMean", ["x", "axes"], "pooled", { keepdims: { kind: "int", value: 1 } }),
  node("ReduceMax", ["x", "axes"], "peak", { keepdims: { kind: "int", value: 1 } }),
  node("Add", ["pooled", "peak"], "both"),
  node("Add", ["mixed", "both"], "y::own"),
];

function graph(splitAxis: number) {
  const inputs = [{ name: "x", shape: { elem: "float32" as const, dims: [1, "tokens", 6] } }];
  const constants = new Map([
    ["wq", weight(6, 6, 1)],
    ["wk", weight(6, 6, 2)],
    ["wv", weight(6, 6, 3)],
    ["axes", tensorFromNumbers("int64", [1], [1])],
  ]);
  const inferred = infer(nodes, inputs, constants, () => null, new Set(["y::own"]), normalise);
  const shapes = new Map([
    ...inferred.shapes,
    ["x::split", inputs[0]!.shape],
    ["y", inferred.shapes.get("y::own")!],
  ] as const);
  const end = (op: string, input: string, output: string, axis: number, binding: number): CanonicalNode => ({
    ...node(op, [input], output, { axis: { kind: "int", value: axis }, binding: { kind: "int", value: binding } }),
    domain: CP,
  });
  const inner = inferred.nodes.map((n) => ({ ...n, inputs: n.inputs.map((i) => (i === "x" ? "x::split" : i)) }));
  const canonical: CanonicalGraph = {
    inputs,
    outputs: ["y"],
    constants,
    integers: inferred.integers,
    shapes,
    prefix: null,
    markers: [],
    opsets: { "": 18 },
    nodes: [end("Shard", "x", "x::split", splitAxis, 0), ...inner, end("Gather", "y::own", "y", 1, 1)],
    lengths: [{ name: "tokens", sources: [{ input: "x", axis: 1 }] }],
    modules: new Map([
      ["", { path: "", className: null }],
      ["attn", { path: "attn", className: null }],
    ]),
  };
  return { graph: canonical, bindings: [binding("split", splitAxis), binding("gather", 1)], batch: [], sites: [] };
}

function binding(action: "split" | "gather", dim: number): Binding {
  const origin = { pointer: `attn.${action}`, span: null, keySpan: null };
  const side = action === "split" ? "input" : "output";
  const spec = {
    action,
    side,
    parameter: "x",
    index: null,
    count: null,
    dim,
    expectedDims: null,
    value: null,
    origin,
  } as const;
  return { spec, module: "attn", value: "x", axis: dim, evidence: "value" };
}

const options = (ranks: number) =>
  ({
    mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: ranks },
    rotate_method: "allgather",
    convert_to_fp32: true,
  }) as const;

describe("a reduction over split tokens", () => {
  it.each([
    [2, 8],
    [3, 8],
    [4, 4],
    [4, 11],
  ])("is exact on %i ranks with %i tokens", async (ranks, tokens) => {
    const sharded = shard(graph(1), options(ranks));
    expect(sharded.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
    if (!sharded.ok) return;
    const reduces = sharded.value.steps.filter((s) => s.kind === "collective" && s.purpose === "all-reduce");
    expect(reduces).toHaveLength(3);
    const data = Float32Array.from({ length: tokens * 6 }, (_, i) => Math.cos(i));
    const report = await simulate(sharded.value, { x: { elem: "float32", dims: [1, tokens, 6], data } });
    expect(report.ok && report.value.wrong).toBeNull();
    expect(report.ok && report.value.compared).toBeGreaterThan(10);
  });

  // Of NaN, ONNX Runtime itself gives the largest of the others or NaN, depending on its place.
  it("is exact for infinities and for zeros of both signs, wherever they are", async () => {
    const only = new Set(["pooled", "both", "mixed", "kv", "q", "k", "v", "kt"]);
    const whole = graph(1);
    const nodes = whole.graph.nodes
      .filter(({ outputs }) => !only.has(outputs[0]!))
      .map((n) => (n.op === "Add" ? { ...n, inputs: ["peak", "x::split"] } : n));
    const sharded = shard({ ...whole, graph: { ...whole.graph, nodes } }, options(3));
    expect(sharded.ok).toBe(true);
    for (let at = 0; sharded.ok && at < 8; at++) {
      const data = new Float32Array(8 * 6).fill(-0);
      data.set([Infinity, -Infinity, 0, 0, -1, 1], at * 6);
      const report = await simulate(sharded.value, { x: { elem: "float32", dims: [1, 8, 6], data } });
      expect(report.ok && report.value.wrong).toBeNull();
      expect(report.ok && report.value.compared).toBeGreaterThan(0);
    }
  });

  it("states the rows that it relies on, once, and refuses feeds with fewer", async () => {
    const sharded = shard(graph(1), options(3));
    expect(sharded.ok && sharded.value.minimums).toMatchObject([
      { extent: "tokens", name: "x axis 1", slice: "x::slice0" },
      { extent: "tokens", name: "x axis 1", slice: null },
    ]);
    if (!sharded.ok) return;
    expect(lengthRules(sharded.value).minimums).toEqual([
      { length: "tokens", at_least: 3, name: "x axis 1", span: null },
    ]);
    const short = await simulate(sharded.value, {
      x: { elem: "float32", dims: [1, 2, 6], data: new Float32Array(12) },
    });
    expect(short.diagnostics.map((d) => d.code)).toEqual(["CP6008"]);
  });

  it("is refused where channels are split against a weight", () => {
    const sharded = shard(graph(2), options(2));
    expect(sharded.diagnostics.map((d) => d.code)).toContain("CP4001");
  });
});
