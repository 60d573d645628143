/**
 * @file Constant folding by onnxruntime: what is folded, what stays, and that a node which cannot run does not spoil the others.
 */
import { describe, expect, test } from "vitest";
import { removeDead } from "../../../compiler/ir/clean.ts";
import { foldConstants, foldKnown } from "../../../compiler/canonical/passes/fold.ts";
import { float, int, ints } from "../../../compiler/graph/attributes.ts";
import { numbersOf, tensorFromInts, tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { Graph, Node, Tensor } from "../../../compiler/graph/types.ts";
import { canonical, canonicalNode, graph, integers, node, shape, value } from "../../support/graphs.ts";

const opsets = { "": 18, cp: 1 };
const fold = (
  nodes: readonly Node[],
  constants: Readonly<Record<string, Tensor>>,
  more: Partial<Graph> = {},
): Promise<Graph> =>
  foldConstants(graph({ nodes, constants: new Map(Object.entries(constants)), ...more }), { opsets });
const left = (g: Graph): readonly string[] => g.nodes.map((n) => n.op);
const numbers = (g: Pick<Graph, "constants">, name: string): readonly number[] | null | undefined => {
  const tensor = g.constants.get(name);
  return tensor && numbersOf(tensor);
};

describe("foldConstants", () => {
  test("chains of small constants, to any depth and with several results", async () => {
    const nodes = [
      node("Shape", ["w"], ["s"]),
      node("Cast", ["s"], ["f"], { to: int(1) }),
      node("Sqrt", ["f"], ["r"]),
      node("Split", ["r"], ["a", "b"], { axis: int(0), num_outputs: int(2) }),
      node("Div", ["one", "b"], ["d"]),
      node("Mul", ["x", "d"], ["y"]),
    ];
    const after = await fold(nodes, {
      w: tensorFromNumbers("float32", [2, 64], Array<number>(128).fill(0)),
      one: tensorFromNumbers("float32", [], [1]),
    });
    expect(left(after)).toEqual(["Mul"]);
    expect(numbers(after, "d")).toEqual([0.125]);
    expect(after.constants.get("a")?.dims).toEqual([1]);
  });

  test("what a few bytes blow up is told before it runs", async () => {
    const column = tensorFromNumbers("float32", [16_000, 1], Array<number>(16_000).fill(1));
    const nodes = [
      node("Add", ["column", "row"], ["sums"]),
      node("MatMul", ["column", "row"], ["products"]),
      node("Range", ["zero", "many", "two"], ["numbers"]),
      node("Pad", ["column", "pads"], ["padded"]),
    ];
    const begun = process.resourceUsage().maxRSS;
    const after = await fold(nodes, {
      column,
      row: { ...column, dims: [1, 16_000] },
      zero: tensorFromNumbers("int64", [], [0]),
      many: tensorFromNumbers("int64", [], [4e8]),
      two: tensorFromNumbers("int64", [], [2]),
      pads: tensorFromNumbers("int64", [4], [0, 0, 0, 20_000]),
    });
    expect(left(after)).toEqual(["Add", "MatMul", "Range", "Pad"]);
    expect((process.resourceUsage().maxRSS - begun) / 1024).toBeLessThan(100);
  });

  test("what is large, random, a fill, or has a subgraph stays", async () => {
    const body = graph({ outputs: [value("o", "float32", null)], nodes: [node("Abs", ["c"], ["o"])] });
    const branches = {
      then_branch: { kind: "graph", value: body },
      else_branch: { kind: "graph", value: body },
    } as const;
    const nodes = [
      node("Range", ["zero", "many", "one"], ["r"]),
      node("ReduceSum", ["r"], ["sum"], { keepdims: int(0) }),
      node("RandomNormalLike", ["c"], ["noise"]),
      node("ConstantOfShape", ["dims"], ["zeros"]),
      node("Expand", ["c", "dims"], ["ones"]),
      node("If", ["yes"], ["choice"], branches),
      node("ConstantOfShape", ["huge"], ["none"], { value: { kind: "tensor", value: tensorFromInts([1]) } }),
    ];
    const scalar = (elem: "int64" | "bool" | "float32", x: number): Tensor => tensorFromNumbers(elem, [], [x]);
    const after = await fold(nodes, {
      zero: scalar("int64", 0),
      many: scalar("int64", 100_000),
      one: scalar("int64", 1),
      c: scalar("float32", 1),
      yes: scalar("bool", 1),
      dims: tensorFromInts([3, 4]),
      huge: tensorFromInts([1_000_000]),
    });
    expect(left(after)).toEqual(nodes.map((n) => n.op));
  });

  test("integer vectors made by fills are folded: they are shapes", async () => {
    const filled = { value: { kind: "tensor", value: tensorFromInts([-1]) } } as const;
    const after = await fold([node("ConstantOfShape", ["n"], ["v"], filled)], { n: tensorFromInts([3]) });
    expect(numbers(after, "v")).toEqual([-1, -1, -1]);
  });

  test("large constants and constants on disk are not read", async () => {
    const disk: Tensor = {
      elem: "float32",
      dims: [2],
      data: { kind: "external", file: "/nowhere/w.bin", offset: 0, length: 8 },
    };
    const large = tensorFromNumbers("float32", [20_000], Array<number>(20_000).fill(1));
    const after = await fold([node("Abs", ["d"], ["a"]), node("ReduceSum", ["l"], ["s"], { keepdims: int(0) })], {
      d: disk,
      l: large,
    });
    expect(left(after)).toEqual(["Abs", "ReduceSum"]);
  });

  test("a result that the file states to be large is not made", async () => {
    const types = new Map([["t", { elem: "float32" as const, dims: [1000, 1000] }]]);
    const column = tensorFromNumbers("float32", [1000, 1], Array<number>(1000).fill(1));
    const row = tensorFromNumbers("float32", [1, 1000], Array<number>(1000).fill(1));
    expect(left(await fold([node("Mul", ["c", "r"], ["t"])], { c: column, r: row }, { types }))).toEqual(["Mul"]);
  });

  test("a node that onnxruntime refuses stays, its neighbours are folded", async () => {
    const nodes = [
      node("Neg", ["c"], ["n"]),
      node("NoSuchOperator", ["c"], ["x"]),
      node("Reshape", ["c", "five"], ["bad"]),
      node("Elu", ["c"], ["e"], { alpha: float(1) }),
    ];
    const after = await fold(nodes, { c: tensorFromNumbers("float32", [2], [1, 2]), five: tensorFromInts([5]) });
    expect(left(after)).toEqual(["NoSuchOperator", "Reshape"]);
    expect(numbers(after, "n")).toEqual([-1, -2]);
  });

  test("types that cannot cross onnxruntime's API stay", async () => {
    const half = tensorFromNumbers("bfloat16", [1], [1]);
    const after = await fold([node("Neg", ["h"], ["n"]), node("Cast", ["c"], ["b"], { to: int(16) })], {
      h: half,
      c: tensorFromNumbers("float32", [1], [1]),
    });
    expect(left(after)).toEqual(["Neg", "Cast"]);
  });
});

describe("foldKnown", () => {
  const before = canonical({
    inputs: { x: shape("float32", "S", 8) },
    outputs: ["y"],
    nodes: [
      canonicalNode("Cast", ["size"], ["f"], { attributes: { to: int(1) } }),
      canonicalNode("Sqrt", ["f"], ["r"]),
      canonicalNode("Cast", ["length"], ["g"], { attributes: { to: int(1) } }),
      canonicalNode("Mul", ["r", "g"], ["h"]),
      canonicalNode("Mul", ["x", "h"], ["y"]),
    ],
    integers: { size: integers(16), length: integers("S") },
    shapes: {
      f: shape("float32", 1),
      r: shape("float32", 1),
      g: shape("float32", 1),
      h: shape("float32", 1),
      y: shape("float32", "S", 8),
      size: shape("int64", 1),
      length: shape("int64", 1),
    },
  });

  test("chains from integers that are numbers are folded, those from lengths stay", async () => {
    const after = await foldKnown(before);
    expect(after.nodes.map((n) => n.outputs[0])).toEqual(["g", "h", "y"]);
    expect(numbers(after, "r")).toEqual([4]);
    expect(after.shapes.get("r")).toEqual({ elem: "float32", dims: [1] });
  });

  test("what only folded nodes read goes with removeDead", async () => {
    const after = removeDead(await foldKnown(before));
    expect([...after.constants.keys()]).toEqual(["r"]);
    expect([...after.integers.keys()]).toEqual(["length"]);
  });
});

describe("removeDead", () => {
  test("keeps inputs and what feeds an output, also through a subgraph, and drops the rest", () => {
    const body = graph({ outputs: [value("o", "float32", null)], nodes: [node("Abs", ["a"], ["o"])] });
    const branches = {
      then_branch: { kind: "graph", value: body },
      else_branch: { kind: "graph", value: body },
    } as const;
    const one = tensorFromNumbers("float32", [1], [1]);
    const parts = canonical({
      inputs: { x: shape("float32", 2), c: shape("bool"), unused: shape("float32", 3) },
      outputs: ["y"],
      nodes: [
        canonicalNode("Add", ["x", "used"], ["a"]),
        canonicalNode("Add", ["a", "other"], ["dead"]),
        canonicalNode("Transpose", ["dead"], ["dead2"], { attributes: { perm: ints([0]) } }),
        canonicalNode("If", ["c"], ["y"], { attributes: branches }),
      ],
      constants: { used: one, other: one },
      integers: { n: integers(1) },
      shapes: Object.fromEntries(["a", "dead", "dead2", "y"].map((name) => [name, shape("float32", 2)])),
    });
    const marked = (name: string): (typeof parts)["markers"][number] => ({
      module: "m",
      side: "output",
      parameter: null,
      index: 0,
      value: name,
    });
    const after = removeDead({ ...parts, markers: [marked("a"), marked("dead")] });
    expect(after.nodes.map((n) => n.outputs[0])).toEqual(["a", "y"]);
    expect([...after.constants.keys()]).toEqual(["used"]);
    expect([...after.integers.keys()]).toEqual([]);
    expect([...after.shapes.keys()].sort()).toEqual(["a", "c", "unused", "used", "x", "y"]);
    expect(after.markers).toEqual([marked("a")]);
    expect(after.inputs.map((i) => i.name)).toEqual(["x", "c", "unused"]);
  });
});
