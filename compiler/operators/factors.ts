/**
 * @file The only access to a node's factor map. Rules are written for nodes as ONNX defines them; a file may contain invalid ones, which
 * have no map. Knows no operator.
 */
import type { Expr } from "../expr/expr.ts";
import { ruleOf } from "./table.ts";
import type { Axis, FactorMap, NodeView } from "./types.ts";

/** `null` where the operands are not known well enough, or are invalid for the operator. */
export function factorsOf(view: NodeView): FactorMap | null {
  const map = ruleOf(view.node).factors(view);
  return map !== null && fits(map, view) ? map : null;
}

function fits({ factors, inputs, outputs, sizing }: FactorMap, view: NodeView): boolean {
  const isAxis = (axis: Axis | undefined): boolean =>
    axis !== undefined && ("product" in axis ? axis.product : axis.joined).every((i) => factors[i] !== undefined);
  return (
    factors.every(({ size }) => isExtent(size)) &&
    inputs.every((axes, i) => axes === null || (axes.length === view.inputs[i]?.dims.length && axes.every(isAxis))) &&
    outputs.every((axes) => axes.every(isAxis)) &&
    sizing.every(({ output, axis }) => outputs[output]?.[axis] !== undefined)
  );
}

function isExtent(size: Expr | null | undefined): boolean {
  return typeof size === "number" ? Number.isInteger(size) : size !== undefined && size !== null;
}
