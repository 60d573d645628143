/**
 * @file `Resize`: the axes that keep their extent pass, the others mix their elements. Where the sizes do not follow from the operands, the
 * file states them.
 */
import { equal } from "../../expr/expr.ts";
import { numbersOf } from "../../graph/tensors.ts";
import { factorList, fromEnd, intsAttribute, stringAttribute } from "../builder.ts";
import { resized } from "../windows.ts";
import type { Axis, OperatorRule, NodeView, Sizing } from "../types.ts";

export const resize: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const shape = view.inputs[0];
    const target = resized(view) ?? view.declared(0)?.dims;
    if (!shape || !target) return null;
    const list = factorList();
    const input = shape.dims.map((d, i) => list.axis(d, keeps(view, i) ? "free" : "along"));
    const output = target.map((d, i): Axis => (keeps(view, i) ? input[i]! : list.axis(d, "along")));
    return { factors: list.factors, inputs: [input, null, null, null], outputs: [output], sizing: sizesOf(view) };
  },
};

/** A size in operand 3 is the extent of its axis. */
function sizesOf(view: NodeView): readonly Sizing[] {
  if (!view.inputs[3]) return [];
  const rank = view.inputs[0]!.dims.length;
  const axes = intsAttribute(view, "axes")?.map((a) => fromEnd(a, rank)) ?? Array.from({ length: rank }, (_, i) => i);
  return axes.map((axis, element) => ({ operand: 3, element, role: "extent", output: 0, axis }));
}

/** True where an axis is scaled by exactly 1: a scale near 1 may leave the extent and still move elements. */
function keeps(view: NodeView, axis: number): boolean {
  const rank = view.inputs[0]!.dims.length;
  const named = intsAttribute(view, "axes")?.map((a) => fromEnd(a, rank));
  const at = named === undefined ? axis : named.indexOf(axis);
  if (at < 0) return true;
  if (stringAttribute(view, "coordinate_transformation_mode") === "tf_crop_and_resize") return false;
  if ((stringAttribute(view, "keep_aspect_ratio_policy") ?? "stretch") !== "stretch") return false;
  if (view.inputs[3]) return sizeKept(view, axis, at);
  const scales = view.constant(2);
  return scales !== null && numbersOf(scales)?.[at] === 1;
}

function sizeKept(view: NodeView, axis: number, at: number): boolean {
  const size = view.integers(3)?.elements[at];
  return size !== undefined && equal(size, view.inputs[0]!.dims[axis]!);
}
