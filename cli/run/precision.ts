/**
 * @file The precision in which a model computes each of its outputs: float16 between float32 inputs and outputs rounds like float16. Knows
 * no program and no comparison.
 */
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { weakestTypes } from "../../compiler/ir/rounding.ts";
import type { Precision } from "../../runtime/verify.ts";

/** The narrowest floating type on the way from inputs to each output, by the output's name; empty for a model that cannot be read. */
export async function precisionsInside(file: string): Promise<Readonly<Partial<Record<string, Precision>>>> {
  const model = await canonicalModel(file);
  if (!model.ok) return {};
  const weakest = weakestTypes(model.value);
  const entries = model.value.outputs.flatMap((name) => {
    const precision = weakest.get(name) ?? null;
    return precision === null ? [] : [[name, precision] as const];
  });
  return Object.fromEntries(entries);
}
