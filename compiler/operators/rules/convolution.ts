/**
 * @file The factor map of `Conv`: a kernel of one element acts on each place separately, so places may be split; of a larger one the rule
 * says which places it reads.
 */
import { factorList, intsAttribute, ONE } from "../builder.ts";
import { convolved } from "../windows.ts";
import { spatial } from "./opaque.ts";
import { windowed, zero, type Filling } from "./windowed.ts";
import type { Axis, FactorMap, OperatorRule, NodeView } from "../types.ts";

/** x (N, C, places...), weight (M, C / groups, kernel...), bias (M) -> (N, M, places...). */
export const convolution: OperatorRule = convolutionWith(zero);

/** A convolution with what it does outside of its operand. */
export function convolutionWith(fill: Filling): OperatorRule {
  return {
    types: [{ operand: 0 }],
    factors: (view) => {
      const kernel = view.inputs[1]?.dims.slice(2) ?? null;
      return pointwise(view) ?? windowed(view, kernel, convolved(view), fill) ?? spatial.factors(view);
    },
  };
}

/** With what is added to the result before an activation, as operand 3. */
export const fusedConvolution: OperatorRule = {
  types: convolution.types,
  factors: (view) => {
    const map = convolution.factors({ ...view, inputs: view.inputs.slice(0, 3) });
    const added = view.inputs[3];
    if (!map || !added) return map;
    const inputs = [...Array.from({ length: 3 }, (_, i) => map.inputs[i] ?? null), map.outputs[0]!];
    return { ...map, inputs };
  },
};

/** `null` where the kernel, its strides or its padding are more than one element. */
function pointwise(view: NodeView): FactorMap | null {
  const [x, weight, bias] = view.inputs;
  const [features, channels, ...kernel] = weight?.dims ?? [];
  if (!x || !weight || features === undefined || channels === undefined) return null;
  const only = (attribute: string, value: number): boolean =>
    (intsAttribute(view, attribute) ?? []).every((n) => n === value);
  if (x.dims.length !== weight.dims.length || !kernel.every((k) => k === 1)) return null;
  if (!only("strides", 1) || !only("pads", 0)) return null;
  const list = factorList();
  const [batch, input, ...places] = x.dims.map((d, i) => list.axis(d, i === 1 ? "along" : "free"));
  const output = list.axis(features, "along");
  const weights: readonly Axis[] = [output, list.axis(channels, "along"), ...kernel.map(() => ONE)];
  return {
    factors: list.factors,
    inputs: [[batch!, input!, ...places], weights, bias ? [output] : null],
    outputs: [[batch!, output, ...places]],
    sizing: [],
  };
}
