/**
 * @file `Resize`: the axes that keep their extent pass, and those whose rows are repeated; the others mix their elements. Where the sizes do not follow from the operands, the
 * file states them.
 */
import { equal, exactDiv, mul, type Expr } from "../../expr/expr.ts";
import { numbersOf } from "../../graph/tensors.ts";
import { factorList, fromEnd, intAttribute, intsAttribute, stringAttribute } from "../builder.ts";
import { resized } from "../windows.ts";
import type { Axis, OperatorRule, NodeView, Sizing, TrimExchange } from "../types.ts";

export const resize: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const shape = view.inputs[0];
    const target = resized(view) ?? view.declared(0)?.dims;
    if (!shape || !target) return null;
    const list = factorList();
    const scales = shape.dims.map((_, i) => (keeps(view, i) ? 1 : repeats(view, i, target)));
    const input = shape.dims.map((d, i) => list.axis(d, scales[i] === null ? "along" : "free"));
    const output = target.map((d, i): Axis => {
      const [axis, scale] = [input[i]!, scales[i]];
      if (scale === null || scale === undefined) return list.axis(d, "along");
      // Each row stands `scale` times, one after the other.
      return scale === 1 || !("product" in axis) ? axis : { product: [...axis.product, list.index(scale, "along")] };
    });
    const exchanges = shape.dims.flatMap((_, i) => {
      const [from, to] = [input[i]!, output[i]!];
      if (scales[i] !== null || !("product" in from && "product" in to)) return [];
      return interpolated(view, i, target).map((e) => ({ ...e, factor: from.product[0]!, output: to.product[0]! }));
    });
    const sizing = sizesOf(view);
    return { factors: list.factors, inputs: [input, null, null, null], outputs: [output], sizing, exchanges };
  },
};

/** How often each row of an axis is repeated, where the nearest one to a place is the one it is made from; `null` where it is not so. */
function repeats(view: NodeView, axis: number, target: readonly Expr[]): number | null {
  const scale = wholeScale(view, axis, target);
  if (scale === null || (stringAttribute(view, "mode") ?? "nearest") !== "nearest") return null;
  const coordinates = stringAttribute(view, "coordinate_transformation_mode") ?? "half_pixel";
  const rounding = stringAttribute(view, "nearest_mode") ?? "round_prefer_floor";
  if (CENTRED.has(coordinates)) return rounding.startsWith("round") ? scale : null;
  if (coordinates !== "asymmetric") return null;
  // Halves are rounded down: 1 / 2 to 0.
  return rounding === "floor" || (scale === 2 && rounding === "round_prefer_floor") ? scale : null;
}

/** Of rows that are `scale` places wide, a place nearest to the centre of a row lies within it. */
const CENTRED: ReadonlySet<string> = new Set(["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"]);

/** The scale of an axis, if it is a whole number above 1. */
function wholeScale(view: NodeView, axis: number, target: readonly Expr[]): number | null {
  const [from, to] = [view.inputs[0]!.dims[axis]!, target[axis]!];
  // A rank's size is that of its rows: unknown numbers cannot be replaced.
  if (view.inputs[3] && view.integers(3) === null) return null;
  const known = view.inputs[3] ? exactDiv(to, from) : scaleOf(view, axis);
  return typeof known === "number" && Number.isInteger(known) && known > 1 && equal(mul(from, known), to)
    ? known
    : null;
}

function scaleOf(view: NodeView, axis: number): number | null {
  const scales = view.constant(2);
  const named = intsAttribute(view, "axes")?.map((a) => fromEnd(a, view.inputs[0]!.dims.length));
  return (scales && numbersOf(scales)?.[named === undefined ? axis : named.indexOf(axis)]) ?? null;
}

/** Rows between which a place is interpolated, before and after the row in which it lies: it may lie before the middle of that row. */
const READ: Readonly<Record<string, readonly [number, number]>> = { linear: [1, 1], cubic: [2, 2] };

/**
 * An axis along which places are interpolated between rows. Only by a power of two: the fractions of other scales are rounded, and differently
 * at another position. A size that is an operand would be that of the block.
 */
function interpolated(
  view: NodeView,
  axis: number,
  target: readonly Expr[],
): readonly Omit<TrimExchange, "factor" | "output">[] {
  const up = wholeScale(view, axis, target);
  const read = READ[stringAttribute(view, "mode") ?? "nearest"];
  const coordinates = stringAttribute(view, "coordinate_transformation_mode") ?? "half_pixel";
  if (up === null || read === undefined || view.inputs[3] || !Number.isInteger(Math.log2(up))) return [];
  if (!CENTRED.has(coordinates) && coordinates !== "asymmetric") return [];
  if (intAttribute(view, "antialias", 0) === 1) return [];
  const [before, after] = coordinates === "asymmetric" ? [read[0] - 1, read[1]] : read;
  return [{ kind: "trim", axis, up, down: 1, before, after, least: 0, more: 0 }];
}

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
