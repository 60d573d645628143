/**
 * @file Operators between floats and small integers: element by element with a scale for all, for each row of an axis, or for each block.
 */
import { factorList, fromEnd, intAttribute, ONE } from "../../builder.ts";
import type { ElemType } from "../../../graph/types.ts";
import type { Axis, FactorMap, OperatorRule, NodeView } from "../../types.ts";

/** Scale and zero point are scalars, or vectors along `axis`; with blocks, that axis must be whole. The type may be an attribute. */
export function quantisation(otherwise: { readonly operand: number; readonly otherwise?: ElemType }): OperatorRule {
  return { types: [{ attribute: "output_dtype", otherwise }], factors: scaled };
}

function scaled(view: NodeView): FactorMap | null {
  const [shape, ...parameters] = view.inputs;
  if (!shape) return null;
  const at = fromEnd(intAttribute(view, "axis", 1), shape.dims.length);
  const blocked = intAttribute(view, "block_size", 0) > 0;
  const list = factorList();
  const axes = shape.dims.map((d, i) => list.axis(d, blocked && i === at ? "along" : "free"));
  const own = parameters.map((s): readonly Axis[] | null => {
    if (s === null) return null;
    if (s.dims.length < 2) return s.dims.map((d) => (d === 1 ? ONE : (axes[at] ?? ONE)));
    return s.dims.map((d, i) => (i === at ? list.axis(d, "along") : axes[i]!));
  });
  return { factors: list.factors, inputs: [axes, ...own], outputs: [axes], sizing: [] };
}

/** The range of the whole value determines its scale: no axis passes. */
export const dynamicQuantisation: OperatorRule = {
  types: [{ elem: "uint8" }, { operand: 0 }, { elem: "uint8" }],
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const list = factorList();
    const axes = shape.dims.map((d) => list.axis(d, "along"));
    return { factors: list.factors, inputs: [axes], outputs: [axes, [], []], sizing: [] };
  },
};
