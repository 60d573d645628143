/**
 * @file Helpers for writing rules: making factors and axes, reading attributes and axis operands.
 */
import type { Expr } from "../expr/expr.ts";
import type { Axis, Factor, FactorKind, FactorMap, NodeView } from "./types.ts";

/** An axis of extent 1. */
export const ONE: Axis = { product: [] };

export interface FactorList {
  readonly factors: Factor[];
  /** A new factor, as a separate axis; extent 1 needs no factor. */
  readonly axis: (size: Expr, kind?: FactorKind) => Axis;
  /** A new factor's index. */
  readonly index: (size: Expr, kind?: FactorKind) => number;
}

export function factorList(): FactorList {
  const factors: Factor[] = [];
  const index = (size: Expr, kind: FactorKind = "free"): number => factors.push({ size, kind }) - 1;
  const axis = (size: Expr, kind: FactorKind = "free"): Axis => (size === 1 ? ONE : { product: [index(size, kind)] });
  return { factors, axis, index };
}

/** A map in which operand 0 and output 0 have the given axes, and no operand sizes an axis. */
export function unaryMap(factors: readonly Factor[], input: readonly Axis[], output: readonly Axis[]): FactorMap {
  return { factors, inputs: [input], outputs: [output], sizing: [] };
}

export function intAttribute(view: NodeView, name: string, otherwise: number): number {
  const attribute = view.node.attributes[name];
  return attribute?.kind === "int" ? attribute.value : otherwise;
}

export function intsAttribute(view: NodeView, name: string): readonly number[] | null {
  const attribute = view.node.attributes[name];
  return attribute?.kind === "ints" ? attribute.value : null;
}

export function stringAttribute(view: NodeView, name: string): string | null {
  const attribute = view.node.attributes[name];
  return attribute?.kind === "string" ? attribute.value : null;
}

/** Axis numbers of an operand (or, in older operator sets, of the attribute `axes`), counted from 0; `null` where not known. */
export function axesOf(view: NodeView, operand: number, rank: number): readonly number[] | null {
  const axes = numbersOf(view, operand) ?? intsAttribute(view, "axes");
  return axes === null ? null : axes.map((a) => fromEnd(a, rank));
}

/** An integer operand whose elements are all plain numbers. */
export function numbersOf(view: NodeView, operand: number): readonly number[] | null {
  const value = view.integers(operand);
  if (value === null) return null;
  const numbers = value.elements.filter((e): e is number => typeof e === "number");
  return numbers.length === value.elements.length ? numbers : null;
}

export function fromEnd(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
