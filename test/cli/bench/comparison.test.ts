/**
 * @file How many threads each side gets.
 */
import { expect, test } from "vitest";
import { threadsFor } from "../../../cli/bench/comparison.ts";

test.each([
  { ranks: 1, cores: 8, rank: 8, plain: 8 },
  { ranks: 2, cores: 8, rank: 4, plain: 8 },
  // Two cores stay idle on both sides.
  { ranks: 3, cores: 8, rank: 2, plain: 6 },
  // More ranks than cores: the plain session does not get more threads than cores.
  { ranks: 4, cores: 2, rank: 1, plain: 2 },
])("$ranks ranks on $cores cores", ({ ranks, cores, rank, plain }) => {
  expect(threadsFor(ranks, cores)).toEqual({ cores, rank, plain });
});
