/**
 * @file Turns attention in any spelling into `cp.Attention` on (B, S, H, D): a Softmax between two products, or an attention operator.
 * What only resembles attention is left alone; `explainAttention` says why.
 */
import { attentionNotFused } from "../../../diagnostics/catalog/canonical.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../diagnostics/types.ts";
import type { ElemType } from "../../../graph/types.ts";
import type { CanonicalGraph, CanonicalNode } from "../../../ir/types.ts";
import { fuseOperator } from "./operators.ts";
import { fuseSoftmax } from "./softmax.ts";
import { applyPatches, type Patch } from "../draft.ts";
import { isOp, lookupOf, type Lookup } from "../lookup.ts";
import { isRefusal, type Refusal } from "./refusal.ts";

const FLOATS: ReadonlySet<ElemType> = new Set(["float16", "bfloat16", "float32", "float64"]);

export function fuseAttention(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  const patches = graph.nodes.flatMap((node): readonly Patch[] => {
    const outcome = fuse(lookup, node);
    return outcome === null || isRefusal(outcome) ? [] : [outcome];
  });
  return applyPatches(graph, patches);
}

/** A note for each node that resembles attention and is left as it is. */
export function explainAttention(graph: CanonicalGraph): readonly Diagnostic[] {
  const lookup = lookupOf(graph);
  return graph.nodes.flatMap((node) => {
    const outcome = fuse(lookup, node);
    if (outcome === null || !isRefusal(outcome)) return [];
    const { name, scope: module, op } = node;
    const related = [{ message: `the node ${name}`, node: name, module }];
    return [diagnose(attentionNotFused, { op, node: name, module, reason: outcome.refused }, { related })];
  });
}

/** Attention is over floats; other types come from a damaged file and are left alone. */
function fuse(lookup: Lookup, node: CanonicalNode): Patch | Refusal | null {
  const elem = lookup.graph.shapes.get(node.outputs[0] ?? "")?.elem;
  if (elem === undefined || !FLOATS.has(elem)) return null;
  return isOp(node, "Softmax") ? fuseSoftmax(lookup, node) : fuseOperator(lookup, node);
}
