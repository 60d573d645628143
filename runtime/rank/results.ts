/**
 * @file The outputs that a run returns to the caller. A piece writes them into memory that later moves to the caller's thread, so that they
 * are written once. Knows no thread.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { evaluate, withinLimits } from "../../compiler/expr/expr.ts";
import type { OrtTensor } from "../../ort/session.ts";
import type { Program } from "../../program/types.ts";
import type { Lengths } from "../collectives/placement.ts";
import type { OutputTensor } from "../messages.ts";
import { byteSize, copyOf, freshBytes, tensorOf } from "../tensor.ts";
import type { ValueTable } from "./table.ts";

export interface Results {
  /** Memory for an output that a piece is about to make; `null` for other values, and where a program that was edited states no size. */
  readonly placeOf: (value: string) => OrtTensor | null;
  /** The outputs in memory that may move: where it was placed, else copied. Their values must be released before it moves. */
  readonly take: (table: ValueTable) => readonly OutputTensor[];
}

/** `wanted` are the outputs that this rank returns. */
export function createResults(
  { outputs }: Pick<Program, "outputs">,
  wanted: readonly string[],
  lengths: Lengths,
): Results {
  const places = new Map<string, OrtTensor>();
  const placeOf = (value: string): OrtTensor | null => {
    const output = wanted.includes(value) ? outputs.find(({ name }) => name === value) : undefined;
    if (output === undefined) return null;
    const dims = withinLimits(() => output.dims.map((dim) => evaluate(dim, lengths)));
    if (dims === null || dims.some((extent) => extent < 0)) return null;
    const place = tensorOf(output.elem, dims, freshBytes(byteSize(output.elem, dims)));
    places.set(value, place);
    return place;
  };
  const take = (table: ValueTable): readonly OutputTensor[] =>
    wanted.map((name) => {
      const tensor = table.find(name)?.tensor();
      invariant(tensor !== undefined, `the program's steps leave no output ${name}`);
      return { name, ...(places.get(name) === tensor ? tensor : copyOf(tensor)) };
    });
  return { placeOf, take };
}
