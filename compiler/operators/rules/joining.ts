/**
 * @file Operators that concatenate values along an axis or divide them: `Concat`, `Split`, `Slice`, `Pad`.
 */
import { add, equal, exactDiv, floorDiv, max, min, mul, sub, type Expr } from "../../expr/expr.ts";
import { axesOf, type FactorList, factorList, fromEnd, intAttribute, stringAttribute } from "../builder.ts";
import { paddedRows } from "./places/blocks.ts";
import type { Axis, Exchange, FactorMap, OperatorRule, NodeView, Sizing } from "../types.ts";

const sameType = [{ operand: 0 }] as const;

export const concat: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const first = view.inputs[0];
    if (!first || view.inputs.some((s) => s === null)) return null;
    const axis = fromEnd(intAttribute(view, "axis", 0), first.dims.length);
    const list = factorList();
    const shared = first.dims.map((d, i): Axis => (i === axis ? { product: [] } : list.axis(d)));
    const joined = view.inputs.map((s) => list.index(s!.dims[axis] ?? 1));
    const inputs = joined.map((operand) => shared.map((x, i): Axis => (i === axis ? { product: [operand] } : x)));
    const output = shared.map((x, i): Axis => (i === axis ? { joined } : x));
    return { factors: list.factors, inputs, outputs: [output], sizing: [] };
  },
};

/** The canonical graph gives every `Split` its sizes as operand 1. */
export const split: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const axis = fromEnd(intAttribute(view, "axis", 0), shape.dims.length);
    const sizes = view.integers(1)?.elements ?? sizesWithoutOperand(view, axis);
    if (sizes === null) return null;
    const list = factorList();
    const shared = shape.dims.map((d, i): Axis => (i === axis ? { product: [] } : list.axis(d)));
    const joined = sizes.map((size) => list.index(size));
    const input = shared.map((x, i): Axis => (i === axis ? { joined } : x));
    const outputs = joined.map((factor) => shared.map((x, i): Axis => (i === axis ? { product: [factor] } : x)));
    const sizing = joined.map((_, output): Sizing => ({ operand: 1, element: output, role: "extent", output, axis }));
    return { factors: list.factors, inputs: [input, null], outputs, sizing };
  },
};

/** Equal sizes of an extent that depends on data: the canonical graph writes all others as an operand. */
function sizesWithoutOperand({ node, inputs }: NodeView, axis: number): readonly Expr[] | null {
  return node.inputs[1] ? null : evenSizes(inputs[0]?.dims[axis] ?? 1, node.outputs.length);
}

/** ONNX splits evenly, with a smaller last result. */
export function evenSizes(extent: Expr, count: number): readonly Expr[] {
  const size = floorDiv(add(extent, count - 1), count);
  return Array.from({ length: count }, (_, i) =>
    i < count - 1 ? min(size, extent) : sub(extent, mul(count - 1, size)),
  );
}

/** Exporters write "to the end" as a number larger than any extent. */
const END = 2 ** 31 - 1;

/** The range that a `Slice` takes of one axis: from `start` to `end` of the whole extent, by `step`. */
export interface SliceRange {
  readonly axis: number;
  readonly start: Expr;
  readonly end: Expr;
  readonly step: number;
}

/** Ranges of a `Slice` with negative and overlong bounds resolved; `null` where a bound is not known. */
function sliceRanges(view: NodeView): readonly SliceRange[] | null {
  const shape = view.inputs[0];
  const starts = view.integers(1)?.elements;
  const ends = view.integers(2)?.elements;
  if (!shape || !starts || !ends) return null;
  const axes = view.inputs[3] ? axesOf(view, 3, shape.dims.length) : starts.map((_, i) => i);
  const steps = view.inputs[4] ? view.integers(4)?.elements : starts.map(() => 1);
  if (!axes || !steps || [ends, axes, steps].some(({ length }) => length !== starts.length)) return null;
  if (steps.some((step) => typeof step !== "number" || step === 0)) return null;
  const ranges = axes.map((axis, i) => rangeOf(axis, starts[i]!, ends[i]!, Number(steps[i]), shape.dims[axis] ?? 1));
  return ranges.every((range) => range !== null) ? ranges : null;
}

function rangeOf(axis: number, from: Expr, to: Expr, step: number, extent: Expr): SliceRange | null {
  if (step < 0) {
    const taken = downwards(from, to, extent);
    return taken && { axis, ...taken, step };
  }
  const [start, end] = [bound(from, extent), bound(to, extent)];
  const empty = isBefore(end, start) || isBefore(to, from);
  return { axis, start, end: empty ? start : end, step };
}

/** A range that ends before its start is empty; both are counted from the same side. */
function isBefore(a: Expr, b: Expr): boolean {
  return typeof a === "number" && typeof b === "number" && a < b && a < 0 === b < 0;
}

/** The range of a negative step, as an ascending range: of numbers, or the whole axis reversed, as exporters write it. */
function downwards(from: Expr, to: Expr, extent: Expr): { readonly start: Expr; readonly end: Expr } | null {
  if (typeof from !== "number" || typeof to !== "number") return null;
  if (typeof extent !== "number") return from === -1 && to <= -END ? { start: 0, end: extent } : null;
  const last = Math.min(from < 0 ? from + extent : from, extent - 1);
  const first = Math.max(to < 0 ? to + extent : to, -1) + 1;
  return { start: Math.min(first, last + 1), end: last + 1 };
}

/** A bound within 0..extent: counted from the end if negative, clamped if beyond. */
function bound(value: Expr, extent: Expr): Expr {
  if (typeof value === "number" && value >= END) return extent;
  if (typeof value === "number") return value < 0 ? max(0, add(extent, value)) : min(value, extent);
  const negative = isNegative(value);
  return negative ? max(0, add(extent, value)) : min(value, extent);
}

/** An expression counts as negative if all its terms are: lengths are not. */
function isNegative(value: Expr): boolean {
  return max(0, value) === 0;
}

export const slice: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    const ranges = sliceRanges(view);
    if (!shape || ranges === null) return null;
    const list = factorList();
    const input: Axis[] = [];
    const output: Axis[] = [];
    const sizing: Sizing[] = [];
    shape.dims.forEach((extent, axis) => {
      const at = ranges.findIndex((r) => r.axis === axis);
      const range = ranges[at];
      if (range === undefined) {
        input.push(list.axis(extent));
        output.push(input.at(-1)!);
      } else if (range.step !== 1) {
        const [read, made] = strided(list, range, extent);
        input.push(read);
        output.push(made);
      } else {
        const kept = list.index(sub(range.end, range.start));
        const joined = [list.index(range.start), kept, list.index(sub(extent, range.end))];
        input.push({ joined });
        output.push({ product: [kept] });
        sizing.push({ operand: 1, element: at, role: "start", output: 0, axis });
        sizing.push({ operand: 2, element: at, role: "end", output: 0, axis });
      }
    });
    return { factors: list.factors, inputs: [input, null, null, null, null], outputs: [output], sizing };
  },
};

/** An axis of which every so many rows, from one among the first on, one is taken: so many rows are a unit. Else it is needed whole. */
function strided(list: FactorList, range: SliceRange, extent: Expr): readonly [Axis, Axis] {
  const { start, step } = range;
  const units = step > 1 ? exactDiv(extent, step) : null;
  const isOneOfEach = typeof start === "number" && start < step && units !== null && equal(stepped(range), units);
  if (!isOneOfEach)
    return [{ product: [list.index(extent, "along")] }, { product: [list.index(stepped(range), "along")] }];
  const unit = list.index(units);
  return [{ product: [unit, list.index(step, "along")] }, { product: [unit] }];
}

/** Number of elements of a strided range. */
function stepped({ start, end, step }: SliceRange): Expr {
  const size = Math.abs(step);
  const span = sub(end, start);
  return size === 1 ? span : ceilDiv(span, size);
}

function ceilDiv(value: Expr, by: number): Expr {
  return typeof value === "number" ? Math.ceil(value / by) : ["//", add(value, by - 1), by];
}

/** A padded axis needs its whole extent, or an exchange of rows, or is padded with a number; the others pass. */
export const pad: OperatorRule = {
  types: sameType,
  factors: (view): FactorMap | null => {
    const shape = view.inputs[0];
    const pads = view.integers(1);
    if (!shape || pads === null) return null;
    const rank = shape.dims.length;
    const axes = view.inputs[3] ? axesOf(view, 3, rank) : shape.dims.map((_, i) => i);
    if (axes === null) return null;
    const list = factorList();
    const input: Axis[] = [];
    const output: Axis[] = [];
    const exchanges: Exchange[] = [];
    const isConstant = (stringAttribute(view, "mode") ?? "constant") === "constant";
    shape.dims.forEach((extent, axis) => {
      const at = axes.indexOf(axis);
      const before = pads.elements[at] ?? 0;
      const after = pads.elements[at + axes.length] ?? 0;
      const untouched = at < 0 || (before === 0 && after === 0);
      if (untouched) {
        input.push(list.axis(extent));
        output.push(input.at(-1)!);
        return;
      }
      const [factor, made] = [list.index(extent, "along"), list.index(add(before, extent, after), "along")];
      input.push({ product: [factor] });
      output.push({ product: [made] });
      const blocks = paddedRows(view, axis, before, after).map((padded) => ({ ...padded, factor, output: made }));
      exchanges.push(...blocks);
      const isCropped = [before, after].some((n) => typeof n === "number" && n < 0);
      if (blocks.length === 0 && isConstant && !isCropped)
        exchanges.push({ kind: "pad", factor, axis, before, after, first: at, last: at + axes.length });
    });
    return { factors: list.factors, inputs: [input, null, null, null], outputs: [output], sizing: [], exchanges };
  },
};
