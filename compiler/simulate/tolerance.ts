/**
 * @file How far a value of a rank may be from that of the unsplit model: by the weakest type on the way to it, and by what rounding does to
 * the unsplit model itself. Runs nothing.
 */
import { weakestTypes, type FloatElem } from "../ir/rounding.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import type { Spread, Tolerance } from "./types.ts";

/** At these tolerances a value of small elements could be anything if it counted as one of 1. */
const LEAST = 1 / 16;

/** Where a model computes with few digits, every later value carries their rounding. */
const TOLERANCES: Readonly<Record<FloatElem, Tolerance>> = {
  float64: { absolute: 1e-5, relative: 1e-5 },
  float32: { absolute: 1e-5, relative: 1e-5 },
  float16: { absolute: 2e-3, relative: 2e-3, least: LEAST },
  bfloat16: { absolute: 1.6e-2, relative: 1.6e-2, least: LEAST },
};

/** By the name of a value of the unsplit graph. */
export function tolerancesOf(graph: CanonicalGraph): (value: string) => Tolerance {
  const weakest = weakestTypes(graph);
  return (value) => TOLERANCES[weakest.get(value) ?? "float32"];
}

/** The noise is random, and some runs of it may miss what another order of sums does. */
const SLACK = 2;
/** What moves further than this cannot be told from a wrong result: of the deviation of a value's elements. */
const MOST = 1 / 4;

/** Absolute distance that rounding explains and that may pass. */
export function mostExplained({ moves, deviation }: Spread): number {
  return Math.min(SLACK * moves, MOST * deviation);
}

/**
 * Models amplify rounding without rounding to whole numbers, where a norm divides by the small deviation of a few channels. What is further off than this
 * many times the tolerance is wrong all the same.
 */
export const AMPLIFIED = 10;

/** Whether rounding explains a distance beside what the tolerance `allows`, or would if more than may pass were needed. */
export function explained(spread: Spread | undefined, distance: number, allows: number): "yes" | "no" | "undecided" {
  if (spread === undefined || !(distance <= SLACK * spread.moves)) return "no";
  if (spread.times !== undefined && distance > spread.times * allows) return "no";
  if (distance <= mostExplained(spread)) return "yes";
  return spread.times === undefined ? "undecided" : "no";
}
