/**
 * @file How large an expression may become. A graph of a few nodes can multiply lengths until neither memory nor the numbers of
 * JavaScript hold the result; such a length is of no use to anybody. Knows nothing of what the lengths mean.
 */

/** Whole numbers are exact up to here. */
export const LARGEST: number = 2 ** 53;

/** Far above what models have. `characters` is the length of one term as text; it bounds degree and depth too. */
export const LIMITS = { terms: 128, products: 2048, characters: 4096 } as const;

class BeyondLimits extends Error {}

/** What `compute` gives; `null` where an expression in it grows beyond the limits. */
export function withinLimits<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof BeyondLimits) return null;
    throw error;
  }
}

/** Ends the computation that `withinLimits` began. */
export function limit(isWithin: boolean): void {
  if (!isWithin) throw new BeyondLimits("an expression has no value within its limits");
}
