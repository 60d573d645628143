/**
 * @file Removes masks that hide nothing; a mask that hides exactly the later keys becomes the attribute `causal`, which needs no S x S
 * values.
 */
import { equal } from "../../expr/expr.ts";
import { float, int } from "../../graph/attributes.ts";
import type { Attributes } from "../../graph/types.ts";
import { asCp, type AttentionOperation } from "../../ir/cp.ts";
import { FILL_AT, type CanonicalGraph, type CanonicalNode } from "../../ir/types.ts";
import { removeDead } from "../../ir/clean.ts";
import { dimsOf, elemOf, lookupOf, type Lookup } from "./lookup.ts";
import { triangleOf, type Triangle } from "./triangles.ts";
import { NEVER } from "./attention/trace.ts";

export function simplifyMasks(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return removeDead({ ...graph, nodes: graph.nodes.map((node) => simplify(lookup, node)) });
}

function simplify(lookup: Lookup, node: CanonicalNode): CanonicalNode {
  const attention = asCp(node, "Attention");
  if (attention === null || attention.mask === null) return node;
  const { q, k, v, mask, causal } = attention;
  const triangle = triangleOf(lookup, mask);
  const meaning = triangle && meaningOf(triangle, elemOf(lookup, mask) === "bool");
  const plain = { ...node, inputs: [q, k, v] };
  if (meaning === "nothing" || (meaning === "causal" && causal)) return plain;
  const square =
    equal(dimsOf(lookup, q)[1]!, dimsOf(lookup, k)[1]!) && equal(dimsOf(lookup, mask).at(-1)!, dimsOf(lookup, k)[1]!);
  if (meaning !== "causal" || !square) return node;
  return { ...plain, attributes: { ...node.attributes, causal: int(1), ...filling(lookup, attention, triangle!) } };
}

/** What the pattern does to the scores that it hides: as the mask did. */
function filling(lookup: Lookup, { mask, fill, fillAt }: AttentionOperation, { above }: Triangle): Attributes {
  if (elemOf(lookup, mask!) === "bool") return {};
  const isDiscarded = fillAt === FILL_AT.marked && above === fill;
  return { fill: float(above), fill_at: int(isDiscarded ? FILL_AT.score : FILL_AT.sum) };
}

/** Each row sees at least its own key, so any fill below all scores hides as well as an infinite one. */
function meaningOf({ below, above }: Triangle, isBoolean: boolean): "nothing" | "causal" | null {
  const [seen, hidden] = isBoolean ? [below === 1, above === 0] : [below === 0, above <= NEVER];
  if (!seen) return null;
  if (hidden) return "causal";
  return above === below ? "nothing" : null;
}
