/**
 * @file Operators that read or write by index, and those that make a value from numbers: `Gather`, `ScatterND`, `Range`, `Fill`.
 */
import { add, equal, exactDiv, floorDiv, max, mul, sub, type Expr } from "../../expr/expr.ts";
import { factorList, fromEnd, intAttribute } from "../builder.ts";
import { extents, unchanged } from "./movement.ts";
import { fewNumbers, readsOf } from "./places/reads.ts";
import type { Axis, FactorMap, OperatorRule, NodeView } from "../types.ts";

const sameType = [{ operand: 0 }] as const;

/** The indexed axis is needed whole, or ranks exchange the rows that are read; the axes of the indices replace it. */
export const gather: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [data, indices] = view.inputs;
    if (!data || !indices) return null;
    const at = fromEnd(intAttribute(view, "axis", 0), data.dims.length);
    const list = factorList();
    const dataAxes = data.dims.map((d, i) => list.axis(d, i === at ? "along" : "free"));
    const indexAxes = indices.dims.map((d) => list.axis(d));
    const output = [...dataAxes.slice(0, at), ...indexAxes, ...dataAxes.slice(at + 1)];
    const read = { component: null, before: at, numbers: fewNumbers(view) };
    const exchanges = readsOf(list.factors, dataAxes[at], indices.dims, read);
    return { factors: list.factors, inputs: [dataAxes, indexAxes], outputs: [output], sizing: [], exchanges };
  },
};

/** Reads along one axis, element by element; the other axes are paired where indices and data have the same extent. */
export const gatherElements: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [data, indices] = view.inputs;
    if (!data || !indices) return null;
    const at = fromEnd(intAttribute(view, "axis", 0), data.dims.length);
    const list = factorList();
    const steps = indices.dims.map((d, i) => i === at || inStep(d, data.dims[i]!));
    const picked = indices.dims.map((d, i) => list.axis(d, steps[i] ? "free" : "along"));
    const dataAxes = picked.map((x, i) => (steps[i] && i !== at ? x : list.axis(data.dims[i]!, "along")));
    const read = { component: null, before: 0, numbers: null };
    const exchanges = readsOf(list.factors, dataAxes[at], indices.dims, read);
    return { factors: list.factors, inputs: [dataAxes, picked], outputs: [picked], sizing: [], exchanges };
  },
};

/** indices (i..., k): the first k axes of the data (after batch_dims) are indexed, the others follow i. */
export const gatherNd: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [data, indices] = view.inputs;
    const k = indices?.dims.at(-1);
    if (!data || !indices || typeof k !== "number") return null;
    const batch = intAttribute(view, "batch_dims", 0);
    const list = factorList();
    const lead = indices.dims.slice(0, -1).map((d) => list.axis(d));
    const dataAxes = data.dims.map((d, i) => (i < batch ? lead[i]! : list.axis(d, i < batch + k ? "along" : "free")));
    const indexAxes = [...lead, list.axis(k, "along")];
    const output = [...lead, ...dataAxes.slice(batch + k)];
    const exchanges = dataAxes.slice(batch, batch + k).flatMap((of, component) => {
      return readsOf(list.factors, of, indices.dims.slice(0, -1), { component, before: 0, numbers: null });
    });
    return { factors: list.factors, inputs: [dataAxes, indexAxes], outputs: [output], sizing: [], exchanges };
  },
};

/** Data axes from k on pair with the axes of the updates; indexed axes and the axes of the indices must be whole. */
export const scatterNd: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [data, indices, updates] = view.inputs;
    const k = indices?.dims.at(-1);
    if (!data || !indices || !updates || typeof k !== "number") return null;
    const list = factorList();
    const dataAxes = data.dims.map((d, i) => list.axis(d, i < k ? "along" : "free"));
    const indexAxes = indices.dims.map((d) => list.axis(d, "along"));
    const lead = updates.dims.slice(0, indices.dims.length - 1).map((d) => list.axis(d, "along"));
    return {
      factors: list.factors,
      inputs: [dataAxes, indexAxes, [...lead, ...dataAxes.slice(k)]],
      outputs: [dataAxes],
      sizing: [],
    };
  },
};

/** Fewer indices than data, which ONNX allows, leave the rest of the data unchanged; two names may mean the same extent. */
function inStep(a: Expr, b: Expr): boolean {
  return equal(a, b) || (typeof a !== "number" && typeof b !== "number");
}

/** Writes by index along one axis, element by element; the other axes are paired as in `GatherElements`. */
export const scatterElements: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [data, indices] = view.inputs;
    if (!data || !indices) return null;
    const at = fromEnd(intAttribute(view, "axis", 0), data.dims.length);
    const list = factorList();
    const steps = data.dims.map((d, i) => i !== at && inStep(d, indices.dims[i]!));
    const dataAxes = data.dims.map((d, i) => list.axis(d, steps[i] ? "free" : "along"));
    const placed = dataAxes.map((x, i) => (steps[i] ? x : list.axis(indices.dims[i]!, "along")));
    return { factors: list.factors, inputs: [dataAxes, placed, placed], outputs: [dataAxes], sizing: [] };
  },
};

/** A new axis of operand 1's extent; one position holds the second of two values, the others the first. */
export const oneHot: OperatorRule = {
  types: [{ operand: 2 }],
  factors: (view) => {
    const [indices] = view.inputs;
    const depth = view.integers(1)?.elements[0];
    if (!indices || depth === undefined) return null;
    const list = factorList();
    const axes = indices.dims.map((d) => list.axis(d));
    const at = fromEnd(intAttribute(view, "axis", -1), axes.length + 1);
    const output = axes.toSpliced(at, 0, list.axis(depth, "along"));
    return { factors: list.factors, inputs: [axes, null, null], outputs: [output], sizing: [] };
  },
};

/** Positions of nonzero elements: a row for each axis, and a number of columns that depends on the data. */
export const nonZero: OperatorRule = {
  types: [{ elem: "int64" }],
  factors: (view) => {
    const [shape] = view.inputs;
    if (!shape) return null;
    const list = factorList();
    const input = shape.dims.map((d) => list.axis(d, "along"));
    const found = list.axis(`?${view.node.outputs[0]}.1`, "along");
    const output = [list.axis(shape.dims.length, "along"), found];
    return { factors: list.factors, inputs: [input], outputs: [output], sizing: [] };
  },
};

/** (N, C, H, W) sampled at (N, H', W', 2): the places pass, the sampled value must be whole in space. */
export const gridSample: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [data, grid] = view.inputs;
    if (!data || !grid) return null;
    const list = factorList();
    const dataAxes = data.dims.map((d, i) => list.axis(d, i < 2 ? "free" : "along"));
    const places = grid.dims.slice(1, -1).map((d) => list.axis(d));
    const gridAxes = [dataAxes[0]!, ...places, list.axis(grid.dims.at(-1)!, "along")];
    return {
      factors: list.factors,
      inputs: [dataAxes, gridAxes],
      outputs: [[...dataAxes.slice(0, 2), ...places]],
      sizing: [],
    };
  },
};

/** Numbers from start below limit; a new axis, whole on every rank. */
export const range: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => view.integers(i)?.elements[0]);
    const known =
      start === undefined || limit === undefined || delta === undefined ? null : counted(start, limit, delta);
    const extent: Expr | undefined = known ?? view.declared(0)?.dims[0];
    return extent === undefined ? null : fresh([extent], [null, null, null], []);
  },
};

/** How many numbers there are from `start` in steps of `delta` before `limit`; `null` where that is not known. A step of 0 fails in the model itself. */
function counted(start: Expr, limit: Expr, delta: Expr): Expr | null {
  const span = sub(limit, start);
  if (delta === 1) return span;
  if (typeof delta !== "number") return exactDiv(span, delta);
  if (delta === 0) return null;
  const [far, step] = delta > 0 ? [span, delta] : [mul(-1, span), -delta];
  return max(0, floorDiv(add(far, step - 1), step));
}

/** 1 on a diagonal, 0 elsewhere: it depends on positions and on the extents of operand 0, and not on its elements. */
export const diagonal: OperatorRule = {
  types: [{ attribute: "dtype", otherwise: "float32" }],
  factors: (view) => lastAxesWhole(view, 2),
};

/** A constant fill. Each axis may be split, since every element is the same. Its integers operand 0 sizes it. */
export const fill: OperatorRule = {
  types: [{ elem: "float32" }],
  factors: (view) => {
    const target = view.integers(0);
    return target === null ? null : fresh(target.elements, [null], extents(0, target.elements.length), "free");
  },
};

/** The shape as numbers of the whole value. */
export const shapeOf: OperatorRule = {
  types: [{ elem: "int64" }],
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const list = factorList();
    const input = shape.dims.map((d) => list.axis(d, "along"));
    const { start, end } = view.node.attributes;
    const rank = shape.dims.length;
    const from = start?.kind === "int" ? fromEnd(start.value, rank) : 0;
    const to = end?.kind === "int" ? Math.min(rank, fromEnd(end.value, rank)) : rank;
    const output = view.node.op === "Size" ? [] : [list.axis(to - from, "along")];
    return { factors: list.factors, inputs: [input], outputs: [output], sizing: [] };
  },
};

/** The lower or upper triangle of the last two axes: it depends on positions, so they must be whole. */
export const triangle: OperatorRule = {
  types: sameType,
  factors: (view) => lastAxesWhole(view, 2),
};

function lastAxesWhole(view: NodeView, count: number): FactorMap | null {
  const map = unchanged(view);
  const axes = map?.outputs[0];
  if (!map || !axes) return null;
  const whole = new Set(axes.slice(-count).flatMap((a) => ("product" in a ? a.product : a.joined)));
  return { ...map, factors: map.factors.map((f, i) => (whole.has(i) ? { ...f, kind: "along" } : f)) };
}

function fresh(
  dims: readonly Expr[],
  inputs: FactorMap["inputs"],
  sizing: FactorMap["sizing"],
  kind: "free" | "along" = "along",
): FactorMap {
  const list = factorList();
  const output: readonly Axis[] = dims.map((d) => list.axis(d, kind));
  return { factors: list.factors, inputs, outputs: [output], sizing };
}
