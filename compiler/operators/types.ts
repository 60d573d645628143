/**
 * @file The type of an operator rule: a factor map, which relates the axes of an operator's operands and results. Shapes, layouts and
 * local sizes all follow from it. Rules know no layout, no rank and no model.
 *
 * A factor is an index that the operator iterates over. An axis is a product of factors, outer to inner, or a concatenation of them.
 * `MatMul` of (b, m, k) and (b, k, n) to (b, m, n) has four factors; b, m, n are free and k is summed.
 */
import type { Expr } from "../expr/expr.ts";
import type { Attributes, ElemType, Tensor } from "../graph/types.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "../ir/types.ts";

/**
 * - `free`: each index is computed on its own; may be split.
 * - `sum`, `mean`, `max`, `min`, `prod`, `norm` (the root of the sum of squares): reduced away; a split one needs a collective.
 * - `along`: the operator needs the whole axis at once (normalisation, convolution, an indexed axis, a new axis).
 */
export type FactorKind = "free" | "sum" | "mean" | "max" | "min" | "prod" | "norm" | "along";

export interface Factor {
  readonly size: Expr;
  readonly kind: FactorKind;
}

/** Indices into the factor list. An empty product is an axis of extent 1. */
export type Axis = { readonly product: readonly number[] } | { readonly joined: readonly number[] };

/**
 * An element of an integer operand that is the extent of, or a bound on, an axis: local where that axis is split. `open extent`: -1 for the
 * remaining extent.
 */
export interface Sizing {
  readonly operand: number;
  readonly element: number;
  readonly role: "extent" | "open extent" | "start" | "end";
  readonly output: number;
  readonly axis: number;
}

/**
 * A window that moves along one axis of operand 0: place i of output 0 reads `extent` places from i * stride - before on. Places outside the
 * axis, at most `before` and `after` of them, hold zeros.
 */
export interface WindowExchange {
  readonly kind: "window";
  /** The split factor: all of the axis of operand 0. */
  readonly factor: number;
  /** All of the same axis of output 0. */
  readonly output: number;
  readonly axis: number;
  /** The kernel, with the gaps of a dilation. */
  readonly extent: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  /** The attributes of a node whose operand 0 has its padding along the axis already. */
  readonly attributes: Attributes;
}

/**
 * A node that may be computed on a block of rows: place i of output 0 reads, of the rows of operand 0, those from i * down // up - before
 * to i * down // up + after, and what lies outside the axis depends on where it ends. On a block of rows that begins at a multiple of `down` the
 * node makes the same places, apart from those that read rows outside the block.
 */
export interface TrimExchange {
  readonly kind: "trim";
  readonly factor: number;
  readonly output: number;
  readonly axis: number;
  /** Places for `down` rows; one of the two is 1. */
  readonly up: number;
  readonly down: number;
  readonly before: number;
  readonly after: number;
  /** The fewest rows of a block that the operator takes; 0 where every place reads some row of the axis. */
  readonly least: number;
  /** Of `rows` rows the node makes (rows * up + more) // down places. */
  readonly more: number;
}

/**
 * Operand 0 (N, C, places...) is normalised over all elements of each of the groups of its channels, by mean and variance; operands 1 and 2 scale
 * and move the result, by channel or by group.
 */
export interface MomentsExchange {
  readonly kind: "moments";
  readonly factor: number;
  readonly axis: number;
  readonly groups: Expr;
  readonly epsilon: number;
}

/** A running sum along an axis of operand 0 and of output 0, from its first element on, or from its last. */
export interface ScanExchange {
  readonly kind: "scan";
  readonly factor: number;
  readonly axis: number;
  readonly reverse: boolean;
}

/** The position of the largest (or smallest) number along an axis of operand 0: of equal ones the first, or the last. */
export interface PositionExchange {
  readonly kind: "position";
  readonly factor: number;
  readonly axis: number;
  readonly largest: boolean;
  readonly last: boolean;
}

/**
 * Rows of one number before and behind those of an axis of operand 0, as the elements `first` and `last` of operand 1 say: streams of their own,
 * of which each rank holds a chunk. Nothing is exchanged.
 */
export interface PadExchange {
  readonly kind: "pad";
  readonly factor: number;
  readonly axis: number;
  readonly before: Expr;
  readonly after: Expr;
  readonly first: number;
  readonly last: number;
}

/**
 * Rows of operand 0 that numbers name, the same on all ranks: those in operand 1, or of its vectors along the last axis the elements at `component`.
 * `picks` axes of output 0, behind `before` others, have a place for each number.
 */
export interface ReadExchange {
  readonly kind: "read";
  readonly factor: number;
  readonly component: number | null;
  readonly before: number;
  readonly picks: number;
  /** A few constant numbers, in a scalar or a vector, of the axis at `before`. */
  readonly numbers: readonly number[] | null;
}

/** How an axis that is needed whole may be split all the same: by what the ranks exchange. */
export type Exchange =
  | WindowExchange
  | TrimExchange
  | ScanExchange
  | MomentsExchange
  | PositionExchange
  | PadExchange
  | ReadExchange;

export interface FactorMap {
  /** For some factors of kind `along`. */
  readonly exchanges?: readonly Exchange[];
  readonly factors: readonly Factor[];
  /** Per operand; `null` for an operand that only sizes, bounds or is absent. */
  readonly inputs: readonly (readonly Axis[] | null)[];
  readonly outputs: readonly (readonly Axis[])[];
  readonly sizing: readonly Sizing[];
}

/** A node with what is known about its operands. */
export interface NodeView {
  readonly node: CanonicalNode;
  /** `null` for an absent optional operand. */
  readonly inputs: readonly (ValueShape | null)[];
  /** Operand `i` as integers, where it is known. */
  readonly integers: (operand: number) => IntegerValue | null;
  readonly constant: (operand: number) => Tensor | null;
  /** The type that the file (or a probe) states for output `i`. */
  readonly declared: (output: number) => ValueShape | null;
}

/** Element type of a result: that of an operand, a fixed one, the one that an attribute names, or the one that the file states. */
export type ResultType =
  | { readonly operand: number; readonly otherwise?: ElemType }
  | { readonly elem: ElemType }
  | {
      readonly attribute: string;
      readonly otherwise: ElemType | { readonly operand: number; readonly otherwise?: ElemType };
    }
  | "declared";

export interface OperatorRule {
  /** One per result, in order; the last one applies to all further results. */
  readonly types: readonly [ResultType, ...ResultType[]];
  /** `null` where the operands are not known well enough (an unknown rank, a shape that depends on data). */
  readonly factors: (view: NodeView) => FactorMap | null;
}
