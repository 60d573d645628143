/**
 * @file The precision in which a model computes each of its outputs: float16 between float32 inputs and outputs rounds like float16. Knows
 * no program and no comparison.
 */
import { canonicalModel } from "../../compiler/inspect/model.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { valuesReadBy } from "../../compiler/graph/reads.ts";
import { isPrecision, weakest, type Precision } from "../../runtime/verify.ts";

/** The narrowest floating type on the way from inputs to each output, by the output's name; empty for a model that cannot be read. */
export async function precisionsInside(file: string): Promise<Readonly<Partial<Record<string, Precision>>>> {
  const model = await canonicalModel(file);
  return model.ok ? weakestOf(model.value) : {};
}

/** Values that do not depend on an input are the same in both runs, whatever their type (weights stored in float16, for example). */
function weakestOf({ nodes, inputs, outputs, shapes }: CanonicalGraph): Readonly<Partial<Record<string, Precision>>> {
  const found = new Map<string, Precision | null>();
  const add = (name: string, above: readonly (Precision | null)[]): void => {
    const elem = shapes.get(name)?.elem ?? "";
    const all = [...above, isPrecision(elem) ? elem : null];
    found.set(name, weakest(all.filter((precision) => precision !== null)));
  };
  for (const { name } of inputs) add(name, []);
  for (const node of nodes) {
    const above = valuesReadBy(node).flatMap((name) => (found.has(name) ? [found.get(name)!] : []));
    if (above.length > 0) for (const name of node.outputs) add(name, above);
  }
  const entries = outputs.flatMap((name) => {
    const precision = found.get(name) ?? null;
    return precision === null ? [] : [[name, precision] as const];
  });
  return Object.fromEntries(entries);
}
