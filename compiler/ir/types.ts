/**
 * @file The canonical graph: one spelling for the many of exporters. Later stages read only this form.
 * Operators are those of ONNX plus the `cp` domain listed below.
 *
 * `cp` operators of the canonical graph:
 * - `Attention(q, k, v, mask?) -> out`: q (B, Sq, H, D), k (B, Sk, Hk, D), v (B, Sk, Hk, Dv), out (B, Sq, H, Dv); softmax over keys of
 *   scale * q.k + mask; attributes `scale` (float), `nan_to_zero` (int, 1: weights that are NaN, as those of a fully
 *   masked row, become 0), `causal` (int), `softcap` (float, absent: none; scores x become softcap * tanh(x / softcap) before the mask).
 *   A mask is additive (same type as q) or boolean (true = attend), broadcastable to (B, H, Sq, Sk). What a boolean mask or the causal
 *   pattern hides has the score `fill` (float, absent: -inf), put where `fill_at` says (int, absent: 0; see `FILL_AT`). With `zero_hidden`
 *   (int, absent: 0; see `ZERO_HIDDEN`) the weights of a row that sees no key are 0.
 * - `AttentionPart(q, k, v, mask?) -> out, max, sum`: attention over some of the keys, not yet divided: max and sum (B, H, Sq, 1) over
 *   these keys, out (B, H, Sq, Dv) the sum of exp(logit - max) v. For max any number will do from which sum is at least 1 and finite; it
 *   is -inf where no key counts. Attributes as `Attention`, and `fp32` (int, 1: in float32 from the logits on), `may_be_empty` (int, 1:
 *   there may be no key at all).
 * - `AttentionMerge(out, max, sum, out, max, sum) -> out, max, sum`: two parts as one.
 * - `AttentionFinish(out, max, sum, mask?) -> out`: (B, Sq, H, Dv), divided. Attributes `nan_to_zero`, and `like` (the element type's
 *   number). The mask, over all keys and with the causal pattern in it, is there for `zero_hidden` by the mask.
 *   The last three appear in sharded graphs only.
 * - `Fill() -> out`: a constant fill whose shape is its integers operand 0 and whose value is the tensor attribute `value`.
 */
import type { Expr } from "../expr/expr.ts";
import type { Attributes, ElemType, Tensor } from "../graph/types.ts";

/** Domain of the operators that only this project has. */
export const CP = "cp";

/**
 * Where a hidden key's score gets its fill: in place of the score (the score is discarded), in place of an additive mask's value and then
 * added (NaN and +inf of the score remain), added to both, or in place of the score wherever an additive mask is the fill itself (`marked`).
 */
export const FILL_AT = { score: 0, mask: 1, sum: 2, marked: 3 } as const;

/**
 * How a row that sees no key is recognised: its mask, with the causal pattern, is false or at most the lowest finite number throughout, or
 * none of its scores exceeds that number.
 */
export const ZERO_HIDDEN = { never: 0, byMask: 1, byScore: 2 } as const;

/**
 * Element type and extents of a value. A name that starts with `?` is an extent that depends on data: equal to itself only, and never a
 * number that a program may need.
 */
export interface ValueShape {
  readonly elem: ElemType;
  readonly dims: readonly Expr[];
}

export interface CanonicalNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** Dotted path of the module that the node belongs to; `""` is the root. */
  readonly scope: string;
}

/** A small integer tensor whose elements are known as expressions in lengths. Row-major, dims.length 0 or 1. */
export interface IntegerValue {
  readonly elem: "int64" | "int32";
  readonly dims: readonly number[];
  readonly elements: readonly Expr[];
}

/**
 * A named length and the feed axes that carry it; the first is read, the others must agree at run time. One with a count has no such axis: the
 * data of a feed decide it.
 */
export interface Length {
  readonly name: string;
  readonly sources: readonly { readonly input: string; readonly axis: number }[];
  readonly count?: Count;
}

/**
 * The elements x of a feed at places `from` to `to`, exclusive, in row-major order, for which `x compare than` holds. A NaN differs from every
 * number, and compares with none.
 */
export interface Count {
  readonly input: string;
  readonly from: Expr;
  readonly to: Expr;
  readonly compare: "!=" | "<" | "<=" | ">" | ">=";
  readonly than: number;
}

/** A boundary that the export marked: the exact value of a module's parameter or output. */
export interface Marker {
  readonly module: string;
  readonly side: "input" | "output";
  readonly parameter: string | null;
  readonly index: number | null;
  readonly value: string;
}

export interface CanonicalGraph {
  readonly inputs: readonly { readonly name: string; readonly shape: ValueShape }[];
  readonly outputs: readonly string[];
  /** Topological order. */
  readonly nodes: readonly CanonicalNode[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Operands by value name; no node produces them. */
  readonly integers: ReadonlyMap<string, IntegerValue>;
  /** Of every input, constant, integer and node output. */
  readonly shapes: ReadonlyMap<string, ValueShape>;
  readonly lengths: readonly Length[];
  readonly markers: readonly Marker[];
  readonly opsets: Readonly<Record<string, number>>;
  /** Module paths with their class names where the export states them, in order of first appearance; includes `""`. */
  readonly modules: ReadonlyMap<string, ModuleInfo>;
  /** Path of a wrapper that the export put around the model, stripped from all module paths; `null` where there is none. */
  readonly prefix: string | null;
}

export interface ModuleInfo {
  readonly path: string;
  readonly className: string | null;
}
