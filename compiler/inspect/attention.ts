/**
 * @file The attention sites of a canonical graph, as told to people. Knows no plan.
 */
import { CP, type CanonicalGraph, type CanonicalNode } from "../ir/types.ts";
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
  return graph.nodes.filter(({ op, domain }) => op === "Attention" && domain === CP).map((node) => site(node, graph));
}

function site(node: CanonicalNode, graph: CanonicalGraph): InspectedAttention {
  const extent = (operand: number, axis: number): string => {
    const dim = graph.shapes.get(node.inputs[operand] ?? "")?.dims[axis];
    return dim === undefined ? "?" : show(dim);
  };
  const { causal } = node.attributes;
  return {
    node: node.name,
    module: node.scope,
    heads: extent(0, 2),
    keyValueHeads: extent(1, 2),
    headSize: extent(0, 3),
    queryLength: extent(0, 1),
    keyLength: extent(1, 1),
    mask: (node.inputs[3] ?? "") !== "",
    causal: causal?.kind === "int" && causal.value === 1,
  };
}
