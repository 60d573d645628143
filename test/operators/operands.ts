/**
 * @file Helpers for samples: operands with values of a kind, attributes, a node with them.
 */
import type { Attribute, Attributes, ElemType } from "../../compiler/graph/types.ts";

/** An operand: a data tensor, a constant, or an absent one. */
export type Operand =
  | {
      readonly kind: "data";
      readonly elem: ElemType;
      readonly dims: readonly number[];
      readonly high: number;
      readonly low: number;
      /** Lengths of two streams that are laid end to end along the axis: an edge that a split must keep to. */
      readonly joined?: { readonly axis: number; readonly sizes: readonly number[] };
      /** The shape of a feed that a Reshape makes the operand of: splits are of its axes. */
      readonly apart?: readonly number[];
    }
  | {
      readonly kind: "constant";
      readonly elem: ElemType;
      readonly dims: readonly number[];
      readonly values: readonly number[];
    }
  | { readonly kind: "absent" };

export interface Sample {
  readonly operands: readonly Operand[];
  readonly attributes: Attributes;
  readonly outputs: number;
  /** What the operands do not tell: the shape that an export would state. */
  readonly declared?: readonly number[];
  /** Shows a refusal or an empty result, and little else: its mutants are left out. */
  readonly refused?: true;
  /** Axes that are split together, as (operand, axis), besides all of the same extent. */
  readonly together?: readonly (readonly [number, number])[];
  /** Operator set, where it is not 23. */
  readonly opset?: number;
}

/** Float data between -1 and 1. */
export function data(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: -1, high: 1 };
}

export function positive(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: 0.1, high: 0.9 };
}

export function beyondOne(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: 1.1, high: 2 };
}

/** Scales of results that sum many products. */
export function wide(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: 100, high: 200 };
}

export function bools(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "bool", dims, low: 0, high: 2 };
}

/** Float data that is two streams, laid end to end along an axis. */
export function joined(axis: number, sizes: readonly number[], ...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: -1, high: 1, joined: { axis, sizes } };
}

/** Float data of which some axes are products, of the extents of a feed. */
export function merged(apart: readonly number[], ...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: -1, high: 1, apart };
}

/** int64 indices from 0 below `high`. */
export function indices(high: number, ...dims: readonly number[]): Operand {
  return { kind: "data", elem: "int64", dims, low: 0, high };
}

export function bytes(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "uint8", dims, low: 0, high: 256 };
}

export function unsigned(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "uint8", dims, low: 1, high: 4 };
}

/** A vector of one number; one of them is a scalar. */
export function int32s(count: number, value: number): Operand {
  return { kind: "data", elem: "int32", dims: count === 1 ? [] : [count], low: value, high: value + 1 };
}

/** int64 between 1 and 3. */
export function lengths(count: number): Operand {
  return { kind: "data", elem: "int64", dims: [count], low: 1, high: 4 };
}

export function vector(...values: readonly number[]): Operand {
  return { kind: "constant", elem: "int64", dims: [values.length], values };
}

export function scalar(value: number): Operand {
  return { kind: "constant", elem: "int64", dims: [], values: [value] };
}

export function floats(...values: readonly number[]): Operand {
  return { kind: "constant", elem: "float32", dims: [values.length], values };
}

export const absent: Operand = { kind: "absent" };

export type Plain = number | string | readonly number[] | Attribute;

export function attributes(values: Readonly<Record<string, Plain>>): Attributes {
  return Object.fromEntries(
    Object.entries(values).map(([name, v]): [string, Attribute] => {
      if (typeof v === "number") return [name, { kind: "int", value: v }];
      if (typeof v === "string") return [name, { kind: "string", value: v }];
      return [name, "kind" in v ? v : { kind: "ints", value: v }];
    }),
  );
}

export function node(
  operands: readonly Operand[],
  values: Readonly<Record<string, Plain>> = {},
  more: Partial<Sample> = {},
): Sample {
  return { operands, attributes: attributes(values), outputs: 1, ...more };
}

/** Shared, so that the rule of many operators is altered once. */
export const unary: readonly Sample[] = [node([data(2, 5, 6)])];
