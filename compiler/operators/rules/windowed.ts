/**
 * @file Convolutions and pooling over (N, C, places...): an axis along which the window has one place passes; along the others the rule says
 * which places a window reads, so that ranks can exchange the rows at their edges. Knows no rank.
 */
import { ints } from "../../graph/attributes.ts";
import type { Attributes } from "../../graph/types.ts";
import type { Expr } from "../../expr/expr.ts";
import { factorList, intAttribute, intsAttribute } from "../builder.ts";
import { windowsOf, type Window } from "../windows.ts";
import type { Axis, FactorMap, NodeView, Exchange, TrimExchange, WindowExchange } from "../types.ts";

/**
 * What a window makes of places outside its operand. `zeros`: they hold zeros; `none`: they are left out, so that the result depends on where the
 * operand ends; `alone`: so too, and the result next to NaN depends on whether the operand is one window, which ONNX Runtime pools in another order.
 */
export type Filling = (view: NodeView) => "zeros" | "none" | "alone";

export const zero: Filling = () => "zeros";

/** The largest of a window. */
export const largest: Filling = () => "alone";

/** The mean over a window counts its padding, or leaves it out. */
export const counted: Filling = (view) => (intAttribute(view, "count_include_pad", 0) === 1 ? "zeros" : "none");

/**
 * The map of a node whose window has the given extents and whose result has the given ones; channels pass where `channels` says so. `null`
 * where the window is not known, or where there is a second result.
 */
export function windowed(
  view: NodeView,
  kernel: readonly Expr[] | null,
  result: readonly Expr[] | null,
  fill: Filling,
): FactorMap | null {
  const [x, ...others] = view.inputs;
  const windows = x && kernel && windowsOf(view, kernel);
  if (!x || !windows || result === null || view.node.outputs.filter((name) => name !== "").length > 1) return null;
  if (intAttribute(view, "ceil_mode", 0) === 1) return null;
  const list = factorList();
  const exchanges: Exchange[] = [];
  const batch = list.axis(x.dims[0]!);
  const [input, output]: [Axis[], Axis[]] = [[batch], [batch]];
  for (const [axis, extent] of x.dims.entries()) {
    const window = windows[axis - 2];
    if (axis === 0) continue;
    if (window !== undefined && isPoint(window)) {
      input.push(list.axis(extent));
      output.push(input.at(-1)!);
      continue;
    }
    const [factor, made] = [list.index(extent, "along"), list.index(result[axis]!, "along")];
    input.push({ product: [factor] });
    output.push({ product: [made] });
    const exchange = window && exchangeOf(view, window, axis, fill);
    if (exchange) exchanges.push({ ...exchange, factor, output: made });
  }
  const whole = others.map((s) => s && s.dims.map((d) => list.axis(d, "along")));
  return { factors: list.factors, inputs: [input, ...whole], outputs: [output], sizing: [], exchanges };
}

function isPoint({ kernel, stride, padding, same }: Window): boolean {
  return kernel === 1 && stride === 1 && padding === 0 && !same;
}

type Without<T> = Omit<T, "factor" | "output">;

/** `null` where the padding depends on the extent, or where a window may lie outside the operand. */
function exchangeOf(
  view: NodeView,
  { kernel, stride, dilation, before, after, same }: Window,
  axis: number,
  fill: Filling,
): Without<WindowExchange> | Without<TrimExchange> | null {
  const extent = dilation * (kernel - 1) + 1;
  if (same || [before, after].some((n) => n < 0 || n >= extent)) return null;
  const filling = fill(view);
  if (filling === "zeros" || (filling === "none" && before + after === 0))
    return { kind: "window", axis, extent, stride, before, after, attributes: unpadded(view, axis) };
  const more = before + after - extent + stride;
  const least = filling === "alone" ? extent + stride : 0;
  return { kind: "trim", axis, up: 1, down: stride, before, after: extent - 1 - before, least, more };
}

function unpadded(view: NodeView, axis: number): Attributes {
  const pads = intsAttribute(view, "pads");
  const { attributes } = view.node;
  if (pads === null) return attributes;
  const [at, count] = [axis - 2, pads.length / 2];
  return { ...attributes, pads: ints(pads.map((n, i) => (i % count === at ? 0 : n))) };
}
