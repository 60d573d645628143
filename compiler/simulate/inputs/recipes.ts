/**
 * @file How the numbers of an input are made: noise, ids that differ, or a mask. Pure functions of shape and bounds.
 */
import { sizeOf } from "../../graph/elements.ts";

export type Recipe =
  /** Numbers spread over [low, high). */
  | { readonly kind: "noise"; readonly low: number; readonly high: number }
  /** Whole numbers from low to high, a different one at each place as far as there are enough. */
  | { readonly kind: "ids"; readonly low: number; readonly high: number }
  /** Ones, then zeros, along the last axis; never only zeros. */
  | { readonly kind: "mask" }
  /** These numbers. */
  | { readonly kind: "given"; readonly numbers: readonly number[] };

/** Elements of a tensor of shape `dims`, row-major; `random` gives numbers in [0, 1). */
export function numbersFor(recipe: Recipe, dims: readonly number[], random: () => number): readonly number[] {
  const size = sizeOf(dims);
  switch (recipe.kind) {
    case "noise":
      return Array.from({ length: size }, () => recipe.low + random() * (recipe.high - recipe.low));
    case "ids":
      return ids(recipe.low, recipe.high - recipe.low + 1, size);
    case "mask":
      return mask(dims);
    case "given":
      return recipe.numbers;
  }
}

/** Steps through the range by a number that has no factor in common with its length. */
function ids(low: number, span: number, size: number): readonly number[] {
  let step = Math.max(1, Math.floor(span * 0.618));
  while (divisor(step, span) > 1) step -= 1;
  return Array.from({ length: size }, (_, i) => low + (((i + 1) * step) % span));
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Rows end at three quarters, every second one place earlier. */
function mask(dims: readonly number[]): readonly number[] {
  const length = dims.at(-1) ?? 1;
  return Array.from({ length: sizeOf(dims) }, (_, i) => {
    const row = Math.floor(i / length);
    const ones = Math.max(1, Math.ceil((3 * length) / 4) - (row % 2));
    return i % length < ones ? 1 : 0;
  });
}

/** Numbers in [0, 1) from a linear congruential generator: enough to distinguish positions. */
export function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
