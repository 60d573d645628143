/**
 * @file A softmax over rows that were flattened for it, as older operator sets define it, becomes one over the last axis where the last axis
 * alone was a row.
 */
import { int } from "../../graph/attributes.ts";
import { equal } from "../../expr/expr.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { fromEnd } from "../../operators/builder.ts";
import { applyPatches, draft, type Patch } from "./draft.ts";
import { dimsOf, elemOf, isOp, lookupOf, type Lookup } from "./lookup.ts";

const ROW_WISE = ["Softmax", "LogSoftmax", "Hardmax"] as const;

export function unflatten(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => overLastAxis(lookup, node) ?? []),
  );
}

/** `node` is the Reshape back to the shape before the Flatten. */
function overLastAxis(lookup: Lookup, node: CanonicalNode): Patch | null {
  const softmax = isOp(node, "Reshape") ? lookup.producer(node.inputs[0]!) : undefined;
  const op = ROW_WISE.find((one) => isOp(softmax, one));
  const flatten = op === undefined ? undefined : lookup.producer(softmax!.inputs[0]!);
  if (op === undefined || !isOp(flatten, "Flatten")) return null;
  const [x] = flatten.inputs as readonly [string];
  const [before, after] = [dimsOf(lookup, x), dimsOf(lookup, node.outputs[0]!)];
  const { axis: row } = softmax!.attributes;
  const { axis } = flatten.attributes;
  const at = fromEnd(axis?.kind === "int" ? axis.value : 1, before.length);
  const isLast = row?.kind !== "int" || row.value === -1 || row.value === 1;
  const isSame = before.length === after.length && before.every((dim, i) => equal(dim, after[i]!));
  if (!isLast || !isSame || at !== before.length - 1) return null;
  const d = draft(lookup, node.name, softmax!.scope);
  const shape = { elem: elemOf(lookup, x), dims: before };
  d.add({ op, inputs: [x], attributes: { axis: int(-1) }, shape }, node.outputs[0]!);
  return d.replace(node);
}
