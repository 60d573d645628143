/**
 * @file Medians, spreads and ratios.
 */
import { expect, test } from "vitest";
import { median, ratio, statistics } from "../../../cli/bench/statistics.ts";

test("the median of an even count is the mean of the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("statistics do not depend on the order, and leave it alone", () => {
  const numbers = [9, 1, 5];
  expect(statistics(numbers)).toEqual({ median: 5, lowest: 1, highest: 9 });
  expect(numbers).toEqual([9, 1, 5]);
});

test("a ratio compares within each round", () => {
  // Twice as fast in every round, on a machine that slows down tenfold in the second.
  expect(ratio([1, 10, 1.5], [2, 20, 3])).toBe(0.5);
});
