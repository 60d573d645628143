/**
 * @file Writes `cp.Attention` in operators that onnxruntime runs. The kernel without an S x S matrix takes it where it can, else
 * MatMul, Softmax, MatMul. Batch and sequence extents are never written down, so one model serves all lengths and all ranks.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { elemCode, lowestOf } from "../graph/elements.ts";
import { equal, exactDiv } from "../expr/expr.ts";
import type { Expr } from "../expr/expr.ts";
import { float, int, ints } from "../graph/attributes.ts";
import type { Attributes, ElemType } from "../graph/types.ts";
import { MICROSOFT } from "./builder.ts";
import type { Builder } from "./builder.ts";
import { FILL_AT, ZERO_HIDDEN } from "../ir/types.ts";
import type { Attending, AttentionOperation, AttentionPartOperation } from "../ir/cp.ts";
import type { ValueShape } from "../ir/types.ts";

type Shapes = ReadonlyMap<string, ValueShape>;

/** An attention, or a part of one, with the element type and extents of its operands. */
export interface Site extends Attending {
  readonly maskIsBoolean: boolean;
  readonly elem: ElemType;
  readonly heads: Expr;
  readonly keyHeads: Expr;
  readonly size: Expr;
  readonly valueSize: Expr;
}

/** (B, S, H, D) to (B, H, S, D) and back. */
export const SWAP: Attributes = { perm: ints([0, 2, 1, 3]) };
/** (B, S, H, D) to (B, H, D, S). */
const KEYS = { perm: ints([0, 2, 3, 1]) };

/** `shapes` holds the extents where the node runs; a number of heads that differs between ranks is an expression there. */
export function emitAttention(b: Builder, operation: AttentionOperation, shapes: Shapes): void {
  const site = siteOf(operation, shapes);
  const { result } = operation;
  if (!fitsKernel(site)) emitExplicit(b, site, result);
  else if (site.nanToZero) emitSafeKernel(b, site, result);
  else emitKernel(b, site, result);
}

/** The kernel gives NaN where the weights are undefined, and hides no NaN elsewhere: a finite result has no weight that becomes 0. */
function emitSafeKernel(b: Builder, site: KernelSite, result: string): void {
  const out = b.fresh("kernel");
  emitKernel(b, site, out);
  b.addAs(result, "If", [allFinite(b, out)], {
    then_branch: b.branch(site.elem, (inner) => [inner.add("Identity", [out])]),
    else_branch: b.branch(site.elem, (inner) => {
      const explicit = inner.fresh("explicit");
      emitExplicit(inner, site, explicit);
      return [explicit];
    }),
  });
}

/** Scalar boolean: no element of `x` is NaN or infinite. Elements whose sum exceeds the type count as infinite. */
function allFinite(b: Builder, x: string): string {
  const sum = b.add("ReduceSum", [x], { keepdims: int(0) });
  return b.add("Equal", [b.add("Sub", [sum, sum]), b.scalar("float32", 0)]);
}

/** A site that the kernel without an S x S matrix can take. */
export type KernelSite = Site & { readonly size: number; readonly valueSize: number };

export function fitsKernel(site: Site): site is KernelSite {
  const plain = site.mask === null && !site.causal && site.softcap === 0 && equal(site.heads, site.keyHeads);
  return plain && site.elem === "float32" && typeof site.size === "number" && typeof site.valueSize === "number";
}

export function emitKernel(b: Builder, site: KernelSite, out: string): void {
  if (typeof site.heads === "number") emitFused(b, site, site.heads, out);
  else emitFolded(b, site, out);
}

export function siteOf(operation: AttentionOperation | AttentionPartOperation, shapes: Shapes): Site {
  const { node, q, k, v, mask } = operation;
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
  return {
    ...operation,
    maskIsBoolean: mask !== null && shapeOf(mask).elem === "bool",
    elem: shapeOf(q).elem,
    heads: extent(q, 2),
    keyHeads: extent(k, 2),
    size: extent(q, 3),
    valueSize: extent(v, 3),
  };
}

/** The kernel reads (B, S, H * D) and splits the heads itself. */
function emitFused(b: Builder, site: KernelSite, heads: number, result: string): void {
  const { size, valueSize } = site;
  const rows = b.ints([0, 0, heads * size]);
  const valueRows = valueSize === size ? rows : b.ints([0, 0, heads * valueSize]);
  const merged = [
    b.add("Reshape", [site.q, rows]),
    b.add("Reshape", [site.k, rows]),
    b.add("Reshape", [site.v, valueRows]),
  ];
  const out = b.add("MultiHeadAttention", merged, kernelAttributes(heads, site.scale), MICROSOFT);
  b.addAs(result, "Reshape", [out, b.ints([0, 0, heads, valueSize])]);
}

/** A number of heads that differs between ranks cannot be an attribute: heads count as batch, (B * H, S, D), one head each. */
function emitFolded(b: Builder, site: KernelSite, result: string): void {
  const { size, valueSize } = site;
  // A -1 in a Reshape cannot be inferred where a chunk or the batch is empty; a literal 0 copies either from the flattened value. Both
  // extents are computed: onnxruntime would replace a single computed one by -1.
  const fold = (swapped: string, last: number): string => {
    const extents = (from: number, to: number): string =>
      b.add("Slice", [b.add("Shape", [swapped]), b.ints([from]), b.ints([to])]);
    const target = b.add("Concat", [b.add("ReduceProd", [extents(0, 2)]), extents(2, 3), b.ints([last])], {
      axis: int(0),
    });
    return b.add("Reshape", [b.add("Flatten", [swapped], { axis: int(2) }), target]);
  };
  const q = b.add("Transpose", [site.q], SWAP);
  const k = b.add("Transpose", [site.k], SWAP);
  const v = b.add("Transpose", [site.v], SWAP);
  const folded = [fold(q, size), fold(k, size), fold(v, valueSize)];
  const out = b.add("MultiHeadAttention", folded, kernelAttributes(1, site.scale), MICROSOFT);
  // (B * H, Sq * Dv) to (B, H, Sq, Dv): an empty Sq is the third extent of both, so a literal 0 copies the right one.
  const leading = b.add("Slice", [b.add("Shape", [q]), b.ints([0]), b.ints([3])]);
  const target = b.add("Concat", [leading, b.ints([valueSize])], { axis: int(0) });
  const unfolded = b.add("Reshape", [b.add("Unsqueeze", [out, b.ints([1])]), target]);
  b.addAs(result, "Transpose", [unfolded], SWAP);
}

function kernelAttributes(heads: number, scale: number): Attributes {
  return { num_heads: int(heads), scale: float(scale) };
}

/** Masked logits (B, H, Sq, Sk), values (B, H, Sk, Dv) and the causal pattern (Sq, Sk). */
export function emitLogits(
  b: Builder,
  site: Site,
): { readonly logits: string; readonly v: string; readonly seen: string | null } {
  const q = b.add("Transpose", [site.q], SWAP);
  const k = repeatHeads(b, site, q, b.add("Transpose", [site.k], KEYS));
  const v = repeatHeads(b, site, q, b.add("Transpose", [site.v], SWAP));
  const capped = site.softcap !== 0;
  const scores = b.add("MatMul", [times(b, site, q, capped ? site.scale / site.softcap : site.scale), k]);
  const logits = capped ? times(b, site, b.add("Tanh", [scores]), site.softcap) : scores;
  const seen = site.causal ? seenCausally(b, q, k) : null;
  return { logits: maskLogits(b, site, logits, seen), v, seen };
}

function times(b: Builder, site: Site, x: string, factor: number): string {
  return factor === 1 ? x : b.add("Mul", [x, b.scalar(site.elem, factor)]);
}

function emitExplicit(b: Builder, site: Site, out: string): void {
  const { logits, v, seen } = emitLogits(b, site);
  const weights = b.add("Softmax", [logits], { axis: int(-1) });
  const zero = (condition: string): string => b.add("Where", [condition, b.scalar(site.elem, 0), weights]);
  const hidden = hiddenRows(b, site, logits, seen);
  const defined = site.nanToZero ? zero(b.add("IsNaN", [weights])) : hidden === null ? weights : zero(hidden);
  b.addAs(out, "Transpose", [b.add("MatMul", [defined, v])], SWAP);
}

/** Boolean (..., Sq or 1, 1), or `null` where no row is zeroed by the mask. */
function hiddenRows(b: Builder, site: Site, logits: string, seen: string | null): string | null {
  if (site.zeroHidden === ZERO_HIDDEN.byScore)
    return b.add("Equal", [largestSeen(b, logits, site.elem), b.scalar(site.elem, -Infinity)]);
  return site.zeroHidden === ZERO_HIDDEN.byMask && site.mask !== null ? emitHidden(b, site.mask, site, seen) : null;
}

/** The largest score above the lowest finite number, -inf where there is none: (B, H, Sq, 1). NaN does not count. */
export function largestSeen(b: Builder, logits: string, elem: ElemType): string {
  const seen = b.add("Greater", [logits, b.scalar(elem, lowestOf(elem))]);
  return reduceLast(b, "ReduceMax", b.add("Where", [seen, logits, b.scalar(elem, -Infinity)]));
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

/** Gives each query head its key/value head: head h reads head h / (H / Hk). `x` is (B, Hk, ...), the result (B, H, ...). */
function repeatHeads(b: Builder, site: Site, q: string, x: string): string {
  if (equal(site.heads, site.keyHeads)) return x;
  const group = exactDiv(site.heads, site.keyHeads);
  invariant(typeof group === "number", `the number of query heads per key head of ${site.q} is unknown`);
  const indices =
    typeof site.heads === "number"
      ? b.ints(Array.from({ length: site.heads }, (_, head) => Math.floor(head / group)))
      : b.add("Div", [count(b, q, 1), b.scalar("int64", group)]);
  return b.add("Gather", [x, indices], { axis: int(1) });
}

/** Masked logits; `seen` is the causal pattern (Sq, Sk), or none. */
function maskLogits(b: Builder, site: Site, logits: string, seen: string | null): string {
  const { mask, maskIsBoolean, fillAt } = site;
  if (fillAt === FILL_AT.mask && seen !== null && mask !== null) {
    if (maskIsBoolean) return hide(b, site, b.add("And", [mask, seen]), logits);
    return b.add("Add", [logits, b.add("Where", [seen, mask, b.scalar(site.elem, site.fill)])]);
  }
  const biased = mask === null || maskIsBoolean ? logits : b.add("Add", [logits, mask]);
  const masked = mask !== null && maskIsBoolean ? hide(b, site, mask, biased) : biased;
  return seen === null ? masked : hide(b, site, seen, masked);
}

function hide(b: Builder, { elem, fill, fillAt }: Site, visible: string, logits: string): string {
  const filling = b.scalar(elem, fill);
  if (fillAt === FILL_AT.score) return b.add("Where", [visible, logits, filling]);
  return b.add("Add", [logits, b.add("Where", [visible, b.scalar(elem, 0), filling])]);
}

/** Query i sees the keys up to i: (Sq, Sk). `q` is (B, H, Sq, D), `k` (B, H, D, Sk). */
function seenCausally(b: Builder, q: string, k: string): string {
  const rows = b.add("Unsqueeze", [count(b, q, 2), b.ints([1])]);
  return b.add("GreaterOrEqual", [rows, count(b, k, 3)]);
}

/** Boolean (..., Sq or 1, 1): rows whose every key is hidden by the mask, or by the causal pattern `seen`, where there is one. */
export function emitHidden(
  b: Builder,
  mask: string,
  { elem, maskIsBoolean }: Pick<Site, "elem" | "maskIsBoolean">,
  seen: string | null,
): string {
  const masked = maskIsBoolean ? b.add("Not", [mask]) : b.add("LessOrEqual", [mask, b.scalar(elem, lowestOf(elem))]);
  const hidden = seen === null ? masked : b.add("Or", [masked, b.add("Not", [seen])]);
  const flags = b.add("Cast", [hidden], { to: int(elemCode("int32")) });
  return b.add("Cast", [reduceLast(b, "ReduceMin", flags)], { to: int(elemCode("bool")) });
}

/** 0, 1, ... up to the extent of axis `axis` of `x`. */
function count(b: Builder, x: string, axis: number): string {
  const extent = b.add("Gather", [b.add("Shape", [x]), b.scalar("int64", axis)]);
  return b.add("Range", [b.scalar("int64", 0), extent, b.scalar("int64", 1)]);
}
