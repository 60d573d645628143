/**
 * @file The result of a case on a terminal. Measures nothing.
 */
import type { Case } from "../cases.ts";
import type { CaseResult } from "../results.ts";
import { mebibytes } from "./numbers.ts";

export function caseLine({ name }: Case, { plain, sides }: CaseResult): string {
  const cells = Object.entries(sides).map(
    ([side, { milliseconds, ratios, peak_pss: pss }]) =>
      `${side} ${milliseconds.median.toFixed(0)} ms (${ratios.milliseconds.toFixed(2)}), ${mebibytes(pss)} MiB`,
  );
  return `${name}: plain ${plain.milliseconds.median.toFixed(0)} ms, ${mebibytes(plain.peak_pss)} MiB; ${cells.join("; ")}`;
}
