/**
 * @file Which input axes hold the batch: the factor that is in the batch of every attention. A plan can state them. Knows no operator.
 */
import type { BoundPlan } from "../../bind/types.ts";
import * as catalog from "../../diagnostics/catalog/splitting/batch.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { splitRanks, type State } from "../state.ts";
import { batchFactors, wholeAxis, type BatchAxis, type BatchFactor } from "./batch-factors.ts";

/** The axes that hold the batch, with a note if the plan does not state them; or the reason why they are not known. */
export function batchAxes(
  state: State,
  stated: BoundPlan["batch"],
): { readonly axes: readonly BatchAxis[]; readonly diagnostic: Diagnostic | null } {
  const sites = batchFactors(state).filter(({ length }) => length > 0);
  if (stated.length > 0) {
    const reached = sites.flat(2);
    const axes = stated.map(({ input, axis }): BatchAxis => {
      const found = reached.find((one) => one.input === input && one.axis === axis);
      return { input, axis, split: found?.split ?? wholeAxis(state, input, axis) };
    });
    return { axes, diagnostic: null };
  }
  const degree = splitRanks(state);
  if (sites.length === 0) return { axes: [], diagnostic: diagnose(catalog.batchNotFound, { degree }) };
  const axes = commonTo(sites);
  if (axes !== null && isOnePerInput(axes)) {
    return { axes, diagnostic: diagnose(catalog.batchFound, { degree, axes }) };
  }
  const candidates = [...new Set(sites.flat())];
  return { axes: [], diagnostic: diagnose(catalog.batchAmbiguous, { degree, candidates }) };
}

/** The factor that all sites have; of several the one that is outermost in each. */
function commonTo(sites: readonly (readonly BatchFactor[])[]): BatchFactor | null {
  const [first = [], ...others] = sites;
  const common = first.filter((factor) => others.every((site) => site.includes(factor)));
  const [outermost = null] = first;
  if (common.length > 1) return sites.every(([own]) => own === outermost) ? outermost : null;
  return common[0] ?? null;
}

function isOnePerInput(axes: BatchFactor): boolean {
  return new Set(axes.map(({ input }) => input)).size === axes.length;
}
