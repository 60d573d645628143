/**
 * @file Limits on the size of an expression. A graph of a few nodes can multiply lengths until neither memory nor JavaScript's numbers hold
 * the result; such a length is useless. Knows nothing of what the lengths mean.
 */

/** Whole numbers are exact up to here. */
export const LARGEST: number = 2 ** 53;

/**
 * Far above those of real models. `characters` is the length of one term as text; it bounds degree and depth too. `segments` are those of
 * one split axis, which concatenations of an axis with itself double.
 */
export const LIMITS = { terms: 128, products: 2048, characters: 4096, segments: 8192 } as const;

class BeyondLimits extends Error {}

/** The result of `compute`; `null` where an expression in it exceeds the limits. */
export function withinLimits<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof BeyondLimits) return null;
    throw error;
  }
}

/** Aborts the computation that `withinLimits` started. */
export function limit(isWithin: boolean): void {
  if (!isWithin) throw new BeyondLimits("an expression has no value within its limits");
}
