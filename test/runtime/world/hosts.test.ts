/**
 * @file What follows from the places of ranks: who passes requests on, threads of each rank, hosts with too few cores.
 */
import { expect, test } from "vitest";
import { adjacent, crowded, hasOwnCore, passesTo, placementText, threadsOf } from "../../../runtime/world/mpi/hosts.ts";
import type { Cores } from "../../../runtime/world/mpi/hosts.ts";

const on = (host: string, cores: readonly number[], quota: number = Infinity): Cores => ({ host, cores, quota });
const range = (count: number, first = 0): readonly number[] => Array.from({ length: count }, (_, i) => first + i);

test.each([
  ["one host", "aaaa", [[1, 2, 3], [], [], []]],
  ["two hosts", "aabb", [[1, 2], [], [3], []]],
  ["hosts in turn", "abab", [[1, 2], [3], [], []]],
  ["a host for each", "abc", [[1, 2], [], []]],
  ["rank 0 alone", "abb", [[1], [2], []]],
])("%s: every rank gets a request once, every host once from another", (_, text, expected) => {
  const hosts = [...text];
  const routes = hosts.map((_, rank) => passesTo(hosts, rank));
  expect(routes).toEqual(expected);
  expect(routes.flat().toSorted()).toEqual(range(hosts.length - 1, 1));
});

test.each<readonly [string, readonly Cores[], readonly number[]]>([
  ["ranks share the cores of a host", [on("a", range(8)), on("a", range(8))], [4, 4]],
  ["cores that do not divide", [on("a", range(8)), on("a", range(8)), on("a", range(8))], [2, 2, 2]],
  ["bound ranks", [on("a", [0]), on("a", [1])], [1, 1]],
  ["bound to two cores each", [on("a", [0, 1]), on("a", [2, 3])], [2, 2]],
  ["bindings that overlap", [on("a", [0, 1, 2, 3]), on("a", [2, 3, 4, 5])], [3, 3]],
  ["hosts of different size", [on("a", range(8)), on("b", range(2))], [8, 2]],
  ["a quota that bound ranks share", [on("a", [0, 1], 3), on("a", [2, 3], 3)], [1, 1]],
  ["a quota for all ranks of a host", [on("a", range(8), 4), on("a", range(8), 4)], [2, 2]],
  ["at least one", range(4).map(() => on("a", range(2))), [1, 1, 1, 1]],
])("threads: %s", (_, ranks, expected) => {
  expect(threadsOf(ranks)).toEqual(expected);
});

test("hosts with more ranks than cores", () => {
  const ranks = [
    on("a", [0]),
    on("a", [0]),
    on("b", range(2)),
    on("b", range(2)),
    on("c", range(8), 1),
    on("c", range(8), 1),
  ];
  expect(crowded(ranks)).toEqual([
    { host: "a", ranks: 2, cores: 1 },
    { host: "c", ranks: 2, cores: 1 },
  ]);
  expect(range(6).map((rank) => hasOwnCore(ranks, rank))).toEqual([false, false, true, true, false, false]);
});

test("places in words, and the same hosts filled one after the other", () => {
  expect(placementText(["a", "b", "a", "b"])).toBe("a: 0, 2; b: 1, 3");
  expect(adjacent(["a", "b", "a", "b"])).toEqual(["a", "a", "b", "b"]);
});
