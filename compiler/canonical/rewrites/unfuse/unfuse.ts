/**
 * @file Takes apart what onnxruntime's optimisers fuse: every such operator becomes operators of ONNX, so that blocks have their borders
 * and patterns are found again. One table of operator -> expansion. A node that its expansion declines stays as it is.
 */
import type { CanonicalGraph, CanonicalNode } from "../../../ir/types.ts";
import { applyPatches, type Patch } from "../draft.ts";
import { lookupOf, type Lookup } from "../lookup.ts";
import { expandAttention } from "./attention.ts";
import { expandGroupQuery } from "./cached/grouped.ts";
import { expandEmbedding } from "./embedding.ts";
import { expandBiasGelu, expandFastGelu, expandProduct, expandSkipNorm, expandSkipRms } from "./layers.ts";
import { expandDynamicProduct, expandQuantisation, expandScaledProduct } from "./quantised.ts";
import { writer, type Writer } from "./writer.ts";

/** Adds the nodes that replace the writer's node; false to leave it. */
export type Expansion = (w: Writer) => boolean;

const EXPANSIONS: Readonly<Record<string, Readonly<Record<string, Expansion>>>> = {
  "": { DynamicQuantizeLinear: expandQuantisation },
  "com.microsoft": {
    Attention: expandAttention,
    BiasGelu: expandBiasGelu,
    DynamicQuantizeMatMul: expandDynamicProduct,
    EmbedLayerNormalization: expandEmbedding,
    FastGelu: expandFastGelu,
    FusedMatMul: expandProduct,
    GroupQueryAttention: expandGroupQuery,
    MatMulIntegerToFloat: expandScaledProduct,
    SkipLayerNormalization: expandSkipNorm,
    SkipSimplifiedLayerNormalization: expandSkipRms,
  },
};

export function unfuse(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  // Outputs of a node may be operands of the next, so each is replaced in the graph that the others leave alone.
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => expand(lookup, node) ?? []),
  );
}

function expand(lookup: Lookup, node: CanonicalNode): Patch | null {
  const table = EXPANSIONS[node.domain];
  const expansion = table !== undefined && Object.hasOwn(table, node.op) ? table[node.op]! : null;
  if (expansion === null) return null;
  const w = writer(lookup, node);
  return expansion(w) ? w.done() : null;
}
