/**
 * @file Operators that move axes without touching elements: permute, add, drop, merge and split axes, repeat along them.
 */
import { exactDiv, floorDiv, mul, unclamped, type Expr } from "../../expr/expr.ts";
import {
  axesOf,
  factorList,
  intAttribute,
  intsAttribute,
  numbersOf,
  ONE,
  stringAttribute,
  unaryMap,
} from "../builder.ts";
import { refine } from "../refine.ts";
import type { Axis, FactorMap, OperatorRule, NodeView, Sizing } from "../types.ts";

const sameType = [{ operand: 0 }] as const;

export const transpose: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const list = factorList();
    const input = shape.dims.map((d) => list.axis(d));
    const perm = intsAttribute(view, "perm") ?? input.map((_, i) => input.length - 1 - i);
    return unaryMap(
      list.factors,
      input,
      perm.map((p) => input[p] ?? ONE),
    );
  },
};

export const unsqueeze: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    const count = numbersOf(view, 1)?.length ?? intsAttribute(view, "axes")?.length;
    if (!shape || count === undefined) return null;
    const axes = axesOf(view, 1, shape.dims.length + count)!;
    const list = factorList();
    const input = shape.dims.map((d) => list.axis(d));
    const rest = [...input];
    const output = Array.from({ length: input.length + count }, (_, i) => (axes.includes(i) ? ONE : rest.shift()!));
    return unaryMap(list.factors, input, output);
  },
};

/** Without an axes operand, every axis of extent 1 is removed; the canonical graph always names them. */
export const squeeze: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const named = axesOf(view, 1, shape.dims.length);
    if (named === null && view.inputs[1]) return null;
    const list = factorList();
    const input = shape.dims.map((d) => list.axis(d));
    const output = input.filter((_, i) => (named === null ? shape.dims[i] !== 1 : !named.includes(i)));
    return unaryMap(list.factors, input, output);
  },
};

export const reshape: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    const target = view.integers(1);
    if (!shape || target === null) return null;
    const zeroCopies = intAttribute(view, "allowzero", 0) === 0;
    return reshapeTo(shape.dims, resolveTarget(view, shape.dims, target.elements, zeroCopies), 1);
  },
};

/**
 * Target of a Reshape with 0 and -1 replaced by the extents that they mean. A -1 that the symbols do not determine is the stated extent, or
 * a new one.
 */
export function resolveTarget(
  view: NodeView,
  from: readonly Expr[],
  target: readonly Expr[],
  zeroCopies: boolean,
): readonly Expr[] {
  const copied = target.map((d, i) => (d === 0 && zeroCopies ? (from[i] ?? 0) : d));
  const open = copied.indexOf(-1);
  if (open < 0) return copied;
  const known = mul(1, ...copied.filter((_, i) => i !== open));
  const rest = remaining(mul(1, ...from), known) ?? view.declared(0)?.dims[open] ?? `?${view.node.outputs[0]}.${open}`;
  return copied.map((d, i) => (i === open ? rest : d));
}

export const flatten: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const at = intAttribute(view, "axis", 1);
    const axis = at < 0 ? at + shape.dims.length : at;
    return reshapeTo(shape.dims, [mul(...shape.dims.slice(0, axis)), mul(...shape.dims.slice(axis))], null);
  },
};

/** `target` is the full result shape. */
function reshapeTo(from: readonly Expr[], target: readonly Expr[], operand: number | null): FactorMap {
  const { factors, input, output } = refine(from, target);
  const sizing = operand === null ? [] : extents(operand, target.length, "open extent");
  return { factors, inputs: [input, null], outputs: [output], sizing };
}

/** Elements 0.. of an operand are the extents of output 0's axes. */
export function extents(operand: number, rank: number, role: Sizing["role"] = "extent"): readonly Sizing[] {
  return Array.from({ length: rank }, (_, axis) => ({ operand, element: axis, role, output: 0, axis }));
}

/**
 * total / known. A slice of a table is clamped to its end (`min(frames, 32)`), which a Reshape to `frames` rules out: where the clamp
 * applies, the model itself fails, and so does this Reshape.
 */
function remaining(total: Expr, known: Expr): Expr | null {
  return exactDiv(total, known) ?? exactDiv(unclamped(total, 1), known) ?? exactDiv(unclamped(total, 2), known);
}

/** The target of a canonical `Expand` is the full result shape, with 1 for an extent that depends on data and stays. */
export const expand: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    const target = view.integers(1);
    if (!shape || target === null || target.elements.length < shape.dims.length) return null;
    const list = factorList();
    const lead = target.elements.length - shape.dims.length;
    const stays = target.elements.map((d, i) => d === 1 && (shape.dims[i - lead] ?? 1) !== 1);
    const output = target.elements.map((d, i) => list.axis(stays[i] === true ? shape.dims[i - lead]! : d));
    const input = shape.dims.map((d, i) => (d === 1 ? ONE : output[lead + i]!));
    const sizing = extents(1, output.length).filter(({ element }) => stays[element] !== true);
    return { factors: list.factors, inputs: [input, null], outputs: [output], sizing };
  },
};

/** Repeats are outer: r copies of an axis s give (r s). */
export const tile: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const shape = view.inputs[0];
    const repeats = view.integers(1);
    if (!shape || repeats === null) return null;
    const list = factorList();
    const input = shape.dims.map((d) => list.axis(d));
    const output = input.map((axis, i): Axis => {
      const repeat = repeats.elements[i] ?? 1;
      const inner = "product" in axis ? axis.product : [];
      return repeat === 1 ? axis : { product: [list.index(repeat, "along"), ...inner] };
    });
    return { factors: list.factors, inputs: [input, null], outputs: [output], sizing: [] };
  },
};

/** (N, b b C, H, W) to (N, C, H b, W b), or back: blocks are outer in depth (`CRD`: inner), inner in space. */
export function blocks(toSpace: boolean): OperatorRule {
  return {
    types: sameType,
    factors: (view) => {
      const [n, channels, height, width] = view.inputs[0]?.dims ?? [];
      const size = intAttribute(view, "blocksize", 1);
      if (n === undefined || channels === undefined || height === undefined || width === undefined) return null;
      const list = factorList();
      const batch = list.axis(n);
      const [c, h, w] = toSpace
        ? [floorDiv(channels, size * size), height, width]
        : [channels, floorDiv(height, size), floorDiv(width, size)];
      const [depth, rows, columns] = [list.index(c), list.index(h), list.index(w)];
      // The block size is a constant of the operator: no rank can hold less than one block.
      const [down, across] = [list.index(size, "along"), list.index(size, "along")];
      const inner = stringAttribute(view, "mode") === "CRD";
      const deep = [
        batch,
        { product: inner ? [depth, down, across] : [down, across, depth] },
        { product: [rows] },
        { product: [columns] },
      ];
      const spread = [batch, { product: [depth] }, { product: [rows, down] }, { product: [columns, across] }];
      return toSpace ? unaryMap(list.factors, deep, spread) : unaryMap(list.factors, spread, deep);
    },
  };
}

/** Each axis is a separate free factor: operators that take a value unchanged. */
export function unchanged(view: NodeView): FactorMap | null {
  const shape = view.inputs[0];
  if (!shape) return null;
  const list = factorList();
  const axes = shape.dims.map((d) => list.axis(d));
  return unaryMap(list.factors, axes, axes);
}
