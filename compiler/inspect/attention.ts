/**
 * @file The attention sites of a canonical graph, for display. Knows no plan.
 */
import { asCp, type AttentionOperation } from "../ir/cp.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { show } from "../expr/expr.ts";

export interface InspectedAttention {
  readonly node: string;
  readonly module: string;
  readonly heads: string;
  /** Heads of k and v: fewer than `heads` under grouped queries. */
  readonly keyValueHeads: string;
  readonly headSize: string;
  readonly queryLength: string;
  readonly keyLength: string;
  readonly mask: boolean;
  readonly causal: boolean;
}

export function attentionSites(graph: CanonicalGraph): readonly InspectedAttention[] {
  return graph.nodes.flatMap((node) => asCp(node, "Attention") ?? []).map((attention) => site(attention, graph));
}

function site({ node, q, k, mask, causal }: AttentionOperation, graph: CanonicalGraph): InspectedAttention {
  const extent = (value: string, axis: number): string => {
    const dim = graph.shapes.get(value)?.dims[axis];
    return dim === undefined ? "?" : show(dim);
  };
  return {
    node: node.name,
    module: node.scope,
    heads: extent(q, 2),
    keyValueHeads: extent(k, 2),
    headSize: extent(q, 3),
    queryLength: extent(q, 1),
    keyLength: extent(k, 1),
    mask: mask !== null,
    causal,
  };
}
