/**
 * @file The precision in which a model computes each of its outputs: float16 between float32 inputs and outputs rounds like float16. Knows
 * no program and no comparison.
 */
import { weakestTypes } from "../../compiler/ir/rounding.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import type { Precision } from "../../runtime/verify.ts";

/** The narrowest floating type on the way from inputs to each output, by the output's name. */
export function weakestOf(graph: CanonicalGraph): Readonly<Partial<Record<string, Precision>>> {
  const weakest = weakestTypes(graph);
  const entries = graph.outputs.flatMap((name) => {
    const precision = weakest.get(name) ?? null;
    return precision === null ? [] : [[name, precision] as const];
  });
  return Object.fromEntries(entries);
}
