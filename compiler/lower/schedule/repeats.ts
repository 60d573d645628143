/**
 * @file Nodes that the split added and that compute the same from the same are kept once: the rows of a mask that every step around a
 * ring slices, or every block of a model. It runs after user hooks are placed, so that what one may replace is not the same.
 */
import type { LocalStep } from "../../shard/types.ts";
import { renameReads, writesOf } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";

/** Steps that a plan entry asked for, or that make one of `named`, are kept: a program lists them. */
export function dropRepeats(flow: Flow, named: ReadonlySet<string>): Flow {
  const first = new Map<string, LocalStep>();
  const sameAs = new Map<string, string>();
  const kept = flow.steps.flatMap((original): readonly FlowStep[] => {
    const step = renameReads(original, (name) => sameAs.get(name) ?? name);
    if (step.kind !== "local" || step.origin.spec !== null) return [step];
    const key = writesOf(step).some((name) => named.has(name)) ? null : computation(flow, step);
    if (key === null) return [step];
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, step);
    else step.node.outputs.forEach((name, i) => sameAs.set(name, earlier.node.outputs[i]!));
    return earlier === undefined ? [step] : [];
  });
  return { ...flow, steps: kept };
}

/** Equal where two steps compute the same; integers count by what they hold, results by how they lie on the ranks. */
function computation(flow: Flow, { node }: LocalStep): string | null {
  const { op, domain, attributes } = node;
  if (Object.values(attributes).some(({ kind }) => kind === "graph")) return null;
  const inputs = node.inputs.map((name) => flow.integers.get(name) ?? name);
  const layouts = node.outputs.map((name) => flow.layouts.get(name) ?? null);
  return JSON.stringify([op, domain, attributes, inputs, layouts]);
}
