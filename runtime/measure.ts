/**
 * @file Shares for ranks of unknown speed: the lengths at which ranks are measured, and the shares that follow from their times. Knows no
 * rank and no message.
 */
import { runtimeMessages as messages } from "../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import type { Lengths } from "../program/lengths.ts";
import type { Shares } from "../program/shares.ts";
import type { Program } from "../program/types.ts";
import { lengthsFor } from "./probes.ts";

/** Elements that the measured piece may read: some milliseconds of work, and little memory. */
const MOST_ELEMENTS = 2 ** 21;
/** Where lengths begin, as multiples of the number of ranks: the first that gives few enough elements. */
const SCALES = [512, 256, 128, 64, 32, 16, 8, 4, 2];
/** Ranks count as equal if the slowest takes less than this times as long as the fastest. */
const EQUAL = 1.1;

/** `null` where the program has no piece to measure, or no lengths were found that satisfy its equations. */
export function lengthsToMeasure(program: Program): Lengths | null {
  const small = { scales: SCALES, most: MOST_ELEMENTS, counts: () => true, uncutShort: false };
  return program.probe === null ? null : lengthsFor(program, program.probe, small);
}

/** Speeds relative to the slowest rank, to two digits; `null` where the ranks are about equal. */
function sharesFrom(milliseconds: readonly number[]): Shares {
  const slowest = Math.max(...milliseconds);
  if (!(slowest > EQUAL * Math.min(...milliseconds))) return null;
  return milliseconds.map((time) => Math.round((100 * slowest) / time) / 100);
}

/** Shares, and what a session says of how it found them. */
export interface Dealt {
  readonly shares: Shares;
  readonly notes: readonly Diagnostic[];
}

/** The shares that follow from the times of all ranks; `null` where none could be measured. */
export function dealtBy(milliseconds: readonly number[] | null): Dealt {
  if (milliseconds === null) return { shares: null, notes: [diagnose(messages.sharesNotMeasured, {})] };
  const shares = sharesFrom(milliseconds);
  return { shares, notes: [diagnose(messages.sharesMeasured, { milliseconds, shares })] };
}
