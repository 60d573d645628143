/**
 * @file Masks that hide exactly the later keys become `causal`, masks that hide nothing are removed, all others stay.
 */
import { describe, expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { pattern, type Pattern } from "./build.ts";
import { expectSame } from "./check.ts";
import { heads, matMul, merge, scoresOf } from "./phrases.ts";

type Mask = (p: Pattern, scores: string) => string;

/** S x S ones, or another number. */
const square = (p: Pattern, value: number): string => {
  const length = p.node("Slice", [p.node("Shape", ["q"]), p.ints(1), p.ints(2)]);
  return p.node("Expand", [p.scalar(value), p.node("Concat", [length, length], { attributes: { axis: int(0) } })]);
};
const lower = (p: Pattern, x: string): string => p.node("Trilu", [x], { attributes: { upper: int(0) } });
const upper = (p: Pattern, x: string, k: number): string =>
  p.node("Trilu", [x, p.constant(tensorFromNumbers("int64", [], [k]))], { attributes: { upper: int(1) } });
const bool = (p: Pattern, x: string): string => p.node("Cast", [x], { attributes: { to: int(9) } });
const positions = (p: Pattern): string => {
  const [zero, one] = [0, 1].map((n) => p.constant(tensorFromNumbers("int64", [], [n]))) as [string, string];
  const length = p.node("Gather", [p.node("Shape", ["q"]), one]);
  return p.node("Range", [zero, length, one]);
};
const add = (p: Pattern, scores: string, mask: string): string => p.node("Add", [scores, mask]);
const fill = (p: Pattern): string => p.scalar(-Infinity);

const causal: Readonly<Record<string, Mask>> = {
  "upper triangle of -inf": (p, s) => add(p, s, upper(p, square(p, -Infinity), 1)),
  "lower triangle as a condition": (p, s) =>
    add(p, s, p.node("Where", [bool(p, lower(p, square(p, 1))), p.scalar(0), fill(p)])),
  "lower triangle compared, finite": (p, s) =>
    p.node("Where", [p.node("Equal", [lower(p, square(p, 1)), p.scalar(0)]), p.scalar(-3.4028234663852886e38), s]),
  "(1 - triangle) times a large number, unsqueezed": (p, s) => {
    const later = p.node("Mul", [p.node("Sub", [p.scalar(1), lower(p, square(p, 1))]), p.scalar(-1e38)]);
    return add(p, s, p.node("Unsqueeze", [later, p.ints(0, 1)]));
  },
  "positions compared": (p, s) => {
    const at = positions(p);
    const seen = p.node("LessOrEqual", [p.node("Unsqueeze", [at, p.ints(0)]), p.node("Unsqueeze", [at, p.ints(1)])]);
    return p.node("Where", [seen, s, fill(p)]);
  },
  "later positions filled": (p, s) => {
    const at = positions(p);
    const hidden = p.node("Greater", [p.node("Unsqueeze", [at, p.ints(0)]), p.node("Unsqueeze", [at, p.ints(1)])]);
    return p.node("Where", [hidden, fill(p), s]);
  },
};

const nothing: Readonly<Record<string, Mask>> = {
  "zeros times a number": (p, s) => add(p, s, p.node("Mul", [square(p, 0), p.scalar(3)])),
  "a constant of zeros": (p, s) => add(p, s, p.scalar(0, [1, 1])),
  "a condition that always holds": (p, s) => p.node("Where", [bool(p, square(p, 1)), s, fill(p)]),
};

const kept: Readonly<Record<string, Mask>> = {
  "upper triangle with the diagonal": (p, s) => add(p, s, p.node("Mul", [upper(p, square(p, 1), 0), p.scalar(-1e38)])),
  "a fill that scores can pass": (p, s) => add(p, s, upper(p, square(p, -100), 1)),
  "a bias below the diagonal": (p, s) =>
    add(p, s, p.node("Add", [lower(p, square(p, 1)), upper(p, square(p, -Infinity), 1)])),
  "a transposed triangle": (p, s) => add(p, s, p.transpose(upper(p, square(p, -1e38), 1), 1, 0)),
  "a constant that is no triangle": (p, s) => add(p, s, p.constant(tensorFromNumbers("float32", [1, 1], [2]))),
};

function graph(mask: Mask): CanonicalGraph {
  const p = pattern();
  const [q, k, v] = ["q", "k", "v"].map((name) => heads(p, p.input(name, ["B", "S", 32]))) as [string, string, string];
  return p.build(merge(p, matMul(p, p.softmax(mask(p, scoresOf(p, { q, k, v }))), v)));
}

describe.each([
  ["causal", causal, 3, 1],
  ["no mask", nothing, 3, 0],
  ["a mask that stays", kept, 4, 0],
] as const)("%s", (_, masks, operands, isCausal) => {
  test.each(Object.entries(masks))("%s", async (__, mask) => {
    const before = graph(mask);
    const after = rewrite(before);
    const attention = after.nodes.find((n) => n.op === "Attention")!;
    expect(attention.inputs).toHaveLength(operands);
    expect(attention.attributes["causal"]).toEqual(int(isCausal));
    await expectSame(before, after);
  });
});

test("a constant triangle", async () => {
  const p = pattern();
  const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, [2, 4, 3, 8])) as [string, string, string];
  const triangle = p.constant(
    tensorFromNumbers("float32", [3, 3], [0, -Infinity, -Infinity, 0, 0, -Infinity, 0, 0, 0]),
  );
  const before = p.build(matMul(p, p.softmax(add(p, scoresOf(p, { q, k, v }), triangle)), v));
  const after = rewrite(before);
  expect(after.nodes.find((n) => n.op === "Attention")!.attributes["causal"]).toEqual(int(1));
  await expectSame(before, after);
});

describe("a choice between booleans", () => {
  const not = (p: Pattern, x: string): string => p.node("Not", [x]);
  const truth = (p: Pattern, value: number, dims: readonly number[] = []): string =>
    p.constant(tensorFromNumbers("bool", dims, [value]));
  /** The same choice between numbers, which onnxruntime computes. */
  const byNumber = (p: Pattern, ...[c, a, b]: readonly string[]): string => {
    const [first, second] = [a!, b!].map((x) => p.node("Cast", [x], { attributes: { to: int(7) } }));
    return bool(p, p.node("Where", [c!, first!, second!]));
  };
  const condition = (p: Pattern): string => p.input("c", ["B", 1, "S"], "bool");
  const given = (p: Pattern, name: string): string => p.input(name, ["S", "S"], "bool");
  test.each<readonly [string, (p: Pattern) => readonly string[], readonly string[]]>([
    ["of two masks", (p) => [given(p, "a"), given(p, "b")], ["And", "Not", "And", "Or"]],
    ["true or a mask", (p) => [truth(p, 1), given(p, "b")], ["Or"]],
    ["a mask or false", (p) => [given(p, "a"), truth(p, 0, [1])], ["And"]],
    ["false or a mask", (p) => [truth(p, 0), given(p, "b")], ["Not", "And"]],
    ["a mask or true", (p) => [given(p, "a"), truth(p, 1)], ["Not", "Or"]],
    ["a mask with fewer axes than the number", (p) => [p.input("a", [1], "bool"), truth(p, 0, [1, 1, 1, 1])], ["And"]],
  ])("%s", async (_, sides, ops) => {
    const write = (choose: (p: Pattern, ...three: readonly string[]) => string): CanonicalGraph => {
      const p = pattern();
      return p.build(not(p, choose(p, condition(p), ...sides(p))));
    };
    const after = rewrite(write((p, ...three) => p.node("Where", three)));
    const made = after.nodes.map(({ op }) => op);
    expect(made.filter((op) => op === "Where")).toEqual([]);
    expect(made).toEqual(expect.arrayContaining([...ops]));
    await expectSame(withOutput(write(byNumber)), withOutput(after));
  });
});

/** The same graph whose output is called alike, whatever it was made by. */
function withOutput(graph: CanonicalGraph): CanonicalGraph {
  const [output = ""] = graph.outputs;
  const nodes = graph.nodes.map((node) => (node.outputs[0] === output ? { ...node, outputs: ["out"] } : node));
  return { ...graph, outputs: ["out"], nodes, shapes: new Map([...graph.shapes, ["out", graph.shapes.get(output)!]]) };
}
