/**
 * @file A hand-made sharded graph for the simulator's tests: a joint stream of text and image on three ranks.
 */
import type { CanonicalGraph, CanonicalNode, IntegerValue } from "../../compiler/ir/types.ts";
import { add, chunk, start } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { ShardedGraph, ShardedStep } from "../../compiler/shard/types.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { canonical, canonicalNode, integers, noise, random, shape } from "../support/graphs.ts";
import { collective, local, originIn, sharded, split } from "../support/sharded.ts";

const concat = (inputs: readonly string[], output: string, axis: number): CanonicalNode =>
  canonicalNode("Concat", inputs, [output], { attributes: { axis: int(axis) }, scope: "joint" });

/** Joint stream of text and image, times a table, apart again. */
const stream: CanonicalGraph = canonical({
  inputs: { x: shape("float32", 1, "img", 2), t: shape("float32", 1, "txt", 2), table: shape("float32", "all", 2) },
  outputs: ["out"],
  nodes: [
    concat(["t", "x"], "joint", 1),
    canonicalNode("Mul", ["joint", "table"], ["scaled"], { scope: "rope" }),
    canonicalNode("Split", ["scaled", "sizes"], ["tp", "ip"], { attributes: { axis: int(1) } }),
    canonicalNode("MatMul", ["ip", "w"], ["out"]),
  ],
  shapes: {
    joint: shape("float32", 1, add("txt", "img"), 2),
    scaled: shape("float32", 1, add("txt", "img"), 2),
    tp: shape("float32", 1, "txt", 2),
    ip: shape("float32", 1, "img", 2),
    out: shape("float32", 1, "img", 3),
  },
  constants: { w: tensorFromNumbers("float32", [2, 3], noise(8, 6)) },
  integers: { sizes: integers("txt", "img") },
});

export const N = 3;
export const chunkOf = (length: Expr): Expr => chunk("sequence", length, N, "rank");
export const from = (length: Expr, before: Expr = 0): Expr => add(before, start("sequence", length, N, "rank"));

export function slices(
  value: string,
  axis: number,
  cuts: readonly (readonly [Expr, Expr])[],
): {
  readonly nodes: readonly CanonicalNode[];
  readonly integers: Readonly<Record<string, IntegerValue>>;
} {
  const operands: Record<string, IntegerValue> = { [`${value}.axis`]: integers(axis) };
  const nodes = cuts.map(([start, size], i) => {
    operands[`${value}.start${i}`] = integers(start);
    operands[`${value}.end${i}`] = integers(add(start, size));
    const output = cuts.length === 1 ? `${value}.local` : `${value}.slice${i}`;
    return canonicalNode("Slice", [value, `${value}.start${i}`, `${value}.end${i}`, `${value}.axis`], [output]);
  });
  const joined =
    nodes.length === 1
      ? []
      : [
          concat(
            nodes.map((node) => node.outputs[0]!),
            `${value}.local`,
            axis,
          ),
        ];
  return { nodes: [...nodes, ...joined], integers: operands };
}

export interface Mistake {
  readonly table?: readonly (readonly [Expr, Expr])[];
  readonly sizes?: readonly Expr[];
  readonly tableIsLike?: boolean;
  readonly gathered?: readonly string[];
}

/** The stream on three ranks: everything split by tokens, the table aligned, the output gathered. */
export function splitStream({
  table,
  sizes,
  tableIsLike = true,
  gathered = ["b0", "b1", "b2"],
}: Mistake = {}): ShardedGraph {
  const [x, t] = [slices("x", 1, [[from("img"), chunkOf("img")]]), slices("t", 1, [[from("txt"), chunkOf("txt")]])];
  const aligned = slices(
    "table",
    0,
    table ?? [
      [from("txt"), chunkOf("txt")],
      [from("img", "txt"), chunkOf("img")],
    ],
  );
  const joint = [split(1, ["txt", "img"])];
  const out = { elem: "float32", dims: [1, chunkOf("img"), 3] } as const;
  const steps: readonly ShardedStep[] = [
    ...[...x.nodes, ...t.nodes].map((node) => local(node, "")),
    local(concat(["t.local", "x.local"], "joint", 1)),
    ...aligned.nodes.map((node) => local(node, "rope")),
    local(canonicalNode("Mul", ["joint", "table.local"], ["scaled"], { scope: "rope" })),
    local(
      canonicalNode("Split", ["scaled", "sizes.local"], ["tp", "ip"], {
        attributes: { axis: int(1) },
        scope: "blocks.0",
      }),
    ),
    local(canonicalNode("MatMul", ["ip", "w"], ["out"], { scope: "proj_out" })),
    collective({
      name: "gather",
      collective: "all-gather",
      transfers: [{ send: ["out"], receive: ["b0", "b1", "b2"], ...out }],
    }),
    local(concat(gathered, "out.whole", 1)),
  ];
  return sharded({
    graph: stream,
    ulysses: N,
    steps,
    integers: {
      ...x.integers,
      ...t.integers,
      ...aligned.integers,
      "sizes.local": integers(...(sizes ?? [chunkOf("txt"), chunkOf("img")])),
    },
    layouts: {
      x: [],
      t: [],
      table: [],
      "x.local": [split(1, ["img"])],
      "t.local": [split(1, ["txt"])],
      "table.local": [split(0, ["txt", "img"])],
      joint,
      scaled: joint,
      tp: [split(1, ["txt"])],
      ip: [split(1, ["img"])],
      out: [split(1, ["img"])],
      "out.whole": [],
    },
    sameAs: { "x.local": "x", "t.local": "t", "out.whole": "out", ...(tableIsLike ? { "table.local": "table" } : {}) },
    equations: [
      {
        left: "all",
        right: add("txt", "img"),
        leftName: "table axis 0",
        rightName: "t axis 1 + x axis 1",
        origin: originIn("rope"),
      },
    ],
  });
}

export const feeds = (txt: number, img: number, all = txt + img): OrtTensors => ({
  x: random(1, [1, img, 2]),
  t: random(2, [1, txt, 2]),
  table: random(3, [all, 2]),
});
