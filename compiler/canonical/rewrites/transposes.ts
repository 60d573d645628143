/**
 * @file Shortens chains of Transpose, Reshape and similar nodes after an attention: inverse steps cancel, the rest becomes as few nodes as
 * possible. Values at the boundary of a module stay, since a plan may name them.
 */
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { asCp } from "../../ir/cp.ts";
import { addSteps, stepsOf } from "./views/arrange.ts";
import { applyPatches, draft, type Patch } from "./draft.ts";
import { chainAbove, linkAbove, pushAll, type Link } from "./views/links.ts";
import { dimsOf, elemOf, lookupOf, type Lookup } from "./lookup.ts";
import { hasRepeat, viewOf } from "./views/views.ts";

export function cancelTransposes(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  const patches = graph.nodes.flatMap((node) => shorten(lookup, node) ?? []);
  return applyPatches(graph, patches);
}

function shorten(lookup: Lookup, node: CanonicalNode): Patch | null {
  const chain = chainFromAttention(lookup, node);
  const base = chain?.at(-1)?.source;
  if (chain === null || base === undefined) return null;
  const view = pushAll(viewOf(dimsOf(lookup, base)), chain);
  const steps = view === null || hasRepeat(view) ? null : stepsOf(view);
  if (steps === null || steps.length >= chain.length) return null;
  const [result] = node.outputs as readonly [string];
  const d = draft(lookup, node.name, node.scope);
  if (steps.length > 0) addSteps(d, base, elemOf(lookup, base), steps, result);
  else if (lookup.isKept(result)) return null;
  return d.replace(node, steps.length > 0 ? new Map() : new Map([[result, base]]));
}

/** Views from the result of an attention to the result of `node`, nearest first; all in the module of `node`. */
function chainFromAttention(lookup: Lookup, node: CanonicalNode): readonly Link[] | null {
  const first = node.outputs.length === 1 ? linkAbove(lookup, node.outputs[0]!) : null;
  if (first === null) return null;
  const chain = [first, ...chainAbove(lookup, first.source, node)];
  const end = chain.findIndex(({ source }) => isAttention(lookup.producer(source)));
  const views = chain.slice(0, end + 1);
  return end < 0 || views.some((link) => link.scale !== 1) ? null : views;
}

function isAttention(node: CanonicalNode | undefined): boolean {
  return asCp(node, "Attention") !== null;
}
