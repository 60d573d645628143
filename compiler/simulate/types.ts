/**
 * @file Input and result of a simulation. Knows nothing of how it runs.
 */
import type { OrtTensor } from "../../ort/types.ts";
import type { Shares } from "../../program/shares.ts";
import type { Diagnostic } from "../diagnostics/types.ts";

/**
 * A number is right if |a - b| <= absolute * m + relative * |b|, where b is the unsplit one and m the largest magnitude in its value, from
 * 1 to 1000. Integers and booleans must be equal.
 */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

export interface SimulateOptions {
  readonly tolerance?: Tolerance;
  /** Relative speeds of the ranks, as `attach` takes them; default: all equal. */
  readonly shares?: Shares;
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
  /** Values with a layout that have no counterpart in the unsplit graph. */
  readonly unchecked: readonly string[];
}

/** One tensor per flat rank. */
export type RankTensors = readonly OrtTensor[];
