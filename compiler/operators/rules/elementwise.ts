/**
 * @file Elementwise operators, with operands broadcast against each other from the right.
 */
import type { Expr } from "../../expr/expr.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { ValueShape } from "../../ir/types.ts";
import { factorList, ONE } from "../builder.ts";
import type { Axis, FactorMap, OperatorRule, ResultType, NodeView } from "../types.ts";

export function elementwise(type: ResultType = { operand: 0 }): OperatorRule {
  return { types: [type], factors: broadcast };
}

/** Same as `elementwise`, but operand 1 and later are parameters without axes (`Clip` bounds). */
export function elementwiseFirst(): OperatorRule {
  return {
    types: [{ operand: 0 }],
    factors: (view) => broadcast({ ...view, inputs: view.inputs.map((s, i) => (i === 0 ? s : null)) }),
  };
}

/** In inference the value is unchanged; the second result is a mask of its shape. */
export const dropout: OperatorRule = {
  types: [{ operand: 0 }, { elem: "bool" }],
  factors: (view) => {
    const training = view.constant(2);
    if (view.node.inputs[2] && (training === null || numbersOf(training)?.[0] !== 0)) return null;
    const map = elementwiseFirst().factors(view);
    return map && { ...map, outputs: view.node.outputs.map(() => map.outputs[0]!) };
  },
};

/** Factor map of a broadcast: axes are matched from the right, an operand's extent of 1 takes no factor. */
function broadcast(view: NodeView): FactorMap | null {
  const rank = Math.max(0, ...view.inputs.map((s) => s?.dims.length ?? 0));
  const list = factorList();
  const output: Axis[] = [];
  for (let axis = 0; axis < rank; axis++) {
    output.push(list.axis(broadcastExtent(view.inputs.map((s) => extentAt(s, axis, rank)))));
  }
  const inputs = view.inputs.map((shape) =>
    shape === null ? null : shape.dims.map((d, i) => (d === 1 ? ONE : output[rank - shape.dims.length + i]!)),
  );
  return { factors: list.factors, inputs, outputs: [output], sizing: [] };
}

/** Extents broadcast together. */
export function broadcastShape(all: readonly (readonly Expr[])[]): readonly Expr[] {
  const rank = Math.max(...all.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) =>
    broadcastExtent(all.map((dims) => dims[axis - rank + dims.length] ?? 1)),
  );
}

/** The extent of a broadcast axis: the first that is not 1, a known one before an unknown one. */
export function broadcastExtent(extents: readonly Expr[]): Expr {
  const wide = extents.filter((e) => e !== 1);
  return wide.find((e) => !(typeof e === "string" && e.startsWith("?"))) ?? wide[0] ?? 1;
}

function extentAt(shape: ValueShape | null, axis: number, rank: number): Expr {
  return shape?.dims[axis - rank + shape.dims.length] ?? 1;
}
