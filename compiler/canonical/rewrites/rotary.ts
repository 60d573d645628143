/**
 * @file Expands the angles of every `RotaryEmbedding` over the batch: an exporter may leave them to broadcasting, which onnxruntime does
 * not do.
 */
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { applyPatches, draft, type Patch } from "./draft.ts";
import { dimsOf, elemOf, isOp, lookupOf, type Lookup } from "./lookup.ts";

export function expandAngles(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => expanded(lookup, node) ?? []),
  );
}

function expanded(lookup: Lookup, node: CanonicalNode): Patch | null {
  if (!isOp(node, "RotaryEmbedding")) return null;
  const [x = "", ...operands] = node.inputs;
  const { op, domain, attributes } = node;
  const [batch] = dimsOf(lookup, x);
  const d = draft(lookup, node.name, node.scope);
  // With position ids, these have the batch axis and the tables do not.
  const isShared = (value: string): boolean =>
    value !== "" && dimsOf(lookup, value).length === (operands[2] ? 2 : 3) && dimsOf(lookup, value)[0] === 1;
  const shared = operands.filter((value, i) => (i === 2) === Boolean(operands[2]) && isShared(value));
  if (batch === undefined || batch === 1 || shared.length === 0) return null;
  const repeat = (value: string): string => {
    const shape = { elem: elemOf(lookup, value), dims: [batch, ...dimsOf(lookup, value).slice(1)] };
    return d.add({ op: "Expand", inputs: [value, d.integers(shape.dims)], shape });
  };
  const inputs = [x, ...operands.map((value) => (shared.includes(value) ? repeat(value) : value))];
  const [output] = node.outputs as readonly [string];
  const shape = { elem: elemOf(lookup, output), dims: dimsOf(lookup, output) };
  d.add({ op, domain, inputs, attributes, shape }, output);
  return d.replace(node);
}
