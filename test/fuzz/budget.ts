/**
 * @file How much a fuzz test does: a little in `npm test`, much in `npm run fuzz`, bounded in time in both. A fixed seed in the short
 * run makes it the same every time; the long one takes a new seed and prints it.
 */
import { expect } from "vitest";
import * as fc from "fast-check";

const long = process.env["MODE"] === "long";

export interface Budget {
  readonly short: number;
  readonly long: number;
}

/** Longest that one input may take, in milliseconds; a good plan takes under a second on an idle machine. */
const LIMIT_MS = 20_000;

/** Time that one test may take in the long run, in milliseconds; vitest is told twice that. */
const LONG_MS = 900_000;
export const TIMEOUT: number = LONG_MS * 2;

/** What `answer` says of every input must be nothing. Prints how many inputs were tried. */
export async function fuzz<T>(
  what: string,
  inputs: fc.Arbitrary<T>,
  budget: Budget,
  answer: (input: T) => Promise<readonly string[]>,
): Promise<void> {
  const numRuns = long ? budget.long : budget.short;
  const property = fc.asyncProperty(inputs, async (input) => {
    const begun = performance.now();
    expect(await answer(input)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(LIMIT_MS);
  });
  const result = await fc.check(property, {
    numRuns,
    ...(long ? { interruptAfterTimeLimit: LONG_MS } : { seed: 6 }),
  });
  process.stdout.write(`${what}: ${result.numRuns} inputs, seed ${result.seed}\n`);
  if (result.failed) throw new Error(fc.defaultReportMessage(result) ?? "failed");
  expect(result.numRuns).toBeGreaterThan(0);
}
