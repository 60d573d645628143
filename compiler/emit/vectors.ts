/**
 * @file Small helpers over a builder: extents as integer vectors, reductions, conditions on all elements of a value. Knows no attention.
 */
import { elemCode } from "../graph/elements.ts";
import { int } from "../graph/attributes.ts";
import type { ElemType } from "../graph/types.ts";
import type { Builder } from "./builder.ts";

/** Elements `from` up to `to` of a vector. */
export function part(b: Builder, vector: string, from: number, to: number): string {
  return b.add("Slice", [vector, b.ints([from]), b.ints([to])]);
}

/** Extents of axes `from` up to `to` of `x`. */
export function extents(b: Builder, x: string, from: number, to: number): string {
  return part(b, b.add("Shape", [x]), from, to);
}

/** Vectors end to end. */
export function joined(b: Builder, ...vectors: readonly string[]): string {
  return b.add("Concat", vectors, { axis: int(0) });
}

/** 0, 1, ... up to the extent of axis `axis` of `x`; from the scalar `first` instead of 0, if there is one. */
export function count(b: Builder, x: string, axis: number, first: string | null = null): string {
  const extent = b.add("Gather", [b.add("Shape", [x]), b.scalar("int64", axis)]);
  const numbers = b.add("Range", [b.scalar("int64", 0), extent, b.scalar("int64", 1)]);
  return first === null ? numbers : b.add("Add", [numbers, first]);
}

export function castTo(b: Builder, x: string, from: ElemType, to: ElemType): string {
  return from === to ? x : b.add("Cast", [x], { to: int(elemCode(to)) });
}

/** (..., n) to (..., 1). onnxruntime does not reduce a value without elements, such as that of an empty batch; the Slice does. */
export function reduceLast(
  b: Builder,
  op: "ReduceMax" | "ReduceMin" | "ReduceSum",
  x: string,
  output?: string,
): string {
  const made = output ?? b.fresh(op);
  const reduced = b.add(op, [x, b.ints([-1])], { keepdims: int(1) });
  b.addAs(made, "Slice", [reduced, b.ints([0]), b.ints([1]), b.ints([-1])]);
  return made;
}

/** Scalar boolean: every element is true; true if there is none. */
export function allTrue(b: Builder, flags: string): string {
  const numbers = b.add("Cast", [b.add("Reshape", [flags, b.ints([-1])])], { to: int(elemCode("int32")) });
  const withOne = b.add("Pad", [numbers, b.ints([0, 1]), b.scalar("int32", 1)]);
  return b.add("Cast", [b.add("ReduceMin", [withOne], { keepdims: int(0) })], { to: int(elemCode("bool")) });
}

/** Scalar boolean: no element of `x` is NaN or infinite. Elements whose sum exceeds the type count as infinite. */
export function allFinite(b: Builder, x: string, elem: ElemType): string {
  const sum = b.add("ReduceSum", [x], { keepdims: int(0) });
  return b.add("Equal", [b.add("Sub", [sum, sum]), b.scalar(elem, 0)]);
}

/** Scalar boolean: no dot product of rows of `x` and `y` exceeds `most` in magnitude, nor does a partial sum (Cauchy-Schwarz); false for NaN. */
export function dotsBelow(b: Builder, [x, y]: readonly [string, string], elem: ElemType, most: number): string {
  const norm = (value: string): string => b.add("Sqrt", [b.add("ReduceSumSquare", [value], { keepdims: int(0) })]);
  return b.add("Less", [b.add("Mul", [norm(x), norm(y)]), b.scalar(elem, most)]);
}

/** Whether all of these scalar booleans, one or more, are true. */
export function allOf(b: Builder, conditions: readonly string[]): string {
  return conditions.reduce((all, condition) => b.add("And", [all, condition]));
}
