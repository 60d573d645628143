/**
 * @file Collectives of the simulator: which rank receives what, and the report on blocks that differ from their announced shape.
 */
import { equalCut } from "../../program/shares.ts";
import { expect, test } from "vitest";
import { runCollective } from "../../compiler/simulate/collective.ts";
import { groupsOf } from "../../program/mesh.ts";
import type { RankValues } from "../../compiler/simulate/collective.ts";
import { chunk } from "../../compiler/expr/expr.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { collective } from "../support/sharded.ts";

const mesh = { batch_degree: 1, ring_degree: 2, ulysses_degree: 2 };
const number = (value: number): OrtTensor => ortTensor("float32", [1], [value]);
const ranks = (...names: readonly string[]): readonly RankValues[] =>
  [0, 1, 2, 3].map((rank) => new Map(names.map((name, i) => [name, number(rank * 10 + i)] as const)));
const held = (values: readonly RankValues[], name: string): readonly unknown[] =>
  values.map((rank) => rank.get(name)?.data[0]);
const block = { elem: "float32", dims: [1] } as const;

test("groups: the mesh in order, adjacent ranks, ranks apart", () => {
  expect(groupsOf("sequence", mesh)).toEqual([[0, 1, 2, 3]]);
  expect(groupsOf("ulysses", mesh)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(groupsOf("ring", mesh)).toEqual([
    [0, 2],
    [1, 3],
  ]);
  expect(groupsOf("ring", { batch_degree: 1, ring_degree: 3, ulysses_degree: 1 })).toEqual([[0, 1, 2]]);
});

test("all-to-all: block j goes to member j, and lies under its sender's name", () => {
  const values = ranks("s0", "s1");
  const step = collective({
    collective: "all-to-all",
    group: "ulysses",
    transfers: [{ send: ["s0", "s1"], receive: ["r0", "r1"], ...block }],
  });
  expect(runCollective(step, values, mesh, {}, equalCut)).toBeNull();
  expect(held(values, "r0")).toEqual([0, 1, 20, 21]);
  expect(held(values, "r1")).toEqual([10, 11, 30, 31]);
});

test("all-gather: every member holds every block, in order", () => {
  const values = ranks("s");
  const step = collective({
    collective: "all-gather",
    group: "ring",
    transfers: [{ send: ["s"], receive: ["r0", "r1"], ...block }],
  });
  expect(runCollective(step, values, mesh, {}, equalCut)).toBeNull();
  expect([held(values, "r0"), held(values, "r1")]).toEqual([
    [0, 10, 0, 10],
    [20, 30, 20, 30],
  ]);
});

test("shift: the block goes to the next member", () => {
  const values = ranks("s");
  const step = collective({
    collective: "shift",
    group: "ring",
    transfers: [{ send: ["s"], receive: ["r"], ...block }],
  });
  expect(runCollective(step, values, mesh, {}, equalCut)).toBeNull();
  expect(held(values, "r")).toEqual([20, 30, 0, 10]);
});

test("a block that is not as announced stops the collective, with both shapes", () => {
  const values = ranks("s");
  const dims = [chunk("sequence", "n", 4, "rank")];
  const step = collective({
    name: "kv",
    collective: "all-gather",
    transfers: [{ send: ["s"], receive: ["a", "b", "c", "d"], elem: "float32", dims }],
  });
  expect(runCollective(step, values, mesh, { n: 4 }, equalCut)).toBeNull();
  const wrong = runCollective(step, values, mesh, { n: 3 }, equalCut);
  expect(wrong?.diagnostic.message).toBe(
    'the block "s" that rank 3 sends to rank 0 in "kv" in module "m" is float32 [1]; the collective expects float32 [0]',
  );
});

test("a collective that does not fit its group is a mistake of ours", () => {
  const step = collective({ collective: "all-gather", transfers: [{ send: ["s"], receive: ["a", "b"], ...block }] });
  expect(() => runCollective(step, ranks("s"), mesh, {}, equalCut)).toThrow(
    "sends 1 and receives 2 values in a group of 4",
  );
});
