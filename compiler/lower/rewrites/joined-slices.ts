/**
 * @file A Concat of the pieces that slices cut from one value is that value: a model that takes its joint stream apart after every block and
 * joins it again copies it twice.
 */
import { equal } from "../../expr/expr.ts";
import type { Expr } from "../../expr/expr.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import type { Flow } from "../flow.ts";
import { edit } from "./edit.ts";
import type { Edit, Listed } from "./edit.ts";

export function joinSlices(flow: Flow, listed: Listed): Flow {
  const e = edit(flow, listed);
  for (const step of flow.steps) {
    if (step.kind !== "local" || step.node.op !== "Concat" || step.node.domain !== "") continue;
    const source = wholeBehind(e, step.node);
    if (source !== null) e.alias(step.node.outputs[0]!, source);
  }
  return e.done();
}

/** The value whose consecutive slices, all of them, the Concat joins. */
function wholeBehind(e: Edit, { inputs, outputs, attributes }: CanonicalNode): string | null {
  const rank = e.dimsOf(outputs[0]!).length;
  const axis = positive(numberAttribute(attributes, "axis", 0), rank);
  const source = e.made(inputs[0]!, "Slice")?.node.inputs[0];
  if (source === undefined) return null;
  let end: Expr = 0;
  for (const input of inputs) {
    const cut = sliceAlong(e, input, source, axis, rank);
    if (cut === null || !equal(cut.start, end)) return null;
    end = cut.end;
  }
  const extent = e.dimsOf(source)[axis];
  return extent !== undefined && equal(extent, end) ? source : null;
}

function sliceAlong(
  e: Edit,
  name: string,
  source: string,
  axis: number,
  rank: number,
): { readonly start: Expr; readonly end: Expr } | null {
  const node = e.made(name, "Slice")?.node;
  if (node === undefined || node.inputs[0] !== source) return null;
  const [starts, ends, axes] = node.inputs.slice(1, 4).map((operand) => e.elementsOf(operand));
  const steps = node.inputs[4] ? e.elementsOf(node.inputs[4]) : [1];
  if (starts?.length !== 1 || ends?.length !== 1 || axes?.length !== 1 || steps?.[0] !== 1) return null;
  if (typeof axes[0] !== "number" || positive(axes[0], rank) !== axis) return null;
  return { start: starts[0]!, end: ends[0]! };
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
