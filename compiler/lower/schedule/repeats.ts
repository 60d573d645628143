/**
 * @file Merges nodes that the split added and that compute the same from the same operands: the mask rows that every step of a ring slices,
 * or every block of a model. Runs after user hooks are placed, so that values which a hook may replace stay distinct.
 */
import type { LocalStep } from "../../shard/types.ts";
import { renameReads, writesOf } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";

/** Steps that a plan entry requested, or that make one of `named`, are kept: a program lists them. */
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

/** Equal where two steps compute the same; integers compare by content, results by layout. */
function computation(flow: Flow, { node }: LocalStep): string | null {
  const { op, domain, attributes } = node;
  if (Object.values(attributes).some(({ kind }) => kind === "graph")) return null;
  const inputs = node.inputs.map((name) => flow.integers.get(name) ?? name);
  const layouts = node.outputs.map((name) => flow.layouts.get(name) ?? null);
  return JSON.stringify([op, domain, attributes, inputs, layouts]);
}
