/**
 * @file Extents after a window has moved over the places of (N, C, places...), and after places were resized: as expressions, so that
 * lengths stay symbolic. `null` where attributes or operands are not known well enough.
 */
import { add, floorDiv, mul, type Expr } from "../expr/expr.ts";
import { numbersOf } from "../graph/tensors.ts";
import { fromEnd, intAttribute, intsAttribute, stringAttribute } from "./builder.ts";
import type { NodeView } from "./types.ts";

type Extents = readonly Expr[];

/** How a window moves along one axis. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  /** Before and after, in total. */
  readonly padding: number;
  /** Padded so that every stride holds one place of the result. */
  readonly same: boolean;
}

/** x (N, C, places...), weight (M, C / groups, kernel...) -> (N, M, places...). */
export function convolved(view: NodeView): Extents | null {
  const [x, weight] = view.inputs;
  const windows = x && weight && windowsOf(view, weight.dims.slice(2));
  return windows ? [x!.dims[0]!, weight!.dims[0]!, ...x!.dims.slice(2).map((d, i) => moved(d, windows[i]!))] : null;
}

/** x (N, C, places...) -> the same with fewer places. */
export function pooled(view: NodeView): Extents | null {
  const [x] = view.inputs;
  const kernel = intsAttribute(view, "kernel_shape");
  // Rounding up drops windows that start in the padding: the file states the remaining extent.
  const isKnown = x && kernel !== null && intAttribute(view, "ceil_mode", 0) !== 1;
  const windows = isKnown ? windowsOf(view, kernel) : null;
  return x && windows ? [...x.dims.slice(0, 2), ...x.dims.slice(2).map((d, i) => moved(d, windows[i]!))] : null;
}

/** x (N, C, places...) -> (N, C, 1...). */
export function pooledWhole(view: NodeView): Extents | null {
  const [x] = view.inputs;
  return x ? x.dims.map((d, i) => (i < 2 ? d : 1)) : null;
}

/** x (N, C, places...), weight (C, M / groups, kernel...) -> (N, M, places...), the transposed convolution. */
export function transposed(view: NodeView): Extents | null {
  const [x, weight] = view.inputs;
  const windows = x && weight && windowsOf(view, weight.dims.slice(2));
  if (!windows || intsAttribute(view, "output_shape") !== null) return null;
  const more = intsAttribute(view, "output_padding");
  const spread = (d: Expr, i: number): Expr => {
    const { kernel, stride, dilation, padding, same } = windows[i]!;
    if (same) return mul(d, stride);
    return add(mul(stride, add(d, -1)), dilation * (kernel - 1) + 1 - padding + (more?.[i] ?? 0));
  };
  const features = mul(weight!.dims[1]!, intAttribute(view, "group", 1));
  return [x!.dims[0]!, features, ...x!.dims.slice(2).map(spread)];
}

/** How the window of a convolution or a pooling moves along each place axis. */
export function windowsOf(view: NodeView, kernel: Extents): readonly Window[] | null {
  const rank = view.inputs[0]!.dims.length - 2;
  const listed = (name: string): readonly number[] => intsAttribute(view, name) ?? [];
  const [strides, dilations, pads] = [listed("strides"), listed("dilations"), listed("pads")];
  const mode = stringAttribute(view, "auto_pad") ?? "NOTSET";
  if (rank < 1 || kernel.length !== rank) return null;
  const windows = kernel.map((k, i): Window | null => {
    if (typeof k !== "number") return null;
    const [before, after] = mode === "NOTSET" ? [pads[i] ?? 0, pads[i + rank] ?? 0] : [0, 0];
    const same = mode.startsWith("SAME");
    const padding = before + after;
    return { kernel: k, stride: strides[i] ?? 1, dilation: dilations[i] ?? 1, before, after, padding, same };
  });
  return windows.every((w) => w !== null) ? windows : null;
}

function moved(places: Expr, { kernel, stride, dilation, padding, same }: Window): Expr {
  if (same) return floorDiv(add(places, stride - 1), stride);
  return add(floorDiv(add(places, padding - dilation * (kernel - 1) - 1), stride), 1);
}

/** x, region, scales, sizes: of each axis the size given, or the scaled extent rounded down. */
export function resized(view: NodeView): Extents | null {
  const [x, , , sizes] = view.inputs;
  if (!x || stringAttribute(view, "coordinate_transformation_mode") === "tf_crop_and_resize") return null;
  if ((stringAttribute(view, "keep_aspect_ratio_policy") ?? "stretch") !== "stretch") return null;
  const given = sizes ? view.integers(3)?.elements : scalesOf(view);
  const axes = intsAttribute(view, "axes")?.map((a) => fromEnd(a, x.dims.length)) ?? x.dims.map((_, i) => i);
  if (!given || given.length !== axes.length) return null;
  const dims = x.dims.map((d, axis): Expr | null => {
    const at = axes.indexOf(axis);
    if (at < 0) return d;
    return sizes ? given[at]! : scaled(d, given[at] as number);
  });
  return dims.every((d) => d !== null) ? dims : null;
}

function scalesOf(view: NodeView): readonly number[] | null {
  const scales = view.constant(2);
  return scales && numbersOf(scales);
}

/** For lengths, multiples and whole fractions only: another scale rounds in floating point. */
function scaled(extent: Expr, scale: number): Expr | null {
  if (typeof extent === "number") return Math.floor(extent * scale);
  if (Number.isInteger(scale)) return mul(extent, scale);
  return Number.isInteger(1 / scale) ? floorDiv(extent, 1 / scale) : null;
}
