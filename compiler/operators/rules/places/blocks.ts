/**
 * @file Operators that may be computed on a block of the rows of an axis: what lies at the ends of the axis is at those of the first and the last
 * block. `Pad`, and `ConvTranspose`, whose rows spread over several places. Knows no rank.
 */
import type { Expr } from "../../../expr/expr.ts";
import { factorList, intsAttribute, stringAttribute } from "../../builder.ts";
import { windowsOf, type Window } from "../../windows.ts";
import type { Axis, FactorMap, NodeView, TrimExchange } from "../../types.ts";

type Block = Omit<TrimExchange, "factor" | "output">;

/** An axis that is padded by these extents; none where they are not known, or where rows of the other end are needed. */
export function paddedRows(view: NodeView, axis: number, before: Expr, after: Expr): readonly Block[] {
  const mode = stringAttribute(view, "mode") ?? "constant";
  if (typeof before !== "number" || typeof after !== "number" || before < 0 || after < 0) return [];
  if (!["constant", "edge", "reflect"].includes(mode)) return [];
  const least = mode === "reflect" ? Math.max(before, after) + 1 : 1;
  return [{ kind: "trim", axis, up: 1, down: 1, before, after: -before, least, more: before + after }];
}

/**
 * x (N, C, places...), weight (C, M / groups, kernel...), bias (M) -> (N, M, places...), the transposed convolution, whose result has the given
 * extents. Where kernel and stride are equal, and nothing is cut off or added, each row makes places of its own.
 */
export function spreadRows(view: NodeView, result: readonly Expr[] | null): FactorMap | null {
  const [x, weight, bias] = view.inputs;
  const windows = x && weight && windowsOf(view, weight.dims.slice(2));
  if (!x || !weight || !windows || result === null || intsAttribute(view, "output_shape") !== null) return null;
  const list = factorList();
  const exchanges: TrimExchange[] = [];
  const more = intsAttribute(view, "output_padding");
  const batch = list.axis(x.dims[0]!);
  const [input, output]: [Axis[], Axis[]] = [[batch], [batch]];
  for (const [axis, extent] of x.dims.entries()) {
    const window = windows[axis - 2];
    const added = more?.[axis - 2] ?? 0;
    if (axis === 0) continue;
    if (window !== undefined && isApart(window) && added === 0) {
      const row = list.index(extent);
      input.push({ product: [row] });
      output.push({ product: window.kernel === 1 ? [row] : [row, list.index(window.kernel, "along")] });
      continue;
    }
    const [factor, made] = [list.index(extent, "along"), list.index(result[axis]!, "along")];
    input.push({ product: [factor] });
    output.push({ product: [made] });
    const block = window === undefined ? null : spread(window, axis, added);
    if (block !== null) exchanges.push({ ...block, factor, output: made });
  }
  const whole = (dims: readonly Expr[]): readonly Axis[] => dims.map((d) => list.axis(d, "along"));
  const inputs = [input, whole(weight.dims), bias ? whole(bias.dims) : null];
  return { factors: list.factors, inputs, outputs: [output], sizing: [], exchanges };
}

function isApart({ kernel, stride, dilation, padding, same }: Window): boolean {
  return kernel === stride && (dilation === 1 || kernel === 1) && padding === 0 && !same;
}

/** `null` where the padding depends on the extent, or where places lie between the rows or behind them that none of them reaches. */
function spread(
  { kernel, stride, dilation, before, padding, same }: Window,
  axis: number,
  added: number,
): Block | null {
  const extent = dilation * (kernel - 1) + 1;
  if (same || before < 0 || padding < before || before >= extent || extent < stride) return null;
  const more = extent - stride - padding + added;
  // Place i is of the rows from (i + before - extent + 1) / stride to (i + before) / stride; the last of the block is its own last place or later.
  const reached = Math.floor((stride - 1 + before) / stride);
  const after = Math.max(reached, Math.ceil(-more / stride));
  return {
    kind: "trim",
    axis,
    up: stride,
    down: 1,
    before: Math.max(0, Math.floor((extent - 1 - before) / stride)),
    after,
    least: 0,
    more,
  };
}
