/**
 * @file Gathers whose indices address every element in order become views, whatever the indices are made of; others stay.
 */
import { describe, expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { pattern, type Pattern } from "./build.ts";
import { count, expectSame } from "./check.ts";

const number = (p: Pattern, value: number): string => p.constant(tensorFromNumbers("int64", [], [value]));
const lengthOf = (p: Pattern, value: string, axis: number): string =>
  p.node("Gather", [p.node("Shape", [value]), number(p, axis)]);
/** 0, 1, ... below an extent. */
const iota = (p: Pattern, value: string, axis: number): string =>
  p.node("Range", [number(p, 0), lengthOf(p, value, axis), number(p, 1)]);
const unsqueeze = (p: Pattern, x: string, ...axes: readonly number[]): string =>
  p.node("Unsqueeze", [x, p.ints(...axes)]);
const concat = (p: Pattern, parts: readonly string[]): string =>
  p.node("Concat", parts, { attributes: { axis: int(-1) } });
const extents = (p: Pattern, x: string, ...dims: readonly (number | "batch" | "keys")[]): string =>
  p.node(
    "Concat",
    dims.map((dim) =>
      typeof dim === "number" ? p.ints(dim) : p.node("Unsqueeze", [lengthOf(p, x, dim === "batch" ? 0 : 1), p.ints(0)]),
    ),
    { attributes: { axis: int(0) } },
  );

/** As dynamo writes `mask[batch[:, None, None, None], keys[None, None, None, :]]`: one index for each axis, side by side. */
const sideBySide = (p: Pattern, x: string, rows: number | "keys" = 1): string => {
  const target = extents(p, x, "batch", 1, rows, "keys");
  const parts = [unsqueeze(p, iota(p, x, 0), 1, 2, 3), unsqueeze(p, iota(p, x, 1), 0, 1, 2)].map((index) =>
    unsqueeze(p, p.node("Expand", [index, target]), -1),
  );
  return p.node("GatherND", [x, concat(p, parts)]);
};

/** As TorchScript writes it: the number of the element in the flattened mask. */
const numbered = (p: Pattern, x: string): string => {
  const start = p.node("Mul", [unsqueeze(p, iota(p, x, 0), 1, 2, 3), lengthOf(p, x, 1)]);
  const index = p.node("Add", [unsqueeze(p, iota(p, x, 1), 0, 1, 2), start]);
  const flat = p.node("Flatten", [x], { attributes: { axis: int(2) } });
  const read = p.node("Gather", [flat, index], { attributes: { axis: int(0) } });
  return p.node("Reshape", [p.reshape(read, -1), extents(p, x, "batch", 1, 1, "keys")]);
};

const padding = (p: Pattern): string => p.input("mask", ["B", "S"]);

describe("in order", () => {
  test.each<readonly [string, (p: Pattern) => string]>([
    ["an index for each axis", (p) => sideBySide(p, padding(p))],
    ["an index for each axis, repeated for every row", (p) => sideBySide(p, padding(p), "keys")],
    ["the number of the element", (p) => numbered(p, padding(p))],
    [
      "axes in another order",
      (p) => {
        const x = p.input("x", ["B", "S", 3]);
        const target = extents(p, x, "keys", "batch");
        const parts = [unsqueeze(p, iota(p, x, 0), 0), unsqueeze(p, iota(p, x, 1), 1)].map((index) =>
          unsqueeze(p, p.node("Expand", [index, target]), -1),
        );
        return p.node("GatherND", [x, concat(p, parts)]);
      },
    ],
    [
      "the first axis alone",
      (p) => {
        const x = p.input("x", ["B", "S"]);
        return p.node("GatherND", [x, unsqueeze(p, iota(p, x, 0), 1)]);
      },
    ],
    [
      "numbers that are written out",
      (p) => {
        const index = [0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2];
        return p.node("GatherND", [
          p.input("x", [2, 3, "S"]),
          p.constant(tensorFromNumbers("int64", [2, 1, 3, 2], index)),
        ]);
      },
    ],
    [
      "one axis in two",
      (p) => {
        const index = p.constant(tensorFromNumbers("int64", [2, 3], [0, 1, 2, 3, 4, 5]));
        return p.node("Gather", [p.input("x", ["S", 6]), index], { attributes: { axis: int(1) } });
      },
    ],
    [
      "one axis in two, the faster one first",
      (p) => {
        const index = p.constant(tensorFromNumbers("int64", [3, 2], [0, 3, 1, 4, 2, 5]));
        return p.node("Gather", [p.input("x", ["S", 6]), index], { attributes: { axis: int(1) } });
      },
    ],
    [
      "every row twice",
      (p) => {
        const index = p.constant(tensorFromNumbers("int64", [6], [0, 0, 1, 1, 2, 2]));
        return p.node("Gather", [p.input("x", ["S", 3, "B"]), index], { attributes: { axis: int(-2) } });
      },
    ],
    [
      "every row twice and every column three times",
      (p) => {
        const index = grid(4, 6, (row, column) => [row >> 1, Math.floor(column / 3)]);
        const places = p.constant(tensorFromNumbers("int64", [4, 6, 2], index));
        return p.node("GatherND", [p.input("x", [2, 2, "S"]), places]);
      },
    ],
  ])("%s", async (_, write) => {
    const p = pattern();
    const before = p.build(p.node("Abs", [write(p)]));
    const after = rewrite(before);
    expect(after.nodes.filter(({ op }) => op.startsWith("Gather"))).toEqual([]);
    await expectSame(before, after);
  });
});

const grid = (rows: number, columns: number, at: (row: number, column: number) => readonly number[]): number[] =>
  Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns)).flat();

describe("otherwise", () => {
  const written = (dims: readonly number[], ...index: readonly number[]) => {
    return (p: Pattern): string =>
      p.node("GatherND", [p.input("x", [3, 3]), p.constant(tensorFromNumbers("int64", dims, index))]);
  };
  test.each<readonly [string, (p: Pattern) => string]>([
    ["the diagonal", written([3, 2], 0, 0, 1, 1, 2, 2)],
    ["from the end", written([3, 1], 2, 1, 0)],
    ["some rows", written([2, 1], 0, 1)],
    ["from the second row", written([2, 1], 1, 2)],
    ["negative", written([3, 1], -3, -2, -1)],
    ["every second row", written([2, 1], 0, 2)],
    ["all rows one after the other, twice", written([6, 1], 0, 1, 2, 0, 1, 2)],
    ["rows of different numbers", written([6, 1], 0, 0, 0, 1, 1, 2)],
    ["the first rows twice", written([4, 1], 0, 0, 1, 1)],
    ["the rows for the columns, twice", written([6, 6, 2], ...grid(6, 6, (row, column) => [column >> 1, row >> 1]))],
    [
      "the first row for each",
      (p) => {
        const index = p.constant(tensorFromNumbers("int64", [2], [0, 0]));
        return p.node("Gather", [p.input("x", [3, "S"]), index], { attributes: { axis: int(0) } });
      },
    ],
    [
      "a step that is not the extent of the faster axis",
      (p) => {
        const index = p.constant(tensorFromNumbers("int64", [2, 3], [0, 1, 2, 2, 3, 4]));
        return p.node("Gather", [p.input("x", [6, "S"]), index], { attributes: { axis: int(0) } });
      },
    ],
    [
      "as many as another value has",
      (p) => {
        const [x, y] = [p.input("x", ["S", 2]), p.input("y", ["T", 2])];
        return p.node("Gather", [x, iota(p, y, 0)], { attributes: { axis: int(0) } });
      },
    ],
    [
      "with a batch of its own",
      (p) => {
        const index = p.constant(tensorFromNumbers("int64", [3, 3, 1], [0, 1, 2, 0, 1, 2, 0, 1, 2]));
        return p.node("GatherND", [p.input("x", [3, 3]), index], { attributes: { batch_dims: int(1) } });
      },
    ],
    [
      "a table",
      (p) => {
        const table = p.constant(tensorFromNumbers("float32", [3, 2], [1, 2, 3, 4, 5, 6]));
        const index = p.constant(tensorFromNumbers("int64", [3], [0, 1, 2]));
        const rows = p.node("Gather", [table, index], { attributes: { axis: int(0) } });
        return p.node("Add", [p.input("x", [3, 2]), rows]);
      },
    ],
  ])("%s: stays", (_, write) => {
    const p = pattern();
    const after = rewrite(p.build(p.node("Abs", [write(p)])));
    expect(count(after, "Gather") + count(after, "GatherND")).toBeGreaterThan(0);
  });
});
