/**
 * @file Unpacks operands of onnxruntime's attention operators: queries, keys and values that are packed into one operand, and a bias for
 * all three, become separate values. Does not judge whether the rest of the operator is supported.
 */
import { numberAttribute } from "../../graph/attributes.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { applyPatches, draft, type Draft, type Patch } from "./draft.ts";
import { dimsOf, elemOf, lookupOf, type Lookup } from "./lookup.ts";

export function unpackOperands(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => unpack(lookup, node) ?? []),
  );
}

function unpack(lookup: Lookup, node: CanonicalNode): Patch | null {
  if (node.domain !== "com.microsoft" || readsMore(lookup, node)) return null;
  if (node.op === "GroupQueryAttention") return unpackRows(lookup, node);
  return node.op === "MultiHeadAttention" ? unpackBias(lookup, node) : null;
}

/** Whether one of the results after the first is read: the keys and values in packed form. */
export function readsMore(lookup: Lookup, node: CanonicalNode): boolean {
  return node.outputs.slice(1).some((o) => o !== "" && (lookup.users(o).length > 0 || lookup.isKept(o)));
}

/** (B, S, (H + 2 Hk) * D): the heads of queries, of keys, of values. */
function unpackRows(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [packed = "", k = "", v = "", ...rest] = node.inputs;
  const count = (name: string): number => numberAttribute(node.attributes, name, 0);
  const [heads, keyHeads] = [count("num_heads"), count("kv_num_heads")];
  const width = dimsOf(lookup, packed).at(-1);
  if (k !== "" || v !== "" || typeof width !== "number" || width % (heads + 2 * keyHeads) !== 0) return null;
  const size = width / (heads + 2 * keyHeads);
  const d = draft(lookup, node.name, node.scope);
  const slices = slicesOf(lookup, d, packed, [heads * size, keyHeads * size, keyHeads * size]);
  return plain(lookup, d, node, [...slices, ...rest]);
}

/** (H * D + H * D + H * Dv), added to queries, keys and values of (B, S, H * D). */
function unpackBias(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [q = "", k = "", v = "", bias = "", ...rest] = node.inputs;
  if (bias === "" || k === "" || v === "") return null;
  const widths = [q, k, v].map((x) => (dimsOf(lookup, x).length === 3 ? dimsOf(lookup, x)[2]! : null));
  if (!widths.every((w) => typeof w === "number")) return null;
  const d = draft(lookup, node.name, node.scope);
  const slices = slicesOf(lookup, d, bias, widths);
  const operands = [q, k, v].map((x, i) => {
    const shape = { elem: elemOf(lookup, x), dims: dimsOf(lookup, x) };
    return d.add({ op: "Add", inputs: [x, slices[i]!], shape });
  });
  return plain(lookup, d, node, [...operands, "", ...rest]);
}

/** Slices of the last axis. */
function slicesOf(lookup: Lookup, d: Draft, value: string, sizes: readonly number[]): readonly string[] {
  const dims = dimsOf(lookup, value);
  const axis = dims.length - 1;
  return sizes.map((size, i) => {
    const start = sizes.slice(0, i).reduce((a, b) => a + b, 0);
    const inputs = [value, d.integers([start]), d.integers([start + size]), d.integers([axis])];
    return d.add({ op: "Slice", inputs, shape: { elem: elemOf(lookup, value), dims: dims.with(axis, size) } });
  });
}

/** The operator with its first result only. */
function plain(lookup: Lookup, d: Draft, node: CanonicalNode, inputs: readonly string[]): Patch {
  const { op, domain, attributes } = node;
  const output = node.outputs[0]!;
  d.add(
    { op, domain, inputs, attributes, shape: { elem: elemOf(lookup, output), dims: dimsOf(lookup, output) } },
    output,
  );
  return d.replace(node);
}
