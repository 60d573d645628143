/**
 * @file Medians, spreads and ratios of measured numbers. Knows no unit.
 */

export interface Statistics {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The middle number, or the mean of the two in the middle. Of no numbers it is NaN. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

export function statistics(numbers: readonly number[]): Statistics {
  return { median: median(numbers), lowest: Math.min(...numbers), highest: Math.max(...numbers) };
}

/** Median of the ratios of each round: a machine that slows down in one round slows both sides. */
export function ratio(numbers: readonly number[], base: readonly number[]): number {
  return median(numbers.map((number, round) => number / (base[round] ?? NaN)));
}
