/**
 * @file Lengths of a model's inputs: which axes carry one, and which extents follow from those of other axes.
 */
import { expect, test } from "vitest";
import { nameLengths } from "../../compiler/ir/lengths.ts";
import { add, floorDiv, mul } from "../../compiler/expr/expr.ts";
import { value } from "../support/graphs.ts";

const dimsOf = ({ inputs }: ReturnType<typeof nameLengths>): readonly unknown[] => inputs.map((i) => i.shape.dims);
const sourcesOf = ({ lengths }: ReturnType<typeof nameLengths>): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(lengths.map(({ name, sources }) => [name, sources.map((s) => `${s.input} ${s.axis}`)]));

test("an extent written as arithmetic follows from the lengths of other axes, also of later inputs", () => {
  const named = nameLengths(
    [
      value("mask", "float32", ["batch", 1, "txt + img", "2*(img//4)"]),
      value("hidden", "float32", ["batch", "img", 8]),
      value("text", "float32", [1, "txt", 8]),
    ],
    {},
  );
  expect(dimsOf(named)).toEqual([
    ["batch", 1, add("txt", "img"), mul(2, floorDiv("img", 4))],
    ["batch", "img", 8],
    [1, "txt", 8],
  ]);
  expect(sourcesOf(named)).toEqual({ batch: ["mask 0", "hidden 0"], img: ["hidden 1"], txt: ["text 1"] });
});

test("where a length in it is carried by no axis alone, it is a length as a whole", () => {
  const named = nameLengths(
    [value("mask", "float32", ["past + img", "img"]), value("other", "float32", ["past + img", "a b", null])],
    {},
  );
  expect(dimsOf(named)).toEqual([
    ["past + img", "img"],
    ["past + img", "a b", "other.2"],
  ]);
  expect(sourcesOf(named)).toEqual({
    img: ["mask 1"],
    "past + img": ["mask 0", "other 0"],
    "a b": ["other 1"],
    "other.2": ["other 2"],
  });
});

test("a size that is given for one length goes into all extents that follow from it", () => {
  const inputs = [
    value("mask", "float32", ["txt + img"]),
    value("x", "float32", ["img"]),
    value("t", "float32", ["txt"]),
  ];
  expect(dimsOf(nameLengths(inputs, { x: [96] }))).toEqual([[add("txt", 96)], [96], ["txt"]]);
  expect(dimsOf(nameLengths(inputs, { x: [96], t: [40] }))).toEqual([[136], [96], [40]]);
  expect(dimsOf(nameLengths(inputs, { mask: [136] }))).toEqual([[136], ["img"], ["txt"]]);
});

test("no length has a name that marks an unknown extent", () => {
  const { inputs, lengths } = nameLengths([value("x", "float32", ["?rows", "rank", null])], {});
  expect(inputs[0]!.shape.dims).toEqual(["rows_length", "rank_length", "x.2"]);
  expect(lengths.map(({ name }) => name)).toEqual(["rank_length", "x.2", "rows_length"]);
});
