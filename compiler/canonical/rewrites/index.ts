/**
 * @file The rewrites of the canonical graph, in order.
 */
import type { CanonicalGraph } from "../types.ts";

export function rewrite(graph: CanonicalGraph): CanonicalGraph {
  return graph;
}
