/**
 * @file Operators that lay values end to end along an axis or cut them apart: `Concat`, `Split`, `Slice`, `Pad`.
 */
import { add, max, min, sub, type Expr } from "../../expr/expr.ts";
import { axesOf, factorList, fromEnd, intAttribute } from "./builder.ts";
import type { Axis, FactorMap, OperatorRule, Site, Sizing } from "./types.ts";

const sameType = [{ operand: 0 }] as const;

export const concat: OperatorRule = {
  types: sameType,
  factors: (site) => {
    const first = site.inputs[0];
    if (!first || site.inputs.some((s) => s === null)) return null;
    const axis = fromEnd(intAttribute(site, "axis", 0), first.dims.length);
    const list = factorList();
    const shared = first.dims.map((d, i): Axis => (i === axis ? { product: [] } : list.axis(d)));
    const parts = site.inputs.map((s) => list.index(s!.dims[axis] ?? 1));
    const inputs = parts.map((part) => shared.map((x, i): Axis => (i === axis ? { product: [part] } : x)));
    const output = shared.map((x, i): Axis => (i === axis ? { parts } : x));
    return { factors: list.factors, inputs, outputs: [output], sizing: [] };
  },
};

/** The canonical graph gives every `Split` its sizes as operand 1. */
export const split: OperatorRule = {
  types: sameType,
  factors: (site) => {
    const shape = site.inputs[0];
    const sizes = site.integers(1);
    if (!shape || sizes === null) return null;
    const axis = fromEnd(intAttribute(site, "axis", 0), shape.dims.length);
    const list = factorList();
    const shared = shape.dims.map((d, i): Axis => (i === axis ? { product: [] } : list.axis(d)));
    const parts = sizes.elements.map((size) => list.index(size));
    const input = shared.map((x, i): Axis => (i === axis ? { parts } : x));
    const outputs = parts.map((part) => shared.map((x, i): Axis => (i === axis ? { product: [part] } : x)));
    const sizing = parts.map((_, output): Sizing => ({ operand: 1, element: output, role: "extent", output, axis }));
    return { factors: list.factors, inputs: [input, null], outputs, sizing };
  },
};

/** Exporters write "to the end" as a number that no extent reaches. */
const END = 2 ** 31 - 1;

/** What a `Slice` takes of one axis: from `start` to `end` of the whole extent, by `step`. */
export interface SliceRange {
  readonly axis: number;
  readonly start: Expr;
  readonly end: Expr;
  readonly step: number;
}

/** Ranges of a `Slice` with negative and overlong bounds resolved; `null` where a bound is not known. */
export function sliceRanges(site: Site): readonly SliceRange[] | null {
  const shape = site.inputs[0];
  const starts = site.integers(1)?.elements;
  const ends = site.integers(2)?.elements;
  if (!shape || !starts || !ends) return null;
  const axes = site.inputs[3] ? axesOf(site, 3, shape.dims.length) : starts.map((_, i) => i);
  const steps = site.inputs[4] ? site.integers(4)?.elements : starts.map(() => 1);
  if (!axes || !steps || [ends, axes, steps].some(({ length }) => length !== starts.length)) return null;
  // A negative step is read where it turns the whole axis around, as exporters write it.
  const turned = (i: number): boolean => starts[i] === -1 && isBefore(ends[i]!, shape.dims[axes[i]!]);
  if (steps.some((step, i) => typeof step !== "number" || step === 0 || (step < 0 && !turned(i)))) return null;
  return axes.map((axis, i) => {
    const step = Number(steps[i]);
    const extent = shape.dims[axis] ?? 1;
    if (step < 0) return { axis, start: 0, end: extent, step };
    return { axis, start: bound(starts[i]!, extent), end: bound(ends[i]!, extent), step };
  });
}

/** A negative bound beyond the first element, whatever the extent or for a known one. */
function isBefore(end: Expr, extent: Expr | undefined): boolean {
  return typeof end === "number" && (end <= -END || (typeof extent === "number" && end < -extent));
}

/** A bound within 0..extent: counted from the end if negative, cut off if beyond. */
function bound(value: Expr, extent: Expr): Expr {
  if (typeof value === "number" && value >= END) return extent;
  if (typeof value === "number") return value < 0 ? max(0, add(extent, value)) : min(value, extent);
  const negative = isNegative(value);
  return negative ? max(0, add(extent, value)) : min(value, extent);
}

/** An expression is taken as negative where all its terms are: lengths are not. */
function isNegative(value: Expr): boolean {
  return max(0, value) === 0;
}

export const slice: OperatorRule = {
  types: sameType,
  factors: (site) => {
    const shape = site.inputs[0];
    const ranges = sliceRanges(site);
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
        input.push({ product: [list.index(extent, "along")] });
        output.push({ product: [list.index(stepped(range, extent), "along")] });
      } else {
        const kept = list.index(sub(range.end, range.start));
        const parts = [list.index(range.start), kept, list.index(sub(extent, range.end))];
        input.push({ parts });
        output.push({ product: [kept] });
        sizing.push({ operand: 1, element: at, role: "start", output: 0, axis });
        sizing.push({ operand: 2, element: at, role: "end", output: 0, axis });
      }
    });
    return { factors: list.factors, inputs: [input, null, null, null, null], outputs: [output], sizing };
  },
};

/** Number of elements of a strided range; for negative steps over the whole axis. */
function stepped({ start, end, step }: SliceRange, extent: Expr): Expr {
  const size = Math.abs(step);
  const span = step < 0 ? extent : sub(end, start);
  return size === 1 ? span : ceilDiv(span, size);
}

function ceilDiv(value: Expr, by: number): Expr {
  return typeof value === "number" ? Math.ceil(value / by) : ["//", add(value, by - 1), by];
}

/** A padded axis needs its whole extent; the others pass. */
export const pad: OperatorRule = {
  types: sameType,
  factors: (site): FactorMap | null => {
    const shape = site.inputs[0];
    const pads = site.integers(1);
    if (!shape || pads === null) return null;
    const rank = shape.dims.length;
    const axes = site.inputs[3] ? axesOf(site, 3, rank) : shape.dims.map((_, i) => i);
    if (axes === null) return null;
    const list = factorList();
    const input: Axis[] = [];
    const output: Axis[] = [];
    shape.dims.forEach((extent, axis) => {
      const at = axes.indexOf(axis);
      const before = pads.elements[at] ?? 0;
      const after = pads.elements[at + axes.length] ?? 0;
      const untouched = at < 0 || (before === 0 && after === 0);
      input.push(untouched ? list.axis(extent) : { product: [list.index(extent, "along")] });
      output.push(untouched ? input.at(-1)! : { product: [list.index(add(before, extent, after), "along")] });
    });
    return { factors: list.factors, inputs: [input, null, null, null], outputs: [output], sizing: [] };
  },
};
