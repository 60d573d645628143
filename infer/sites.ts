/**
 * @file `$attention` of an inferred plan: sites whose keys and values are gathered for fewer bytes than heads are exchanged, on every number of
 * ranks that is tried. Nothing here decides whether a plan is exact.
 */
import { bindPlan } from "../compiler/bind/bind.ts";
import type { BoundPlan } from "../compiler/bind/types.ts";
import { asCp } from "../compiler/ir/cp.ts";
import type { CanonicalGraph } from "../compiler/ir/types.ts";
import { readPlanValue } from "../compiler/plan/read.ts";
import type { AttentionScheme } from "../compiler/plan/types.ts";
import { gatheringFor, siteChooser } from "../compiler/shard/attention/choose.ts";
import { shard } from "../compiler/shard/shard.ts";
import type { ShardOptions } from "../compiler/shard/state.ts";
import { planOf } from "./entries.ts";
import type { Found } from "./search.ts";

/** Ulysses degrees. A ring sends as many bytes as a gather, so it has no say. */
export const DEGREES: readonly number[] = [2, 4, 8];

export type Gathering = Readonly<Record<string, AttentionScheme>>;

/** Empty where nothing is gained at one of the degrees, at the lengths of the search. `options` are those of the proof. */
export function gatheringOf(found: Found, graph: CanonicalGraph, options: ShardOptions): Gathering {
  if (!mayGain(found, graph)) return {};
  const plan = readPlanValue(planOf(found.entries));
  const bound = plan.ok ? bindPlan(graph, plan.value) : plan;
  if (!bound.ok) return {};
  const gathered = gatheredModules(bound.value, found, options);
  const attention = gatheringFor(bound.value, gathered, "ulysses");
  // A key for an exception would be an error on other meshes.
  const isPlain = Object.values(attention).every((scheme) => scheme === "gather");
  return isPlain && isProven(graph, found, attention, options) ? attention : {};
}

/** The modules whose sites all are gathered, whatever the degree. */
function gatheredModules(
  bound: BoundPlan,
  { model: { sizes } }: Found,
  { mesh, ...rest }: ShardOptions,
): ReadonlySet<string> {
  const choose = siteChooser(bound, sizes.lengths);
  const wanted = DEGREES.map((ulysses_degree) => {
    const chosen = choose({ ...rest, mesh: { ...mesh, ring_degree: 1, ulysses_degree } });
    const sites = chosen.ok ? chosen.value.sites : [];
    const others = new Set(sites.flatMap(({ module, scheme }) => (scheme === "gather" ? [] : [module])));
    return new Set(sites.flatMap(({ module }) => (others.has(module) ? [] : [module])));
  });
  const [first, ...others] = wanted;
  return new Set([...(first ?? [])].filter((module) => others.every((modules) => modules.has(module))));
}

/** Only a site with fewer keys and values than queries can gain; a model without one needs no count. */
function mayGain({ sharded, model: { index, sizes } }: Found, graph: CanonicalGraph): boolean {
  const split = new Set(sharded.attention.flatMap(({ node, scheme }) => (scheme === "local" ? [] : [node])));
  const bytesOf = (value: string): number => {
    const shape = index.graph.shapes.get(value);
    return shape === undefined ? 0 : sizes.bytes(shape);
  };
  return graph.nodes.some((node) => {
    const site = asCp(node, "Attention");
    if (site === null || !split.has(node.name)) return false;
    return bytesOf(site.k) + bytesOf(site.v) < bytesOf(site.q) + bytesOf(node.outputs[0]!);
  });
}

function isProven(graph: CanonicalGraph, { entries }: Found, attention: Gathering, options: ShardOptions): boolean {
  if (Object.keys(attention).length === 0) return true;
  const plan = readPlanValue({ $attention: attention, ...planOf(entries) });
  const bound = plan.ok ? bindPlan(graph, plan.value) : plan;
  return bound.ok && shard(bound.value, options).ok;
}
