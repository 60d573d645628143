/**
 * @file Which axis of a value a plan would split, and a shape as text. Knows no plan.
 */
import type { InspectedAttention } from "./attention.ts";
import type { InspectedValue } from "./inspect.ts";

/** Names of lengths that occur in the sequences of attention. */
export function sequenceLengths(attention: readonly InspectedAttention[]): ReadonlySet<string> {
  return new Set(attention.flatMap(({ queryLength, keyLength }) => wordsIn(`${queryLength} ${keyLength}`)));
}

/** The axis to split: the first with a length of the sequence, else the first that is a length, else the second. */
export function axisToSplit({ shape }: Pick<InspectedValue, "shape">, lengths: ReadonlySet<string>): number {
  const sequence = shape.findIndex((extent) => wordsIn(extent).some((word) => lengths.has(word)));
  if (sequence >= 0) return sequence;
  const any = shape.findIndex((extent) => !/^\d+$/.test(extent));
  return any >= 0 ? any : Math.min(1, Math.max(0, shape.length - 1));
}

/** `float32 [1, img, 16]`; long extents are cut. */
export function shapeText({ elem, shape }: Pick<InspectedValue, "elem" | "shape">): string {
  return `${elem} [${shape.map(short).join(", ")}]`;
}

export function short(extent: string): string {
  return extent.length > 32 ? `${extent.slice(0, 29)}...` : extent;
}

function wordsIn(extent: string): readonly string[] {
  return extent.match(/[A-Za-z_]\w*/g) ?? [];
}
