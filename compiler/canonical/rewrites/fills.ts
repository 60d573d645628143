/**
 * @file Values that hold one number everywhere become `cp.Fill`: they need no storage and take any layout.
 */
import { fillAttributes } from "../../ir/cp.ts";
import { isOpen } from "../../expr/expr.ts";
import { tensorFromNumbers } from "../../graph/tensors.ts";
import type { Tensor } from "../../graph/types.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../../ir/types.ts";
import { applyPatches, draft, type Patch } from "./draft.ts";
import { dimsOf, elemOf, isOp, lookupOf, type Lookup } from "./lookup.ts";

export function makeFills(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => fill(lookup, node) ?? []),
  );
}

function fill(lookup: Lookup, node: CanonicalNode): Patch | null {
  const value = filling(lookup, node);
  if (value === null) return null;
  const [output] = node.outputs as readonly [string];
  const dims = dimsOf(lookup, output);
  if (dims.some(isOpen)) return null;
  const d = draft(lookup, node.name, node.scope);
  const shape = { elem: elemOf(lookup, output), dims };
  d.add({ op: "Fill", domain: CP, inputs: [d.integers(dims)], attributes: fillAttributes(value), shape }, output);
  return d.replace(node);
}

/** The one element, as a tensor of shape [1]; `null` for a node that makes no fill. */
function filling(lookup: Lookup, node: CanonicalNode): Tensor | null {
  if (isOp(node, "ConstantOfShape")) {
    const { value } = node.attributes;
    return value?.kind === "tensor" ? value.value : tensorFromNumbers("float32", [1], [0]);
  }
  const source = isOp(node, "Expand") ? lookup.graph.constants.get(node.inputs[0]!) : undefined;
  const isOne = source?.data.kind === "inline" && source.dims.every((d) => d === 1);
  return isOne ? { ...source, dims: [1] } : null;
}
