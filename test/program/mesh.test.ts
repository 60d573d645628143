/**
 * @file Rank arithmetic of a mesh: groups in numbers, and the same as expressions in the rank.
 */
import { expect, test } from "vitest";
import { evaluate, RANK } from "../../compiler/expr/expr.ts";
import {
  before,
  groupOf,
  groupSize,
  groupsOf,
  indexIn,
  rankAt,
  ranksOf,
  type Group,
  type Mesh,
} from "../../program/mesh.ts";

const MESHES: readonly Mesh[] = [1, 2, 3].flatMap((batch_degree) =>
  [1, 2, 3, 4].flatMap((ring_degree) =>
    [1, 2, 3].map((ulysses_degree) => ({ batch_degree, ring_degree, ulysses_degree })),
  ),
);
const GROUPS: readonly Group[] = ["batch", "sequence", "ulysses", "ring"];

test("row-major: Ulysses groups are adjacent ranks, rings are U apart", () => {
  const mesh = { batch_degree: 1, ring_degree: 2, ulysses_degree: 3 };
  expect(groupsOf("sequence", mesh)).toEqual([[0, 1, 2, 3, 4, 5]]);
  expect(groupsOf("ulysses", mesh)).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  expect(groupsOf("ring", mesh)).toEqual([
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
});

test("row-major with a batch: sequence groups are adjacent ranks, and hold rings and Ulysses groups", () => {
  const mesh = { batch_degree: 2, ring_degree: 2, ulysses_degree: 2 };
  expect(groupsOf("sequence", mesh)).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ]);
  expect(groupsOf("batch", mesh)).toEqual([
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
  ]);
  expect(groupsOf("ring", mesh).slice(2)).toEqual([
    [4, 6],
    [5, 7],
  ]);
  expect(groupsOf("ulysses", mesh).slice(2)).toEqual([
    [4, 5],
    [6, 7],
  ]);
});

test.each(MESHES)(
  "every rank is in one group of each kind: B $batch_degree, R $ring_degree, U $ulysses_degree",
  (mesh) => {
    const ranks = Array.from({ length: ranksOf(mesh) }, (_, rank) => rank);
    for (const group of GROUPS) {
      expect(
        groupsOf(group, mesh)
          .flat()
          .toSorted((a, b) => a - b),
      ).toEqual(ranks);
      for (const rank of ranks) {
        const own = groupOf(group, rank, mesh);
        expect(own).toHaveLength(groupSize(group, mesh));
        expect(own).toContain(rank);
      }
    }
  },
);

test.each(MESHES)("expressions say what numbers do: B $batch_degree, R $ring_degree, U $ulysses_degree", (mesh) => {
  for (let rank = 0; rank < ranksOf(mesh); rank++) {
    for (const group of GROUPS) {
      const said = groupOf(group, rank, mesh).map((_, at) => evaluate(rankAt(group, at, RANK, mesh), { [RANK]: rank }));
      expect(said).toEqual(groupOf(group, rank, mesh));
    }
    for (const group of GROUPS) {
      const position = groupOf(group, rank, mesh).indexOf(rank);
      expect(evaluate(indexIn(group, RANK, mesh), { [RANK]: rank })).toBe(position);
    }
    const ring = groupOf("ring", rank, mesh);
    for (let steps = 0; steps < ring.length; steps++) {
      const expected = ring[(ring.indexOf(rank) + ring.length - steps) % ring.length];
      expect(evaluate(before(RANK, steps, mesh), { [RANK]: rank })).toBe(expected);
    }
  }
});
