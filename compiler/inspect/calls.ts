/**
 * @file Modules that the model calls several times: an export has one name for all calls, so their nodes are told apart by what they exchange.
 */
import type { GraphIndex } from "../ir/graph-index.ts";
import { pathInside } from "../ir/module-paths.ts";
import type { CanonicalNode } from "../ir/types.ts";

/**
 * The number of the call that each node of a module belongs to, from 1 in order of execution; `null` where one call explains them all. Nodes
 * of one call are connected inside the module; calls have the same operators and read the same weights.
 */
export function callsOf(module: string, index: GraphIndex): ReadonlyMap<CanonicalNode, number> | null {
  const parts = connected(index.inside(module), index);
  const forms = new Set(parts.map((nodes) => formOf(nodes, module, index)));
  if (module === "" || parts.length < 2 || forms.size > 1) return null;
  return new Map(parts.flatMap((nodes, i) => nodes.map((node) => [node, i + 1] as const)));
}

/** Nodes that are connected by values, apart from all others; in order of their first node. */
function connected(nodes: readonly CanonicalNode[], index: GraphIndex): readonly (readonly CanonicalNode[])[] {
  const parts = new Map<CanonicalNode, CanonicalNode[]>(nodes.map((node) => [node, [node]]));
  for (const node of nodes) {
    for (const input of node.inputs) {
      const maker = index.producer(input);
      const [own, other] = [parts.get(node)!, maker === undefined ? undefined : parts.get(maker)];
      if (other === undefined || other === own) continue;
      const [few, many] = own.length < other.length ? [own, other] : [other, own];
      for (const moved of few) parts.set(moved, many);
      many.push(...few);
    }
  }
  return [...new Set(parts.values())];
}

function formOf(nodes: readonly CanonicalNode[], module: string, { graph }: GraphIndex): string {
  const lines = nodes.map(({ op, scope, inputs }) =>
    JSON.stringify([op, pathInside(scope, module), inputs.filter((name) => graph.constants.has(name))]),
  );
  return lines.sort().join("\n");
}
