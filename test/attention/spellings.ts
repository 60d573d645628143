/**
 * @file The spellings of one attention in a model: single operators as exporters write it, or one fused operator.
 */
import { float, int, ints } from "../../compiler/graph/attributes.ts";
import type { Network } from "./network.ts";

export interface AttentionSpec {
  readonly scope: string;
  /** (B, S, H * D), (B, K, Hk * D), (B, K, Hk * Dv) */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly heads: number;
  readonly keyHeads: number;
  readonly size: number;
  readonly valueSize: number;
  /** Additive or boolean, broadcast to (B, H, S, K). */
  readonly mask: { readonly value: string; readonly boolean: boolean } | null;
  readonly causal: boolean;
  /** Rows without any key to see give 0 instead of NaN. */
  readonly guarded: boolean;
}

/** `filled`: a boolean mask puts -inf in place of scores, `filledLow`: the lowest finite number. */
export type Spelling =
  | "decomposed"
  | "filled"
  | "filledLow"
  | "Attention"
  | "MultiHeadAttention"
  | "GroupQueryAttention";

const SWAP = { attributes: { perm: ints([0, 2, 1, 3]) } };

/** Each gives (B, S, H * Dv). */
export const spellings: Readonly<Record<Spelling, (n: Network, spec: AttentionSpec) => string>> = {
  decomposed: (n, spec) => decomposed(n, spec, null),
  filled: (n, spec) => decomposed(n, spec, -Infinity),
  filledLow: (n, spec) => decomposed(n, spec, LOWEST),
  Attention: operator,
  MultiHeadAttention: multiHead,
  GroupQueryAttention: groupQuery,
};

/** Lowest finite float32, which exporters write for "never". */
export const LOWEST = -3.4028234663852886e38;

/** With a `fill`, that replaces the scores that are not seen; else an infinite bias is added. */
function decomposed(n: Network, spec: AttentionSpec, fill: number | null): string {
  const { scope, heads, keyHeads, size, valueSize, guarded } = spec;
  const root = n.numbers([1], [size ** -0.25]);
  const q = n.add(scope, "Mul", [split(n, spec, spec.q, heads, size), root]);
  const keys = repeat(n, spec, split(n, spec, spec.k, keyHeads, size), size);
  const k = n.add(scope, "Mul", [
    n.add(scope, "Transpose", [keys], { attributes: { perm: ints([0, 1, 3, 2]) } }),
    root,
  ]);
  const v = repeat(n, spec, split(n, spec, spec.v, keyHeads, valueSize), valueSize);
  const scores = n.add(scope, "MatMul", [q, k]);
  const masked = fill === null ? added(n, spec, scores) : replaced(n, spec, scores, fill);
  const weights = n.add(scope, "Softmax", [masked], { attributes: { axis: int(-1) } });
  const defined = guarded
    ? n.add(scope, "Where", [n.add(scope, "IsNaN", [weights]), n.numbers([], [0]), weights])
    : weights;
  return merge(n, spec, n.add(scope, "MatMul", [defined, v]));
}

function added(n: Network, spec: AttentionSpec, scores: string): string {
  const bias = additive(n, spec);
  return bias === null ? scores : n.add(spec.scope, "Add", [scores, bias]);
}

function replaced(n: Network, { scope, mask, causal, q, k }: AttentionSpec, scores: string, fill: number): string {
  const never = n.numbers([], [fill]);
  const seen = mask === null ? scores : n.add(scope, "Where", [mask.value, scores, never]);
  if (!causal) return seen;
  const visible = n.add(scope, "Greater", [triangle(n, scope, q, k), n.numbers([], [0])]);
  return n.add(scope, "Where", [visible, seen, never]);
}

/** Causal patterns as the exporters write them: a triangle of ones, turned into a bias. */
function additive(n: Network, { scope, mask, causal, q, k }: AttentionSpec): string | null {
  const [zero, never] = [n.numbers([], [0]), n.numbers([], [-Infinity])];
  const bias =
    mask === null || !mask.boolean ? (mask?.value ?? null) : n.add(scope, "Where", [mask.value, zero, never]);
  if (!causal) return bias;
  const hidden = n.add(scope, "Equal", [triangle(n, scope, q, k), zero]);
  const pattern = n.add(scope, "Where", [hidden, never, zero]);
  return bias === null ? pattern : n.add(scope, "Add", [bias, pattern]);
}

/** Ones where a query (B, S, ...) sees a key (B, K, ...) that is not later, else zeros: (S, K). */
function triangle(n: Network, scope: string, q: string, k: string): string {
  const extent = (x: string): string => n.add(scope, "Slice", [n.add(scope, "Shape", [x]), n.ints(1), n.ints(2)]);
  const square = n.add(scope, "Concat", [extent(q), extent(k)], { attributes: { axis: int(0) } });
  const ones = n.add(scope, "Expand", [n.numbers([1], [1]), square]);
  return n.add(scope, "Trilu", [ones], { attributes: { upper: int(0) } });
}

/** (B, S, H * D) to (B, H, S, D). */
function split(n: Network, { scope }: AttentionSpec, x: string, heads: number, size: number): string {
  return n.add(scope, "Transpose", [n.add(scope, "Reshape", [x, n.ints(0, 0, heads, size)])], SWAP);
}

/** (B, H, S, D) to (B, S, H * D). */
function merge(n: Network, { scope, heads, valueSize }: AttentionSpec, x: string): string {
  return n.add(scope, "Reshape", [n.add(scope, "Transpose", [x], SWAP), n.ints(0, 0, heads * valueSize)]);
}

/** Each key/value head once for every query head of its group. */
function repeat(n: Network, { scope, heads, keyHeads, k }: AttentionSpec, x: string, size: number): string {
  if (heads === keyHeads) return x;
  const extent = (axis: number): string =>
    n.add(scope, "Slice", [n.add(scope, "Shape", [k]), n.ints(axis), n.ints(axis + 1)]);
  const apart = n.add(scope, "Unsqueeze", [x, n.ints(2)]);
  const dims = [extent(0), n.ints(keyHeads), n.ints(heads / keyHeads), extent(1), n.ints(size)];
  const wide = n.add(scope, "Expand", [apart, n.add(scope, "Concat", dims, { attributes: { axis: int(0) } })]);
  const target = n.add(scope, "Concat", [dims[0]!, n.ints(heads), dims[3]!, n.ints(size)], {
    attributes: { axis: int(0) },
  });
  return n.add(scope, "Reshape", [wide, target]);
}

function operator(n: Network, spec: AttentionSpec): string {
  const { scope, heads, keyHeads, size, valueSize, mask, causal } = spec;
  const operands = [
    split(n, spec, spec.q, heads, size),
    split(n, spec, spec.k, keyHeads, size),
    split(n, spec, spec.v, keyHeads, valueSize),
  ];
  const attributes = { is_causal: int(causal ? 1 : 0), scale: float(size ** -0.5) };
  return merge(
    n,
    spec,
    n.add(scope, "Attention", mask === null ? operands : [...operands, mask.value], { attributes }),
  );
}

/** A boolean mask is (B, K) here, and tells which keys are padding. */
function multiHead(n: Network, { scope, q, k, v, heads, mask, causal }: AttentionSpec): string {
  const padding = mask?.boolean ? n.add(scope, "Cast", [mask.value], { attributes: { to: int(6) } }) : "";
  const bias = mask === null || mask.boolean ? "" : mask.value;
  const attributes = { num_heads: int(heads), unidirectional: int(causal ? 1 : 0) };
  return n.add(scope, "MultiHeadAttention", [q, k, v, "", padding, bias], { attributes, domain: "com.microsoft" });
}

/** Always causal; `k` must say its length. */
function groupQuery(n: Network, { scope, q, k, v, heads, keyHeads, mask }: AttentionSpec): string {
  const extent = (axis: number): string =>
    n.add(scope, "Gather", [n.add(scope, "Shape", [k]), n.numbers([], [axis], "int64")]);
  const toInt = (x: string): string => n.add(scope, "Cast", [x], { attributes: { to: int(6) } });
  const last = n.add(scope, "Sub", [extent(1), n.numbers([], [1], "int64")]);
  const batch = n.add(scope, "Unsqueeze", [extent(0), n.ints(0)]);
  const lengths = n.add(scope, "Expand", [toInt(last), batch]);
  const attributes = { num_heads: int(heads), kv_num_heads: int(keyHeads) };
  const operands = [q, k, v, "", "", lengths, toInt(extent(1))];
  const masked = mask === null ? operands : [...operands, "", "", "", mask.value];
  return n.add(scope, "GroupQueryAttention", masked, { attributes, domain: "com.microsoft", outputs: 3 });
}
