/**
 * @file Writes `cp.Attention` in operators that onnxruntime runs. The kernel without an S x S matrix takes it where it can, else
 * MatMul, Softmax, MatMul. Batch and sequence extents are never written down, so one model serves all lengths and all ranks.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { equal, exactDiv } from "../expr/expr.ts";
import type { Expr } from "../expr/expr.ts";
import { float, int, ints, numberAttribute } from "../graph/attributes.ts";
import type { Attributes, ElemType } from "../graph/types.ts";
import { MICROSOFT } from "./builder.ts";
import type { Builder } from "./builder.ts";
import type { CanonicalNode, ValueShape } from "../ir/types.ts";

export interface Site {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly mask: string | null;
  readonly maskIsBoolean: boolean;
  readonly out: string;
  readonly elem: ElemType;
  readonly heads: Expr;
  readonly keyHeads: Expr;
  readonly size: Expr;
  readonly valueSize: Expr;
  readonly scale: number;
  /** 0 where scores are not capped. */
  readonly softcap: number;
  readonly nanToZero: boolean;
  readonly causal: boolean;
}

/** (B, S, H, D) to (B, H, S, D) and back. */
export const SWAP: Attributes = { perm: ints([0, 2, 1, 3]) };
/** (B, S, H, D) to (B, H, D, S). */
const KEYS = { perm: ints([0, 2, 3, 1]) };

/** `shapes` holds the extents as they are where the node runs; heads that differ between ranks are no numbers there. */
export function emitAttention(b: Builder, node: CanonicalNode, shapes: ReadonlyMap<string, ValueShape>): void {
  const site = siteOf(node, shapes);
  if (fitsKernel(site)) emitKernel(b, site);
  else emitExplicit(b, site);
}

/** A site that the kernel without an S x S matrix can take. */
export type KernelSite = Site & { readonly size: number; readonly valueSize: number };

export function fitsKernel(site: Site): site is KernelSite {
  const plain = site.mask === null && !site.causal && site.softcap === 0 && equal(site.heads, site.keyHeads);
  return plain && site.elem === "float32" && typeof site.size === "number" && typeof site.valueSize === "number";
}

export function emitKernel(b: Builder, site: KernelSite): void {
  const { heads, size, valueSize } = site;
  if (typeof heads === "number") emitFused(b, site, heads, size, valueSize);
  else emitFolded(b, site, size, valueSize);
}

export function siteOf(node: CanonicalNode, shapes: ReadonlyMap<string, ValueShape>): Site {
  const [q = "", k = "", v = "", mask = ""] = node.inputs;
  const shapeOf = (name: string): ValueShape => {
    const shape = shapes.get(name);
    invariant(shape !== undefined, `no shape for ${name}, read by ${node.name}`);
    return shape;
  };
  const extent = (name: string, axis: number): Expr => {
    const { dims } = shapeOf(name);
    invariant(dims.length === 4, `${name}, read by the attention ${node.name}, has rank ${dims.length}, not 4`);
    return dims[axis]!;
  };
  const number = (name: string, otherwise: number): number => numberAttribute(node.attributes, name, otherwise);
  return {
    q,
    k,
    v,
    mask: mask === "" ? null : mask,
    maskIsBoolean: mask !== "" && shapeOf(mask).elem === "bool",
    out: node.outputs[0]!,
    elem: shapeOf(q).elem,
    heads: extent(q, 2),
    keyHeads: extent(k, 2),
    size: extent(q, 3),
    valueSize: extent(v, 3),
    scale: number("scale", 1),
    softcap: number("softcap", 0),
    nanToZero: number("nan_to_zero", 0) !== 0,
    causal: number("causal", 0) !== 0,
  };
}

/** The kernel reads (B, S, H * D) and splits the heads itself. */
function emitFused(b: Builder, site: Site, heads: number, size: number, valueSize: number): void {
  const rows = b.ints([0, 0, heads * size]);
  const valueRows = valueSize === size ? rows : b.ints([0, 0, heads * valueSize]);
  const merged = [
    b.add("Reshape", [site.q, rows]),
    b.add("Reshape", [site.k, rows]),
    b.add("Reshape", [site.v, valueRows]),
  ];
  const out = b.add("MultiHeadAttention", merged, kernelAttributes(heads, site.scale), MICROSOFT);
  b.addAs(site.out, "Reshape", [out, b.ints([0, 0, heads, valueSize])]);
}

/** Where the number of heads differs between ranks it cannot be an attribute: heads count as batch, (B * H, S, D), one head each. */
function emitFolded(b: Builder, site: Site, size: number, valueSize: number): void {
  // Flatten first: a -1 in a Reshape finds no length when a chunk is empty and a second extent is unknown.
  const fold = (swapped: string, last: number): string =>
    b.add("Reshape", [b.add("Flatten", [swapped], { axis: int(2) }), b.ints([0, -1, last])]);
  const q = b.add("Transpose", [site.q], SWAP);
  const k = b.add("Transpose", [site.k], SWAP);
  const v = b.add("Transpose", [site.v], SWAP);
  const folded = [fold(q, size), fold(k, size), fold(v, valueSize)];
  const out = b.add("MultiHeadAttention", folded, kernelAttributes(1, site.scale), MICROSOFT);
  // (B * H, Sq * Dv) to (B, H, Sq, Dv): an empty Sq is the third extent of both, so that a literal 0 copies the right one.
  const leading = b.add("Slice", [b.add("Shape", [q]), b.ints([0]), b.ints([3])]);
  const target = b.add("Concat", [leading, b.ints([valueSize])], { axis: int(0) });
  const unfolded = b.add("Reshape", [b.add("Unsqueeze", [out, b.ints([1])]), target]);
  b.addAs(site.out, "Transpose", [unfolded], SWAP);
}

function kernelAttributes(heads: number, scale: number): Attributes {
  return { num_heads: int(heads), scale: float(scale) };
}

/** Masked logits (B, H, Sq, Sk), queries (B, H, Sq, D) and values (B, H, Sk, Dv). */
export function emitLogits(
  b: Builder,
  site: Site,
): { readonly logits: string; readonly q: string; readonly v: string } {
  const q = b.add("Transpose", [site.q], SWAP);
  const k = repeatHeads(b, site, q, b.add("Transpose", [site.k], KEYS));
  const v = repeatHeads(b, site, q, b.add("Transpose", [site.v], SWAP));
  const capped = site.softcap !== 0;
  const scores = b.add("MatMul", [times(b, site, q, capped ? site.scale / site.softcap : site.scale), k]);
  const logits = capped ? times(b, site, b.add("Tanh", [scores]), site.softcap) : scores;
  return { logits: maskCausally(b, site, q, k, maskLogits(b, site, logits)), q, v };
}

function times(b: Builder, site: Site, x: string, factor: number): string {
  return factor === 1 ? x : b.add("Mul", [x, b.scalar(site.elem, factor)]);
}

function emitExplicit(b: Builder, site: Site): void {
  const { logits, v } = emitLogits(b, site);
  const weights = b.add("Softmax", [logits], { axis: int(-1) });
  const defined = site.nanToZero
    ? b.add("Where", [b.add("IsNaN", [weights]), b.scalar(site.elem, 0), weights])
    : weights;
  b.addAs(site.out, "Transpose", [b.add("MatMul", [defined, v])], SWAP);
}

/** Gives each query head its key/value head: head h reads head h / (H / Hk). `x` is (B, Hk, ...), the result (B, H, ...). */
function repeatHeads(b: Builder, site: Site, q: string, x: string): string {
  if (equal(site.heads, site.keyHeads)) return x;
  const group = exactDiv(site.heads, site.keyHeads);
  invariant(typeof group === "number", `the number of query heads per key head at ${site.out} is unknown`);
  const indices =
    typeof site.heads === "number"
      ? b.ints(Array.from({ length: site.heads }, (_, head) => Math.floor(head / group)))
      : b.add("Div", [count(b, q, 1), b.scalar("int64", group)]);
  return b.add("Gather", [x, indices], { axis: int(1) });
}

function maskLogits(b: Builder, site: Site, logits: string): string {
  if (site.mask === null) return logits;
  if (!site.maskIsBoolean) return b.add("Add", [logits, site.mask]);
  return b.add("Where", [site.mask, logits, b.scalar(site.elem, -Infinity)]);
}

/** Query i sees the keys up to i. `q` is (B, H, Sq, D), `k` (B, H, D, Sk). */
function maskCausally(b: Builder, site: Site, q: string, k: string, logits: string): string {
  if (!site.causal) return logits;
  const rows = b.add("Unsqueeze", [count(b, q, 2), b.ints([1])]);
  const visible = b.add("GreaterOrEqual", [rows, count(b, k, 3)]);
  return b.add("Where", [visible, logits, b.scalar(site.elem, -Infinity)]);
}

/** 0, 1, ... up to the extent of axis `axis` of `x`. */
function count(b: Builder, x: string, axis: number): string {
  const extent = b.add("Gather", [b.add("Shape", [x]), b.scalar("int64", axis)]);
  return b.add("Range", [b.scalar("int64", 0), extent, b.scalar("int64", 1)]);
}
