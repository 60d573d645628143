/**
 * @file Comparison of shards with the whole value: correct shards, and the report on each kind of error.
 */
import { equalCut } from "../../program/shares.ts";
import { expect, test } from "vitest";
import { compareShards } from "../../compiler/simulate/compare.ts";
import type { Comparison, Placement } from "../../compiler/simulate/compare.ts";
import type { Layout } from "../../compiler/shard/types.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { random } from "../support/graphs.ts";
import { split, take } from "../support/sharded.ts";

const label = { value: "v", node: "n", module: "blocks.0" };
const tolerance = { absolute: 1e-5, relative: 1e-5 };
const place = (layout: Layout, ranks: number): Placement => ({
  layout,
  mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: ranks },
  lengths: {},
  cut: equalCut,
});
const compare = (shards: readonly OrtTensor[], whole: OrtTensor, layout: Layout): Comparison =>
  compareShards(label, shards, whole, place(layout, shards.length), tolerance);
const said = (comparison: Comparison): string | undefined => comparison.wrong?.diagnostic.message;
const floats = (...values: readonly number[]): OrtTensor => ortTensor("float32", [values.length], values);

const whole = random(1, [2, 14, 3]);
const rows = [
  [0, 1, 2, 5, 6, 7, 8, 9],
  [3, 4, 10, 11, 12, 13],
] as const;
const shards = rows.map((held) => take(whole, 1, held));

test("two segments in order are right, and the largest difference is told", () => {
  expect(compare(shards, whole, [split(1, [5, 9])])).toEqual({ wrong: null, difference: 0 });
  const near = { ...shards[1]!, data: Float32Array.from(shards[1]!.data as Float32Array, (x) => x + 4e-6) };
  const { wrong, difference } = compare([shards[0]!, near], whole, [split(1, [5, 9])]);
  expect(wrong).toBeNull();
  expect(difference).toBeGreaterThan(3e-6);
});

test("a difference counts against the largest element of its value, a mask's apart", () => {
  const near = (large: number, small: number): string | undefined =>
    said(compare([floats(large, small)], floats(large, 0), []));
  expect(near(1, 3e-4)).toBeDefined();
  expect(near(40, 3e-4)).toBeUndefined();
  expect(near(40, 5e-4)).toBeDefined();
  expect(near(-3.4028234663852886e38, 0.02)).toBeDefined();
  expect(near(Infinity, 3e-4)).toBeDefined();
});

test("the same rows read as one segment are wrong, and the first wrong element is named", () => {
  const { wrong } = compare([take(whole, 1, [0, 1, 2, 3, 4, 5, 6]), take(whole, 1, [7, 8, 9, 10, 11, 12, 13])], whole, [
    split(1, [6, 8]),
  ]);
  expect(wrong).toMatchObject({ value: "v", node: "n", module: "blocks.0", rank: 0, index: [0, 6, 0] });
  expect(wrong?.expected).toBe(whole.data[18]);
  expect(wrong?.actual).toBe(whole.data[9]);
  expect(wrong?.diagnostic).toMatchObject({ code: "CP5501", related: [{ node: "n", module: "blocks.0" }] });
});

test("a shard of another shape, another type or outside the value is told", () => {
  expect(said(compare(shards, whole, [split(1, [14])]))).toBe(
    'the value "v" of the step "n" in module "blocks.0" has the shape [2, 8, 3] on rank 0; its layout gives [2, 7, 3]',
  );
  expect(said(compare([ortTensor("int32", [1], [1])], ortTensor("int64", [1], [1]), []))).toContain(
    "is int32 on rank 0; in the unsplit model it is int64",
  );
  expect(said(compare(shards, take(whole, 1, [0, 1, 2, 3]), [split(1, [5, 9])]))).toContain(
    "its layout gives [some of 2, 4, 3]",
  );
});

test("whole values must be the same on every rank, to the last bit", () => {
  const [a, b] = [floats(1, 2), floats(1, 2 + 2 ** -22)];
  expect(said(compare([a, b], a, []))).toBe(
    'the value "v" of the step "n" in module "blocks.0" is whole, but element [1] is 2.000000238418579 on rank 1 and 2 on rank 0',
  );
  expect(compare([a, a], a, []).wrong).toBeNull();
});

test("a layout that leaves elements out is told", () => {
  const square = random(2, [2, 2]);
  const diagonal = [0, 1].map((i) => take(take(square, 0, [i]), 1, [i]));
  expect(said(compare(diagonal, square, [split(0, [2]), split(1, [2])]))).toContain("hold 2 of its 4 elements");
});

test("NaN equals NaN, infinities equal themselves, and neither equals a number", () => {
  const special = floats(NaN, Infinity, -Infinity, 0);
  expect(compare([special], special, []).wrong).toBeNull();
  for (const [i, other] of [1, -Infinity, 3.4e38, NaN].entries()) {
    const changed = Float32Array.from(special.data as Float32Array);
    changed[i] = other;
    expect(compare([{ ...special, data: changed }], special, []).wrong?.index).toEqual([i]);
    expect(compare([special], { ...special, data: changed }, []).wrong?.index).toEqual([i]);
  }
});

test("integers and booleans must be equal, however large", () => {
  const large = ortTensor("int64", [1], [1_000_000]);
  expect(compare([ortTensor("int64", [1], [1_000_001])], large, []).wrong?.actual).toBe(1_000_001);
  expect(compare([ortTensor("bool", [1], [1])], ortTensor("bool", [1], [0]), []).wrong).not.toBeNull();
  const half = ortTensor("float16", [1], [1]);
  expect(compare([half], half, []).wrong).toBeNull();
});

test("empty chunks are right where the layout says so", () => {
  const two = random(3, [2, 3]);
  expect(compare([take(two, 0, [0]), take(two, 0, [1]), take(two, 0, [])], two, [split(0, [2])]).wrong).toBeNull();
});
