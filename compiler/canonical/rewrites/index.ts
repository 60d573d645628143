/**
 * @file The rewrites of the canonical graph, in order. No logic of its own.
 */
import type { CanonicalGraph } from "../types.ts";
import { fuseAttention } from "./attention.ts";

export function rewrite(graph: CanonicalGraph): CanonicalGraph {
  return fuseAttention(graph);
}
