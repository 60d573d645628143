/**
 * @file onnxruntime's `Attention`, which projects its input to queries, keys and values: the projection apart, and the rest as
 * `MultiHeadAttention`. What remains of the operator is reported by the attention rewrite.
 */
import { equal, type Expr } from "../../../expr/expr.ts";
import { int, numberAttribute } from "../../../graph/attributes.ts";
import type { Attribute } from "../../../graph/types.ts";
import { elemCode } from "../../../graph/elements.ts";
import type { CanonicalNode } from "../../../ir/types.ts";
import { dimsOf, type Lookup } from "../lookup.ts";
import { isRead, type Writer } from "./writer.ts";

/** Attributes that both operators have. */
const COMMON: ReadonlySet<string> = new Set(["num_heads", "scale", "mask_filter_value", "unidirectional"]);

export function expandAttention(w: Writer): boolean {
  if (whyNot(w.lookup, w.node) !== null) return false;
  const [input = "", weights = "", bias = "", mask = "", , scores = ""] = w.node.inputs;
  const product = w.add("MatMul", [input, weights]);
  const rows = bias === "" ? product : w.add("Add", [product, bias]);
  const operands = sizesOf(w.lookup, w.node)!.map((size, i, all) => {
    const start = all.slice(0, i).reduce((a, b) => a + b, 0);
    return w.add("Slice", [rows, w.integers(start), w.integers(start + size), w.integers(2)]);
  });
  const padding = mask === "" ? "" : w.dims(mask).length === 1 ? keysInUse(w, mask, input) : mask;
  const inputs = [...operands, "", padding, scores];
  const used = inputs.slice(0, inputs.findLastIndex((name) => name !== "") + 1);
  const kept = Object.entries(w.node.attributes).filter(([name]) => COMMON.has(name));
  const attributes: Readonly<Record<string, Attribute>> = Object.fromEntries(kept);
  w.add("MultiHeadAttention", used, { domain: "com.microsoft", attributes, output: w.node.outputs[0] });
  return true;
}

/** Why an `Attention` of com.microsoft stays one, in words that name the operand or attribute; `null` where it need not. */
export function whyNot(lookup: Lookup, node: CanonicalNode): string | null {
  const [, , , mask = "", past = "", , used = ""] = node.inputs;
  if (past !== "" || used !== "") return "it reads past keys and values (past)";
  if (isRead(lookup, node, 1)) return "its keys and values are read (present)";
  const flag = ["do_rotary", "past_present_share_buffer"].find((f) => numberAttribute(node.attributes, f, 0) !== 0);
  if (flag !== undefined) return `it sets ${flag}`;
  if (sizesOf(lookup, node) === null) return "the widths of its queries, keys and values are not known";
  const dims = mask === "" ? [] : dimsOf(lookup, mask);
  if (dims.length === 4) return "its mask_index has the shape (B, 1, M, M)";
  const [batch, rows] = dimsOf(lookup, node.inputs[0]!) as readonly [Expr, Expr];
  const isCount = dims.length !== 1 || equal(dims[0]!, batch);
  if (!isCount) return "its mask_index holds start positions, not one count per element of the batch";
  // One column for all keys stands for no mask at all, which no operator of ONNX would take for one.
  const isWhole = dims.every((dim, axis) => equal(dim, axis === 0 ? batch : rows));
  return dims.length === 1 || isWhole ? null : "its mask_index has not one flag per key";
}

/** Widths of queries, keys and values. */
function sizesOf(lookup: Lookup, node: CanonicalNode): readonly number[] | null {
  const sizes = node.attributes["qkv_hidden_sizes"];
  if (sizes?.kind === "ints" && sizes.value.length === 3) return sizes.value;
  const width = dimsOf(lookup, node.inputs[1]!)[1];
  return typeof width === "number" && width % 3 === 0 ? [width / 3, width / 3, width / 3] : null;
}

/** (B) counts of keys to (B, S) flags. */
function keysInUse(w: Writer, counts: string, input: string): string {
  const keys = w.add("Range", [w.integer(0), w.integer(w.dims(input)[1]!), w.integer(1)]);
  const to = (elem: "int32" | "int64") => ({ attributes: { to: int(elemCode(elem)) } });
  const column = w.add("Unsqueeze", [w.add("Cast", [counts], to("int64")), w.integers(1)]);
  return w.add("Cast", [w.add("Less", [keys, column])], to("int32"));
}
