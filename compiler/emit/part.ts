/**
 * @file Attention over a part of the keys, and the merge of two parts as (maximum, sum of exponentials, output): log-sum-exp without its
 * rounding loss. A maximum of -inf means that there is no key, or only masked ones. Non-finite results stay: a NaN sum means undefined
 * weights, and 0 * v is NaN for a non-finite value.
 */
import { int } from "../graph/attributes.ts";
import type { ElemType } from "../graph/types.ts";
import { inBlocks } from "./blocks.ts";
import type { Rows } from "./blocks.ts";
import type { Builder } from "./builder.ts";
import { emitLogits, wholeRows } from "./explicit.ts";
import { emitFlashPart } from "./flash-part.ts";
import type { FlashPart } from "./flash-part.ts";
import { fitsKernel } from "./kernel-site.ts";
import { emitHidden, largestSeen } from "./masks.ts";
import { siteOf, SWAP } from "./site.ts";
import type { Shapes, Site } from "./site.ts";
import { castTo, extents, joined, reduceLast } from "./vectors.ts";
import { ZERO_HIDDEN } from "../ir/types.ts";
import type { AttentionFinishOperation, AttentionMergeOperation, AttentionPartOperation, Part } from "../ir/cp.ts";

/** By the kernel where it supports the site, with the explicit form where its result shows that it is not exact. */
export function emitPart(b: Builder, operation: AttentionPartOperation, shapes: Shapes): void {
  const { fp32, mayBeEmpty, result } = operation;
  const site = siteOf(operation, shapes);
  const elem: ElemType = fp32 && site.elem !== "float64" ? "float32" : site.elem;
  const typed: Site = { ...site, elem };
  // A half-precision score and a mask are added in half precision.
  const adds = site.mask !== null && site.elem !== elem;
  if (adds || !fitsKernel(typed)) return explicitPart(b, site, elem, mayBeEmpty, result);
  const [q, k, v] = [site.q, site.k, site.v].map((x) => castTo(b, x, site.elem, elem));
  const own = { ...typed, q: q!, k: k!, v: v! };
  const flash = emitFlashPart(b, own);
  const explicit = (inner: Builder): readonly string[] => {
    const made: Part = { out: inner.fresh("out"), max: inner.fresh("max"), sum: inner.fresh("sum") };
    explicitPart(inner, own, elem, mayBeEmpty, made);
    return valuesOf(made);
  };
  b.addAs(valuesOf(result), "If", [flash.exact], {
    then_branch: b.branch(elem, (inner) => flashResult(inner, flash)),
    else_branch: b.branch(elem, explicit),
  });
}

/** Of the sentinel key's weight: with any other key it is at most 1/2, without one it is 1. */
const ALONE = 0.75;

/** In units of the sentinel key: its logit replaces the maximum, which is only the reference point of the exponents. */
function flashResult(b: Builder, { out, weight, logit }: FlashPart): readonly string[] {
  const alone = b.add("Greater", [weight, b.scalar("float32", ALONE)]);
  const rest = b.add("Div", [b.add("Sub", [b.scalar("float32", 1), weight]), weight]);
  const max = b.add("Where", [alone, b.scalar("float32", -Infinity), logit]);
  return [b.add("Div", [out, weight]), max, b.add("Where", [alone, b.scalar("float32", 0), rest])];
}

/** `elem` is the type from the logits on. */
function explicitPart(b: Builder, site: Site, elem: ElemType, mayBeEmpty: boolean, result: Part): void {
  inBlocks(b, site, wholeRows(b, site, elem), valuesOf(result), elem, (inner, rows, loops) => {
    const made: Part = { out: inner.fresh("out"), max: inner.fresh("max"), sum: inner.fresh("sum") };
    partOfRows(inner, site, rows, elem, mayBeEmpty && !loops, made);
    return valuesOf(made);
  });
}

function partOfRows(b: Builder, site: Site, rows: Rows, elem: ElemType, mayBeEmpty: boolean, made: Part): void {
  const { out, max, sum } = made;
  const own = castTo(b, emitLogits(b, site, rows).logits, site.elem, elem);
  const { logits, v } = mayBeEmpty ? withKey(b, own, rows.v, elem) : { logits: own, v: rows.v };
  if (!site.nanToZero && site.zeroHidden === ZERO_HIDDEN.never) {
    reduceLast(b, "ReduceMax", logits, max);
    const weights = addWeights(b, logits, max, sum, elem);
    return b.addAs(out, "MatMul", [weights, v]);
  }
  const byScore = site.zeroHidden === ZERO_HIDDEN.byScore;
  const largest = byScore ? largestSeen(b, logits, elem) : reduceLast(b, "ReduceMax", logits);
  const weights = addWeights(b, logits, largest, sum, elem);
  // Undefined weights become 0, as in the unsplit model; only the sum records it, and no other part loses its output.
  const undefinedRow = b.add("IsNaN", [sum]);
  if (byScore) b.addAs(max, "Identity", [largest]);
  else b.addAs(max, "Where", [undefinedRow, b.scalar(elem, -Infinity), largest]);
  b.addAs(out, "MatMul", [b.add("Where", [undefinedRow, b.scalar(elem, 0), weights]), v]);
}

/** Adds `sum` and returns its terms: the exponentials. */
function addWeights(b: Builder, logits: string, max: string, sum: string, elem: ElemType): string {
  const weights = b.add("Exp", [b.add("Sub", [logits, finite(b, max, elem)])]);
  reduceLast(b, "ReduceSum", weights, sum);
  return weights;
}

function valuesOf({ out, max, sum }: Part): readonly string[] {
  return [out, max, sum];
}

/** A maximum that can be subtracted: every exponential of a fully masked row is then exp(-inf) = 0. */
function finite(b: Builder, max: string, elem: ElemType): string {
  return b.add("Where", [b.add("Equal", [max, b.scalar(elem, -Infinity)]), b.scalar(elem, 0), max]);
}

/** Appends one masked key with value 0: onnxruntime reduces an empty axis to no element. */
function withKey(b: Builder, logits: string, v: string, elem: ElemType): { logits: string; v: string } {
  const column = joined(b, extents(b, logits, 0, 3), b.ints([1]));
  const row = joined(b, extents(b, v, 0, 2), b.ints([1]), extents(b, v, 3, 4));
  const masked = b.add("Expand", [b.scalar(elem, -Infinity), column]);
  const nothing = b.add("Expand", [b.scalar(elem, 0), row]);
  return {
    logits: b.add("Concat", [logits, masked], { axis: int(-1) }),
    v: b.add("Concat", [v, nothing], { axis: int(2) }),
  };
}

export function emitMerge(b: Builder, { parts: [left, right], result }: AttentionMergeOperation, shapes: Shapes): void {
  const elem = shapes.get(left.max)?.elem ?? "float32";
  b.addAs(result.max, "Max", [left.max, right.max]);
  const base = finite(b, result.max, elem);
  const weight = ({ max }: Part): string => b.add("Exp", [b.add("Sub", [max, base])]);
  const [a, c] = [weight(left), weight(right)];
  const add = (value: "sum" | "out"): void =>
    b.addAs(result[value], "Add", [b.add("Mul", [a, left[value]]), b.add("Mul", [c, right[value]])]);
  add("sum");
  add("out");
}

export function emitFinish(b: Builder, operation: AttentionFinishOperation, shapes: Shapes): void {
  const { out, sum } = operation.part;
  const elem = shapes.get(out)?.elem ?? "float32";
  const divided = b.add("Div", [out, sum]);
  const zero = zeroRows(b, operation, shapes, elem);
  // Weights that become 0 leave 0 * v.
  const defined = zero === null ? divided : b.add("Where", [zero, b.add("Mul", [out, b.scalar(elem, 0)]), divided]);
  const typed = castTo(b, defined, elem, operation.elem ?? elem);
  b.addAs(operation.result, "Transpose", [typed], SWAP);
}

/** Boolean: the rows whose weights become 0; `null` where there is none. */
function zeroRows(b: Builder, operation: AttentionFinishOperation, shapes: Shapes, elem: ElemType): string | null {
  const { part, mask, nanToZero, zeroHidden } = operation;
  if (nanToZero) return b.add("Not", [b.add("Greater", [part.sum, b.scalar(elem, 0)])]);
  if (zeroHidden === ZERO_HIDDEN.byScore) return b.add("Equal", [part.max, b.scalar(elem, -Infinity)]);
  if (mask === null) return null;
  const { elem: maskElem } = shapes.get(mask)!;
  return emitHidden(b, mask, { elem: maskElem, maskIsBoolean: maskElem === "bool" }, null);
}
