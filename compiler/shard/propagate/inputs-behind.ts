/**
 * @file Which inputs of the model the rows of a whole value come from: what a plan would split to split the value. Uses rules, knows no
 * operator.
 */
import { makerOf, places } from "./leaves.ts";
import type { State } from "../state.ts";

export interface InputAxis {
  readonly name: string;
  readonly axis: number;
}

/** How far back a value is followed. */
const FUEL = 512;

/** Inputs whose concatenated rows are the rows of `value` along `axis`; `null` if other values than inputs are among them. */
export function inputsBehind(state: State, value: string, axis: number): readonly InputAxis[] | null {
  return trace(state, value, axis, { left: FUEL });
}

function trace(state: State, value: string, axis: number, fuel: { left: number }): readonly InputAxis[] | null {
  if (state.graph.inputs.some(({ name }) => name === value)) return [{ name: value, axis }];
  if (fuel.left-- <= 0) return null;
  const made = makerOf(state, value);
  const output = made?.map.outputs[made.node.outputs.indexOf(value)]?.[axis];
  if (made === null || output === undefined) return null;
  const { node, map } = made;
  const behind = (factor: number): readonly InputAxis[] | null => {
    if (map.factors[factor]?.kind !== "free") return null;
    for (const [operand, at] of places(map, factor)) {
      // For an axis of several joined factors it is not known which rows are meant.
      if ("joined" in map.inputs[operand]![at]!) continue;
      const found = trace(state, node.inputs[operand]!, at, fuel);
      if (found !== null) return found;
    }
    return null;
  };
  if ("product" in output) return output.product.length === 1 ? behind(output.product[0]!) : null;
  const found = output.joined.map(behind);
  return found.every((inputs) => inputs !== null) ? found.flat() : null;
}
