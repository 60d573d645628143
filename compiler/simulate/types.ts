/**
 * @file Input and result of a simulation. Knows nothing of how it runs.
 */
import type { OrtTensor } from "../../ort/types.ts";
import type { Shares } from "../../program/shares.ts";
import type { Diagnostic } from "../diagnostics/types.ts";

/**
 * A number is right if |a - b| <= absolute * m + relative * |b|, where b is the unsplit one and m the largest magnitude in its value, from
 * `least` (absent: 1) to 1000. Integers and booleans must be equal.
 */
export interface Tolerance {
  readonly absolute: number;
  readonly least?: number;
  readonly relative: number;
}

export interface SimulateOptions {
  readonly tolerance?: Tolerance;
  /** Relative speeds of the ranks, as `attach` takes them; default: all equal. */
  readonly shares?: Shares;
}

/** How far the unsplit model itself moves under noise, for one value. */
export interface Spread {
  /** Largest distance between an element with noise and without. */
  readonly moves: number;
  /** Standard deviation of the elements without noise. */
  readonly deviation: number;
  /** The most that it explains, as a multiple of the tolerance; absent behind a rounding to whole numbers, which has no such limit. */
  readonly times?: number;
}

/** What rounding does to the values behind one to whole numbers. */
export interface Rounding {
  readonly values: number;
  /** The one that differs most. */
  readonly value: string;
  readonly largest: number;
  /** How far it moves in the unsplit model under relative noise of this size. */
  readonly moves: number;
  readonly noise: number;
}

/** A value that differs from the unsplit model, and the step where it first appeared. */
export interface WrongValue {
  readonly value: string;
  /** Node or collective that made it. */
  readonly node: string;
  readonly module: string;
  readonly rank: number | null;
  /** Index into the whole value, where single numbers differ. */
  readonly index: readonly number[] | null;
  readonly expected: number | null;
  readonly actual: number | null;
  readonly diagnostic: Diagnostic;
}

export interface SimulationReport {
  readonly ranks: number;
  /** Values compared, each on all ranks. */
  readonly compared: number;
  /** The first in execution order; later ones often follow from it. */
  readonly wrong: WrongValue | null;
  readonly wrongCount: number;
  /** Largest absolute difference of each compared value that is a float and has the right shape. */
  readonly differences: ReadonlyMap<string, number>;
  /** Of each compared value behind a rounding to whole numbers: how far the unsplit model itself moves under noise. */
  readonly rounded: ReadonlyMap<string, Spread>;
  /** Outputs with NaN in the unsplit model, of which the comparison says nothing; the share from 0 to 1. */
  readonly undefined: readonly { readonly output: string; readonly share: number }[];
  /** Values with a layout that have no counterpart in the unsplit graph. */
  readonly unchecked: readonly string[];
}

/** One tensor per flat rank. */
export type RankTensors = readonly OrtTensor[];
