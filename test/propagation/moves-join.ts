/**
 * @file Moves that concatenate values, split them, read from them and write into them by index.
 */
import { add, floorDiv, sub, type Expr } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import type { Attribute } from "../../compiler/graph/types.ts";
import {
  emit,
  emitAll,
  extentsOperand,
  integers,
  numbersOf,
  sameExtent,
  sizeOf,
  weight,
  type Draft,
  type Move,
  type Value,
} from "./draft.ts";

/** Values that can stand beside `x` in a Concat along `axis`. */
function beside(d: Draft, x: Value, axis: number): readonly Value[] {
  return d.values.filter(
    (v) => v.dims.length === x.dims.length && v.dims.every((e, i) => i === axis || sameExtent(d, e, x.dims[i]!)),
  );
}

const concat: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const axis = pick.axis(x);
  const fixed = numbersOf(d, x);
  const known = x.dims.every((e, i) => i === axis || typeof e === "number");
  const other =
    known && pick.chance(30) ? weight(d, ...fixed.with(axis, 1 + pick.below(3))) : pick.of(beside(d, x, axis));
  if (fixed.reduce((a, b) => a * b, 1) > 2000) return null;
  const parts = pick.chance(50) ? [x, other] : [other, x];
  const written = pick.chance(40) ? axis - x.dims.length : axis;
  return emit(d, "Concat", parts, x.dims.with(axis, add(x.dims[axis]!, other.dims[axis]!)), { axis: int(written) });
};

/** Ways to cut an extent in two: at the edge of a length that it is the sum of, or of a number. */
function edges(extent: Expr, lengths: readonly string[]): readonly (readonly [Expr, Expr])[] {
  if (typeof extent === "number")
    return extent < 2
      ? []
      : [
          [1, extent - 1],
          [floorDiv(extent, 2), extent - Math.floor(extent / 2)],
        ];
  const terms = typeof extent !== "string" && extent[0] === "+" ? extent.slice(1) : [];
  const whole = terms.flatMap((t): (readonly [Expr, Expr])[] => [
    [t as Expr, sub(extent, t as Expr)],
    [sub(extent, t as Expr), t as Expr],
  ]);
  return [
    ...whole,
    ...whole,
    ...lengths.filter((n) => n !== extent && whole.length === 0).map((n) => [n, sub(extent, n)] as const),
  ];
}

const split: Move = (d, pick) => {
  const x = pick.value(d);
  const axis = pick.axis(x);
  const found = edges(x.dims[axis] ?? 1, Object.keys(d.sizes));
  if (found.length === 0) return null;
  const sizes = pick.of(found);
  if (sizes.some((e) => sizeOf(d, e) < 0)) return null;
  const operand = extentsOperand(d, sizes, []);
  if (operand === null) return null;
  const parts = emitAll(
    d,
    "Split",
    [x, operand],
    sizes.map((e) => x.dims.with(axis, e)),
    { axis: int(axis) },
  );
  d.values.push(parts[0]!);
  return parts[1]!;
};

const evenSplit: Move = (d, pick) => {
  const x = pick.value(d);
  const axis = pick.axis(x);
  const extent = x.dims[axis];
  if (typeof extent !== "number" || extent % 2 !== 0) return null;
  const half = x.dims.with(axis, extent / 2);
  const parts = emitAll(d, "Split", [x], [half, half], { axis: int(axis), num_outputs: int(2) });
  d.values.push(parts[0]!);
  return parts[1]!;
};

/** A Slice at a edge, or of numbers: from the start, from the end, or by steps. */
const slice: Move = (d, pick) => {
  const x = pick.value(d);
  const axis = pick.axis(x);
  const extent = x.dims[axis];
  if (extent === undefined) return null;
  const found = edges(extent, Object.keys(d.sizes));
  const axes = integers(d, [axis]);
  if (found.length > 0 && pick.chance(60)) {
    const [first, second] = pick.of(found);
    if (sizeOf(d, first) < 1 || sizeOf(d, second) < 1) return null;
    const edge = extentsOperand(d, [first], []);
    if (edge === null) return null;
    const [from, to, size] = pick.chance(50) ? [integers(d, [0]), edge, first] : [edge, integers(d, [2 ** 31]), second];
    return emit(d, "Slice", [x, from, to, axes], x.dims.with(axis, size));
  }
  const number = sizeOf(d, extent);
  const [from, to, step, size] = pick.of<readonly [number, number, number, Expr]>([
    [0, 2 ** 31, 1, extent],
    [-1, 2 ** 31, 1, 1],
    [0, -1, 1, sub(extent, 1)],
    [1, 2 ** 31, 1, sub(extent, 1)],
    [-1, -(2 ** 31), -1, extent],
    [0, 2 ** 31, 2, floorDiv(add(extent, 1), 2)],
    [1, 2 ** 31, 2, floorDiv(extent, 2)],
  ]);
  if (number < 3) return null;
  return emit(
    d,
    "Slice",
    [x, integers(d, [from]), integers(d, [to]), axes, integers(d, [step])],
    x.dims.with(axis, size),
  );
};

const gather: Move = (d, pick) => {
  const x = pick.value(d);
  const axis = pick.axis(x);
  const extent = x.dims[axis];
  if (typeof extent !== "number" || extent < 1) return null;
  const scalar = pick.chance(30);
  const indices = scalar ? [pick.below(extent)] : [extent - 1, 0, -1];
  const operand = integers(d, indices, scalar ? [] : [3]);
  return emit(d, "Gather", [x, operand], x.dims.toSpliced(axis, 1, ...(scalar ? [] : [3])), { axis: int(axis) });
};

/** A table read at the ids that a feed gives. */
const embedding: Move = (d) => {
  const ids = d.inputs.find(({ name }) => name === "ids");
  if (ids === undefined) return null;
  return emit(d, "Gather", [weight(d, 4, 6), "ids"], [...(ids.type.dims as readonly Expr[]), 6], { axis: int(0) });
};

const gatherElements: Move = (d, pick) => {
  const x = pick.value(d);
  const axis = pick.axis(x);
  const extent = x.dims[axis];
  if (typeof extent !== "number" || x.dims.length > 3) return null;
  const indices = extentsOperand(d, x.dims, [x]);
  if (indices === null) return null;
  const value: Attribute = { kind: "tensor", value: d.constants.get(integers(d, [extent - 1]))! };
  const filled = emit(d, "ConstantOfShape", [indices], x.dims, { value }, "int64");
  return emit(d, "GatherElements", [x, filled], x.dims, { axis: int(axis) });
};

const pad: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const at = pick.chance(80) ? x.dims.findLastIndex((e) => typeof e === "number") : pick.axis(x);
  if (at < 0) return null;
  const pads = [...x.dims.map((_, i) => (i === at ? 1 : 0)), ...x.dims.map((_, i) => (i === at ? 2 : 0))];
  return emit(d, "Pad", [x, integers(d, pads)], x.dims.with(at, add(x.dims[at]!, 3)));
};

/** Writes one constant row into the first axis, or into another by way of elements. */
const scatter: Move = (d, pick) => {
  const x = pick.value(d);
  const [first] = x.dims;
  if (typeof first !== "number" || x.dims.length < 2 || x.dims.length > 3) return null;
  const source = pick.of(
    d.values.filter(
      (v) => v.dims.length === x.dims.length - 1 && v.dims.every((e, i) => sameExtent(d, e, x.dims[i + 1]!)),
    ),
  );
  if (source === undefined) return null;
  const update = emit(d, "Unsqueeze", [source, integers(d, [0])], [1, ...source.dims]);
  return emit(d, "ScatterND", [x, integers(d, [first - 1], [1, 1]), update], x.dims);
};

export const JOIN_MOVES: Readonly<Record<string, Move>> = {
  concat,
  split,
  evenSplit,
  slice,
  gather,
  embedding,
  gatherElements,
  pad,
  scatter,
};
