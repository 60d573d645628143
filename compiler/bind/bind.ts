/**
 * @file Stage: finds the value of every plan entry and writes the plan into the graph. The steps in order, without logic.
 */
import type { CanonicalGraph } from "../ir/types.ts";
import { settle } from "../diagnostics/diagnose.ts";
import type { Result } from "../diagnostics/types.ts";
import type { Plan } from "../plan/types.ts";
import { batchBindings } from "./batch.ts";
import { check, isBinding } from "./check.ts";
import { type Context, contextOf } from "./context.ts";
import { findValues } from "./search/find.ts";
import { absentNotes, oncePerSpec, satisfiedNotes, skippedNotes, type Fault } from "./notes.ts";
import { requestsOf } from "./requests.ts";
import { siteBindings } from "./sites.ts";
import type { BoundPlan } from "./types.ts";
import { write, type Step } from "./write/write.ts";

/** `context`: what is known of `graph` without a plan, from a caller that binds many plans to one graph. */
export function bindPlan(graph: CanonicalGraph, plan: Plan, context: Context = contextOf(graph)): Result<BoundPlan> {
  // Patterns first: which modules match does not depend on any value.
  const { wants, diagnostics: unmatched } = requestsOf(plan, context);
  // All places together, since each value that is found excludes candidates of the others.
  const { found, diagnostics: unfound } = findValues(wants, context);
  const steps: Step[] = [];
  const wrong: Fault[] = [];
  for (const want of wants) {
    const answer = found.get(want);
    const checked = answer === undefined ? null : check(want, answer, context);
    if (checked === null) continue;
    if (isBinding(checked)) steps.push({ binding: checked, index: steps.length, order: want.order });
    else wrong.push({ ...want, error: checked });
  }
  const { batch, diagnostics: unbatched } = batchBindings(graph, plan.batch);
  const { sites, diagnostics: unsited } = siteBindings(plan.attention, context);
  const bindings = steps.map(({ binding }) => binding);
  const written = write(graph, steps);
  return settle({ graph: written.graph, bindings, batch, sites }, [
    ...unbatched,
    ...unsited,
    ...unmatched,
    ...unfound,
    ...oncePerSpec(wrong),
    ...written.diagnostics,
    ...absentNotes(bindings, graph),
    ...skippedNotes(bindings, graph),
    ...satisfiedNotes(written),
  ]);
}
