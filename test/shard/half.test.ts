/**
 * @file Attention of a half-precision model around a ring: parts merged in float32 (`convert_to_fp32`) or in the model's own type, both as
 * close to the unsplit model as half precision allows.
 */
import { expect, it } from "vitest";
import type { Binding } from "../../compiler/bind/types.ts";
import { CP, type CanonicalGraph, type CanonicalNode, type ValueShape } from "../../compiler/ir/types.ts";
import { toFloat16 } from "../../compiler/graph/numbers/half.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { shard } from "../support/stages.ts";

const shape: ValueShape = { elem: "float16", dims: [1, "tokens", 4, 8] };
const operands = ["q", "k", "v"] as const;

function planned(op: "Shard" | "Gather", input: string, output: string, binding: number): CanonicalNode {
  const attributes = { axis: { kind: "int", value: 1 }, binding: { kind: "int", value: binding } } as const;
  return { name: `${output}::${op}`, op, domain: CP, inputs: [input], outputs: [output], attributes, scope: "attn" };
}

function bindingOf(action: "split" | "gather", value: string): Binding {
  const origin = { pointer: `attn.${value}`, span: null, keySpan: null };
  const side = action === "split" ? "input" : "output";
  const spec = {
    action,
    side,
    parameter: value,
    index: null,
    count: null,
    dim: 1,
    expectedDims: null,
    value: null,
    origin,
  } as const;
  return { spec, module: "attn", value, axis: 1, evidence: "value" };
}

const attention: CanonicalNode = {
  name: "attention",
  op: "Attention",
  domain: CP,
  inputs: operands.map((name) => `${name}::split`),
  outputs: ["y::own"],
  attributes: { scale: { kind: "float", value: 0.35 } },
  scope: "attn",
};

const graph: CanonicalGraph = {
  prefix: null,
  inputs: operands.map((name) => ({ name, shape })),
  outputs: ["y"],
  nodes: [
    ...operands.map((name, i) => planned("Shard", name, `${name}::split`, i)),
    attention,
    planned("Gather", "y::own", "y", 3),
  ],
  constants: new Map(),
  integers: new Map(),
  shapes: new Map(
    [...operands.flatMap((n) => [n, `${n}::split`]), "y::own", "y"].map((name) => [name, shape] as const),
  ),
  lengths: [{ name: "tokens", sources: operands.map((input) => ({ input, axis: 1 })) }],
  markers: [],
  opsets: { "": 18 },
  modules: new Map([["attn", { path: "attn", className: null }]]),
};

function random(seed: number, tokens: number): OrtTensor {
  const data = Uint16Array.from({ length: tokens * 32 }, (_, i) => toFloat16(Math.sin(seed * 7 + i * i)));
  return { elem: "float16", dims: [1, tokens, 4, 8], data };
}

it.each([
  [2, 1, true],
  [3, 1, true],
  [3, 1, false],
  [2, 2, true],
])("ring %i x ulysses %i, convert_to_fp32 %s", async (R, U, wide) => {
  const bindings = [...operands.map((name) => bindingOf("split", name)), bindingOf("gather", "y")];
  const mesh = { batch_degree: 1, ring_degree: R, ulysses_degree: U };
  const sharded = shard(
    { graph, bindings, batch: [], sites: [] },
    { mesh, rotate_method: "alltoall", convert_to_fp32: wide },
  );
  expect(sharded.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  if (!sharded.ok) return;
  const part =
    sharded.value.localShapes.get("y::own::heads::step0.max") ?? sharded.value.localShapes.get("y::own::step0.max");
  expect(part?.elem).toBe(wide ? "float32" : "float16");
  const feeds = { q: random(1, 11), k: random(2, 11), v: random(3, 11) };
  const report = await simulate(sharded.value, feeds);
  expect(report.ok && report.value.wrong?.diagnostic.message).toBeFalsy();
  expect(report.ok && report.value.compared).toBeGreaterThan(4);
});
