/**
 * @file Choices by a number that is independent of the number of options.
 */

/** The element that `at` falls on; `undefined` of an empty list. */
export function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % Math.max(list.length, 1)];
}

/** A place before or behind any element. */
export function place(list: readonly unknown[], at: number): number {
  return at % (list.length + 1);
}
