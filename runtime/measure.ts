/**
 * @file Shares for ranks of unknown speed: the lengths at which ranks are measured, and the shares that follow from their times. Knows no
 * rank and no message.
 */
import { runtimeMessages as messages } from "../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { evaluate, RANK, startsIn, symbolsOf, withinLimits } from "../compiler/expr/expr.ts";
import { chooseLengths } from "../program/choose-lengths.ts";
import type { Lengths } from "../program/lengths.ts";
import { ranksOf } from "../program/mesh.ts";
import { equalCut, type Shares } from "../program/shares.ts";
import type { Program } from "../program/types.ts";

/** Elements that the measured piece may read: some milliseconds of work, and little memory. */
const MOST_ELEMENTS = 2 ** 21;
/** Where lengths begin, as multiples of the number of ranks: the first that gives few enough elements. */
const SCALES = [512, 256, 128, 64, 32, 16, 8, 4, 2];
/** Ranks count as equal if the slowest takes less than this times as long as the fastest. */
const EQUAL = 1.1;

/** `null` where the program has no piece to measure, or no lengths were found that satisfy its equations. */
export function lengthsToMeasure(program: Program): Lengths | null {
  const batch = batchLengths(program);
  for (const scale of program.probe === null ? [] : SCALES) {
    const lengths = withinLimits(() => chooseLengths({ ...program, batch }, scale));
    const elements = lengths === null ? null : withinLimits(() => elementsRead(program, lengths));
    if (lengths !== null && elements !== null && elements <= MOST_ELEMENTS && satisfies(program, lengths))
      return lengths;
  }
  return null;
}

/** Names of the lengths that the ranks deal among batch groups. */
function batchLengths({ derived }: Program): ReadonlySet<string> {
  const starts = Object.values(derived).flatMap(({ elements }) => elements.flatMap(startsIn));
  return new Set(starts.filter(({ axis }) => axis === "batch").flatMap(({ length }) => symbolsOf(length)));
}

function elementsRead({ probe, mesh }: Program, lengths: Lengths): number {
  const ranks = Array.from({ length: ranksOf(mesh) }, (_, rank) => ({ ...lengths, [RANK]: rank }));
  const largest = (names: Lengths): number =>
    (probe?.reads ?? []).reduce(
      (sum, { dims }) => sum + dims.reduce<number>((size, dim) => size * evaluate(dim, names, equalCut), 1),
      0,
    );
  return Math.max(...ranks.map(largest));
}

function satisfies({ equations, minimums }: Program, lengths: Lengths): boolean {
  return (
    equations.every(({ left, right }) => evaluate(left, lengths) === evaluate(right, lengths)) &&
    minimums.every(({ length, at_least: least }) => evaluate(length, lengths) >= least)
  );
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
