/**
 * @file Diagonals and triangles become comparisons of the numbers of rows and columns; ranges know how long they are, in every direction.
 */
import { describe, expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import { evaluate, show } from "../../../compiler/expr/expr.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { Attributes } from "../../../compiler/graph/types.ts";
import { pattern, type Pattern } from "./build.ts";
import { expectSame, run } from "./check.ts";

const number = (p: Pattern, value: number): string => p.constant(tensorFromNumbers("int64", [], [value]));
const length = (p: Pattern, x: string, axis: number): string =>
  p.node("Gather", [p.node("Shape", [x]), number(p, axis)]);
const cast = (p: Pattern, x: string, to: number): string => p.node("Cast", [x], { attributes: { to: int(to) } });

describe("one diagonal", () => {
  test.each<readonly [string, Attributes]>([
    ["of the operand's type", {}],
    ["above", { k: int(2), dtype: int(7) }],
    ["below", { k: int(-1), dtype: int(6) }],
  ])("%s", async (_, attributes) => {
    const p = pattern();
    const eye = p.node("EyeLike", [p.input("x", ["S", "T"])], { attributes });
    const before = p.build(cast(p, eye, 1), eye);
    const after = rewrite(before);
    expect(after.nodes.map(({ op }) => op)).not.toContain("EyeLike");
    expect(after.shapes.get(eye)).toEqual(before.shapes.get(eye));
    await expectSame(before, after);
  });
});

describe("a triangle of data", () => {
  test.each<readonly [string, number, number | string | null, number]>([
    ["upper", 1, null, 1],
    ["lower, with two more", 0, 2, 1],
    ["upper, from a row that the shape tells", 1, "T", 1],
    ["lower, of booleans", 0, -1, 9],
  ])("%s", async (_, upper, k, to) => {
    const p = pattern();
    const x = cast(p, p.input("x", ["B", "S", "T"]), to);
    const diagonal = k === null ? [] : [typeof k === "number" ? number(p, k) : length(p, x, 2)];
    const triangle = p.node("Trilu", [x, ...diagonal], { attributes: { upper: int(upper) } });
    const before = p.build(cast(p, triangle, 1));
    const after = rewrite(before);
    expect(after.nodes.map(({ op }) => op)).not.toContain("Trilu");
    await expectSame(before, after);
  });
});

test.each<readonly [string, (p: Pattern, n: string) => readonly [string, string, string], string]>([
  ["backwards", (p, n) => [p.node("Sub", [n, number(p, 1)]), number(p, -1), number(p, -1)], "S"],
  ["backwards past 0", (p, n) => [n, p.node("Neg", [n]), number(p, -1)], "2*S"],
  ["every third", (p, n) => [number(p, 0), n, number(p, 3)], "(S + 2) // 3"],
  ["every second, backwards", (p, n) => [n, number(p, 0), number(p, -2)], "(S + 1) // 2"],
  ["in steps of a length", (p, n) => [number(p, 0), p.node("Mul", [n, length(p, "x", 1)]), length(p, "x", 1)], "S"],
  ["none", (p, n) => [number(p, 2), n, number(p, -2)], "max(0, -1*S + (S + 1) // 2 + 1)"],
])("a range %s", async (_, operands, extent) => {
  const p = pattern();
  const n = length(p, p.input("x", ["S", "T"]), 0);
  const range = p.node("Range", operands(p, n));
  const graph = p.build(range);
  expect(graph.shapes.get(range)!.dims.map(show)).toEqual([extent]);
  for (const lengths of [
    { S: 5, T: 3 },
    { S: 1, T: 2 },
  ]) {
    const zeros = {
      elem: "float32" as const,
      dims: [lengths.S, lengths.T],
      data: new Float32Array(lengths.S * lengths.T),
    };
    const made = (await run(graph, { x: zeros }, lengths))[range]!;
    expect(made.dims).toEqual(graph.shapes.get(range)!.dims.map((d) => evaluate(d, lengths)));
  }
});
