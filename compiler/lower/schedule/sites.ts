/**
 * @file Finds the steps that only an attention site with a scheme has between its collectives: they hold no weights, so equal steps of
 * different sites can be one piece. Knows nothing of phases.
 */
import { asCp, cpOf } from "../../ir/cp.ts";
import type { AttentionSite, CollectiveStep, LocalStep } from "../../shard/types.ts";
import { readsOf, writesOf } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";

/**
 * The steps inside the sites, with a name for those that may be one piece. Each part of a ring is separate from the other parts, from the
 * producers of its operands and from the merge: parts need the most working memory, which a session keeps, and this way one session serves
 * them all.
 */
export function stepsInsideSites(flow: Flow, sites: readonly AttentionSite[]): ReadonlyMap<FlowStep, string> {
  const withScheme = new Set(sites.filter(({ scheme }) => scheme !== "local").map(({ node }) => node));
  const inside = new Map<FlowStep, string>();
  /** Values that a site made after its first collective and before its last. */
  const between = new Map<string, string>();
  /** Results of parts, and what is computed from them. */
  const partResults = new Set<string>();
  for (const step of flow.steps) {
    if (step.kind === "hook") continue;
    const site = step.origin.node;
    if (site === null || !withScheme.has(site)) continue;
    if (step.kind === "collective" ? isLast(step) : !isBetween(step, site, between)) continue;
    const isPart = step.kind === "local" && asCp(step.node, "AttentionPart") !== null;
    const isMerge = readsOf(step).some((name) => partResults.has(name));
    if (step.kind === "local") inside.set(step, isPart ? step.node.name : isMerge ? `${site} merge` : site);
    for (const name of writesOf(step)) {
      between.set(name, site);
      if (isPart || isMerge) partResults.add(name);
    }
  }
  return inside;
}

function isBetween(step: LocalStep, site: string, between: ReadonlyMap<string, string>): boolean {
  const operation = cpOf(step.node);
  const computes = operation !== null && operation.op !== "Fill";
  return computes || readsOf(step).some((name) => between.get(name) === site);
}

/** After this collective the values have their layout from before the site. */
function isLast(step: CollectiveStep): boolean {
  return step.purpose === "ulysses out";
}
