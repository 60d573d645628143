/**
 * @file The oracle on layouts beyond one axis of tokens: heads distributed over ranks, merged axes, slices of constants.
 */
import { expect, test } from "vitest";
import type { CanonicalNode, IntegerValue } from "../../compiler/ir/types.ts";
import { chunk, start } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { float, ints } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Layout, ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { SimulationReport } from "../../compiler/simulate/simulate.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { valueOf } from "../support/fixtures.ts";
import { canonical, canonicalNode, integers, noise, random, shape } from "../support/graphs.ts";
import { local, sharded, split } from "../support/sharded.ts";
import { N, from, chunkOf, slices } from "./stream.ts";

const run = async (graph: ShardedGraph, tensors: OrtTensors): Promise<SimulationReport> =>
  valueOf(await simulate(graph, tensors));

/** Self-attention whose heads are dealt out to the ranks, `unit` query heads to each key head. */
function dealtHeads(heads: number, unit: number, ranks: number): ShardedGraph {
  const kv = heads / unit;
  const width = { q: heads, k: kv, v: kv };
  const attributes = { scale: float(0.5) };
  const site = (inputs: readonly string[], output: string): CanonicalNode =>
    canonicalNode("Attention", inputs, [output], { domain: "cp", attributes, scope: "attn" });
  const graph = canonical({
    inputs: Object.fromEntries(Object.entries(width).map(([name, h]) => [name, shape("float32", 1, "s", h, 4)])),
    outputs: ["y"],
    nodes: [site(["q", "k", "v"], "y")],
    shapes: { y: shape("float32", 1, "s", heads, 4) },
  });
  const deal = (name: "q" | "k" | "v"): ReturnType<typeof slices> => {
    const size = name === "q" ? unit : 1;
    const times = (e: Expr): Expr => ["*", size, e];
    return slices(name, 2, [
      [times(start("sequence", kv, ranks, "rank")), times(chunk("sequence", kv, ranks, "rank"))],
    ]);
  };
  const dealt = (["q", "k", "v"] as const).map(deal);
  const over = (h: number, size: number): Layout => [split(2, [h], { over: "ulysses", unit: size })];
  return sharded({
    graph,
    ulysses: ranks,
    steps: [...dealt.flatMap(({ nodes }) => nodes), site(["q.local", "k.local", "v.local"], "y")].map((node) =>
      local(node),
    ),
    integers: Object.assign({}, ...dealt.map(({ integers }) => integers)) as Record<string, IntegerValue>,
    shapes: { "q.local": graph.shapes.get("q")!, "k.local": graph.shapes.get("k")!, "v.local": graph.shapes.get("v")! },
    layouts: { "q.local": over(heads, unit), "k.local": over(kv, 1), "v.local": over(kv, 1), y: over(heads, unit) },
    sameAs: { "q.local": "q", "k.local": "k", "v.local": "v" },
  });
}

test.each([
  [4, 1, 2],
  [3, 1, 2],
  [6, 2, 2],
  [4, 4, 1],
  [5, 1, 3],
])("%i heads in groups of %i on %i ranks are exact", async (heads, unit, ranks) => {
  const kv = heads / unit;
  const tensors = { q: random(1, [1, 6, heads, 4]), k: random(2, [1, 6, kv, 4]), v: random(3, [1, 6, kv, 4]) };
  expect(await run(dealtHeads(heads, unit, ranks), tensors)).toMatchObject({ wrong: null, compared: 4, unchecked: [] });
});

test("a merged axis is split in its inner factor: outer and inner widths count", async () => {
  const graph = canonical({
    inputs: { x: shape("float32", 2, "s", 3) },
    outputs: ["y", "z"],
    nodes: [
      canonicalNode("Reshape", ["x", "merged"], ["y"]),
      canonicalNode("Transpose", ["y"], ["z"], { attributes: { perm: ints([0]) } }),
    ],
    shapes: { y: shape("float32", ["*", 6, "s"]), z: shape("float32", ["*", 6, "s"]) },
    integers: { merged: integers(-1) },
  });
  const cut = slices("x", 1, [[from("s"), chunkOf("s")]]);
  const flat = [split(0, ["s"], { outer: 2, inner: 3 })];
  const steps = [...cut.nodes, canonicalNode("Reshape", ["x.local", "merged"], ["y"]), graph.nodes[1]!].map((node) =>
    local(node),
  );
  const made = sharded({
    graph,
    ring: N,
    steps,
    integers: cut.integers,
    layouts: { "x.local": [split(1, ["s"])], y: flat, z: flat },
    sameAs: { "x.local": "x" },
  });
  for (const s of [3, 7])
    expect(await run(made, { x: random(1, [2, s, 3]) })).toMatchObject({ wrong: null, compared: 3 });
  const swapped = { ...made, layouts: new Map([...made.layouts, ["z", [split(0, ["s"], { outer: 3, inner: 2 })]]]) };
  expect((await run(swapped, { x: random(1, [2, 7, 3]) })).wrong).toMatchObject({ value: "z", node: "z.Transpose" });
});

test("an aligned slice of a constant is compared with the constant, whether or not a node reads it", async () => {
  const table = tensorFromNumbers("float32", [4, 1], noise(5, 4));
  const graph = canonical({ inputs: { x: shape("float32", "s", 1) }, outputs: ["x"], nodes: [], constants: { table } });
  const cut = slices("table", 0, [[from(4), chunkOf(4)]]);
  const made = (integers: Readonly<Record<string, IntegerValue>>): ShardedGraph =>
    sharded({
      graph,
      ring: N,
      steps: cut.nodes.map((node) => local(node)),
      integers,
      layouts: { "table.local": [split(0, [4])] },
      sameAs: { "table.local": "table" },
    });
  expect(await run(made(cut.integers), { x: random(1, [4, 1]) })).toMatchObject({ wrong: null, compared: 1 });
  const shifted = { ...cut.integers, "table.start0": integers(0), "table.end0": integers(chunkOf(4)) };
  expect((await run(made(shifted), { x: random(1, [4, 1]) })).wrong).toMatchObject({ value: "table.local", rank: 1 });
});
