/**
 * @file Which elements a rank holds: examples computed by hand, and properties for random layouts.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../../compiler/expr/expr.ts";
import { localExtent } from "../../compiler/shard/layout.ts";
import type { AxisShard } from "../../compiler/shard/types.ts";
import { flatIndices, heldPositions, type Dealt } from "../../compiler/simulate/positions.ts";
import { equalCut } from "../../program/shares.ts";
import { split } from "../support/sharded.ts";

const dealt = ([ring, ulysses]: readonly [number, number]): Dealt => ({
  mesh: { batch_degree: 1, ring_degree: ring, ulysses_degree: ulysses },
  cut: equalCut,
});

const held = (
  extent: number,
  shard: AxisShard,
  mesh: readonly [number, number],
  rank: number,
  lengths = {},
): readonly number[] => heldPositions([extent], [shard], dealt(mesh), rank, lengths)[0]!;

test("joint text and image: each rank holds its chunk of both segments", () => {
  const joint = split(0, ["txt", "img"]);
  const lengths = { txt: 5, img: 9 };
  expect(held(14, joint, [1, 2], 0, lengths)).toEqual([0, 1, 2, 5, 6, 7, 8, 9]);
  expect(held(14, joint, [1, 2], 1, lengths)).toEqual([3, 4, 10, 11, 12, 13]);
});

test("uneven chunks: the first ones are longer, the last ones may be empty", () => {
  const chunks = (length: number, ranks: number): readonly (readonly number[])[] =>
    Array.from({ length: ranks }, (_, rank) => held(length, split(0, [length]), [1, ranks], rank));
  expect(chunks(10, 4)).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [6, 7],
    [8, 9],
  ]);
  expect(chunks(2, 3)).toEqual([[0], [1], []]);
});

test("merged axes: outer repeats the split, inner widens each token", () => {
  const shard = split(0, [3], { outer: 2, inner: 2 });
  expect(held(12, shard, [2, 1], 0)).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
  expect(held(12, shard, [2, 1], 1)).toEqual([4, 5, 10, 11]);
});

test("inside attention: a ring holds the rows of its whole Ulysses group, heads go by units", () => {
  const rows = split(0, [5, 4], { over: "ring" });
  expect(held(9, rows, [2, 2], 0)).toEqual([0, 1, 2, 5, 6]);
  expect(held(9, rows, [2, 2], 1)).toEqual([0, 1, 2, 5, 6]);
  expect(held(9, rows, [2, 2], 2)).toEqual([3, 4, 7, 8]);
  const heads = split(0, [6], { over: "ulysses", unit: 2 });
  expect(held(6, heads, [2, 2], 2)).toEqual([0, 1, 2, 3]);
  expect(held(6, heads, [2, 2], 3)).toEqual([4, 5]);
});

test("flat indices run row by row", () => {
  expect([
    ...flatIndices(
      [2, 3],
      [
        [0, 1],
        [0, 2],
      ],
    ),
  ]).toEqual([0, 2, 3, 5]);
  expect([...flatIndices([2, 3], [[], [0, 2]])]).toEqual([]);
  expect([...flatIndices([], [])]).toEqual([0]);
});

test("over all ranks every position is held, once per rank that shares it, and as many as the compiler counts", () => {
  const shard = fc.record({
    over: fc.constantFrom("sequence" as const, "ring" as const, "ulysses" as const),
    outer: fc.integer({ min: 1, max: 3 }),
    inner: fc.integer({ min: 1, max: 3 }),
    unit: fc.integer({ min: 1, max: 3 }),
    groups: fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }),
    mesh: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  });
  fc.assert(
    fc.property(shard, ({ over, outer, inner, unit, groups, mesh }) => {
      const width = over === "ulysses" ? unit : 1;
      const segments = groups.map((n) => n * width);
      const extent = outer * segments.reduce((a, b) => a + b, 0) * inner;
      const entry = split(0, segments, { over, outer, inner, unit: width });
      const [R, U] = mesh;
      const times = { sequence: 1, ring: U, ulysses: R }[over];
      const count = Array.from({ length: extent }, () => 0);
      for (let rank = 0; rank < R * U; rank++) {
        const positions = held(extent, entry, mesh, rank);
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
        const local = localExtent(entry, { batch_degree: 1, ring_degree: R, ulysses_degree: U }, rank);
        expect(positions.length).toBe(evaluate(local, {}, equalCut));
        for (const position of positions) count[position]! += 1;
      }
      expect(count).toEqual(Array.from({ length: extent }, () => times));
    }),
  );
});
