/**
 * @file onnxruntime's `GroupQueryAttention` with a cache, rotary embeddings or a window of keys: each apart, and the rest as attention on
 * (B, S, H, D). One without these is left to the attention rewrite, which also reports what stays.
 */
import { add, equal, type Expr } from "../../../../expr/expr.ts";
import { float, int, numberAttribute } from "../../../../graph/attributes.ts";
import { CP, ZERO_HIDDEN, type CanonicalNode } from "../../../../ir/types.ts";
import { dimsOf, type Lookup } from "../../lookup.ts";
import { isRead, type Writer } from "../writer.ts";
import { behind, merge, parts, split, swap } from "./heads.ts";
import { additive, guarded, stated, visible } from "./window.ts";

const MICROSOFT = "com.microsoft";

interface Counts {
  readonly heads: number;
  readonly keyHeads: number;
  readonly size: number;
  readonly rows: Expr;
  readonly past: Expr;
}

export function expandGroupQuery(w: Writer): boolean {
  const { lookup, node } = w;
  if (!hasMore(lookup, node) || whyNotGrouped(lookup, node) !== null) return false;
  const counts = countsOf(lookup, node)!;
  const { heads, keyHeads } = counts;
  const [, , , pastKey = "", pastValue = ""] = node.inputs;
  const [q, k, v] = turned(w, operands(w, counts), counts);
  const [keys, values] = [
    [k, pastKey, 1],
    [v, pastValue, 2],
  ].map(([value, cache, result]) => {
    const own = split(w, value as string, keyHeads);
    const output = isRead(lookup, node, result as number) ? node.outputs[result as number] : undefined;
    if (cache === "" && output === undefined) return own;
    const behindHeads = swap(w, own, cache === "" ? output : undefined);
    return swap(w, cache === "" ? behindHeads : behind(w, cache as string, behindHeads, output));
  }) as [string, string];
  const mask = maskOf(w, counts);
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  const attributes = {
    ...(number("softcap", 0) === 0 ? {} : { softcap: float(number("softcap", 0)) }),
    zero_hidden: int(ZERO_HIDDEN.byScore),
    scale: float(number("scale", 0) === 0 ? 1 / Math.sqrt(counts.size) : number("scale", 0)),
    nan_to_zero: int(0),
    causal: int(mask.causal ? 1 : 0),
  };
  const inputs = [split(w, q, heads), keys, values, ...(mask.value === null ? [] : [mask.value])];
  merge(w, w.add("Attention", inputs, { domain: CP, attributes }), node.outputs[0]!);
  return true;
}

/** Why one stays, in words that name the operand or attribute; `null` where it need not. */
export function whyNotGrouped(lookup: Lookup, node: CanonicalNode): string | null {
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  const [, k = "", v = "", pastKey = "", pastValue = "", lengths = "", total = ""] = node.inputs;
  if ((k === "") !== (v === "") || (pastKey === "") !== (pastValue === "")) return "only one of key and value is given";
  const counts = countsOf(lookup, node);
  if (counts === null) return "the widths of its queries, keys and values are not known";
  if (number("smooth_softmax", 0) === 1 || (node.inputs[11] ?? "") !== "")
    return "a sink takes part of its weights (smooth_softmax, head_sink)";
  const names = ["k_scale", "v_scale", "q_norm_weight", "k_norm_weight", "query_seqlens"];
  const extra = names.find((_, i) => (node.inputs[12 + i] ?? "") !== "");
  if (extra !== undefined) return `it reads ${extra}`;
  if (number("causal", 1) !== 1) return "it sees later keys (causal)";
  if (number("sliding_window_cache", 0) !== 0) return "its cache holds the last keys only (sliding_window_cache)";
  if (number("local_window_size", -1) === 0) return "its rows see no key (local_window_size)";
  if (isRead(lookup, node, 3)) return "its scores are read (output_qk)";
  if (number("do_rotary", 0) === 1 && ((node.inputs[7] ?? "") === "" || (node.inputs[8] ?? "") === ""))
    return "it has no cos_cache and sin_cache";
  const all = add(counts.past, counts.rows);
  if (stated(lookup, lengths, add(all, -1)) === undefined || stated(lookup, total, all) === undefined)
    return "seqlens_k and total_sequence_length say that not all keys are in use";
  return null;
}

/** Whether there is anything that the attention rewrite does not know. */
function hasMore(lookup: Lookup, node: CanonicalNode): boolean {
  const [, , , past = "", , lengths = "", total = ""] = node.inputs;
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  if (past !== "" || number("do_rotary", 0) === 1 || number("local_window_size", -1) > 0) return true;
  if (isRead(lookup, node, 1) || isRead(lookup, node, 2)) return true;
  const rows = dimsOf(lookup, node.inputs[0]!)[1]!;
  const isKnown = (value: string, expected: Expr): boolean => {
    const known = stated(lookup, value, expected);
    return known !== null && known !== undefined && equal(known, expected);
  };
  return !isKnown(lengths, add(rows, -1)) || !isKnown(total, rows);
}

function countsOf(lookup: Lookup, node: CanonicalNode): Counts | null {
  const [q = "", k = "", , past = ""] = node.inputs;
  const [heads, keyHeads] = [0, 1].map((i) => numberAttribute(node.attributes, ["num_heads", "kv_num_heads"][i]!, 0));
  const [, rows, width] = dimsOf(lookup, q);
  const all = k === "" ? heads! + 2 * keyHeads! : heads!;
  if (rows === undefined || typeof width !== "number" || all < 1 || width % all !== 0) return null;
  return {
    heads: heads!,
    keyHeads: keyHeads!,
    size: width / all,
    rows,
    past: past === "" ? 0 : dimsOf(lookup, past)[2]!,
  };
}

function operands(w: Writer, { heads, keyHeads, size }: Counts): readonly [string, string, string] {
  const [q = "", k = "", v = ""] = w.node.inputs;
  if (k !== "") return [q, k, v];
  return parts(w, q, [heads * size, keyHeads * size, keyHeads * size]) as readonly string[] as [string, string, string];
}

/** Queries and keys turned by their positions, where the operator does so. */
function turned(
  w: Writer,
  [q, k, v]: readonly [string, string, string],
  { heads, keyHeads, size, past, rows }: Counts,
): readonly [string, string, string] {
  const { attributes, inputs } = w.node;
  const [cos = "", sin = "", given = ""] = inputs.slice(7);
  if (numberAttribute(attributes, "do_rotary", 0) !== 1) return [q, k, v];
  const positions = given === "" ? counted(w, w.dims(q)[0]!, past, rows) : given;
  const turn = (x: string, count: number): string => {
    const half = w.dims(cos)[1]!;
    const partly = equal(half, size / 2) ? {} : { rotary_embedding_dim: int(2 * (half as number)) };
    const interleaved = { interleaved: int(numberAttribute(attributes, "rotary_interleaved", 0)) };
    const more = { domain: MICROSOFT, attributes: { num_heads: int(count), ...interleaved, ...partly } };
    return w.add("RotaryEmbedding", [x, positions, cos, sin], more);
  };
  return [turn(q, heads), turn(k, keyHeads), v];
}

/** (B, S): the positions behind the cache. */
function counted(w: Writer, batch: Expr, past: Expr, rows: Expr): string {
  const range = w.add("Range", [w.integer(past), w.integer(add(past, rows)), w.integer(1)]);
  return w.add("Expand", [range, w.integers(batch, rows)]);
}

/** What hides keys: the attribute `causal` where that says it all. */
function maskOf(w: Writer, { past, rows }: Counts): { readonly value: string | null; readonly causal: boolean } {
  const { lookup, node } = w;
  const [lengths = "", total = "", , , , bias = ""] = node.inputs.slice(5);
  const window = numberAttribute(node.attributes, "local_window_size", -1);
  const all = add(past, rows);
  const inUse = stated(lookup, lengths, add(all, -1)) ?? null;
  const keys = stated(lookup, total, all) ?? null;
  // A mask of `keys` columns has the lengths compared before each run; what that does not cover fails in the run.
  const isCovered = inUse !== null && [keys ?? all, all].some((count) => equal(add(inUse, 1), count));
  const guards = [
    ...(isCovered ? [] : [guarded(w, lengths, add(all, -1))]),
    ...(keys === null ? [guarded(w, total, all)] : []),
  ];
  const guard = guards.length === 2 ? w.add("Add", guards) : (guards[0] ?? null);
  const isPlain = equal(past, 0) && window <= 0 && guard === null && equal(keys ?? all, all);
  if (isPlain) return { value: bias === "" ? null : bias, causal: true };
  const before = window > 0 ? window - 1 : null;
  const seen = visible(w, { past, rows, keys: keys ?? all, before, guard });
  const elem = w.elem(node.outputs[0]!);
  return { value: bias === "" ? seen : additive(w, seen, bias, elem, -Infinity), causal: false };
}
