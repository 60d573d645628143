/**
 * @file Attention over a part of the keys, and the merge of two parts as (maximum, sum of exponentials, output): log-sum-exp without its
 * rounding loss. A maximum of -inf means that there is no key, or only masked ones. Non-finite results stay: a NaN sum means undefined
 * weights, and 0 * v is NaN for a non-finite value.
 */
import { elemCode } from "../graph/elements.ts";
import { int, numberAttribute } from "../graph/attributes.ts";
import type { ElemType } from "../graph/types.ts";
import { emitHidden, emitLogits, fitsKernel, largestSeen, reduceLast, siteOf, SWAP } from "./attention.ts";
import type { Site } from "./attention.ts";
import type { Builder } from "./builder.ts";
import { emitFlashPart } from "./flash-part.ts";
import type { FlashPart } from "./flash-part.ts";
import { ZERO_HIDDEN } from "../ir/types.ts";
import type { CanonicalNode, ValueShape } from "../ir/types.ts";

type Shapes = ReadonlyMap<string, ValueShape>;

/** By the kernel where it supports the site, with the explicit form where its result shows that it is not exact. */
export function emitPart(b: Builder, node: CanonicalNode, shapes: Shapes): void {
  const site = siteOf(node, shapes);
  const flag = (name: string): boolean => numberAttribute(node.attributes, name, 0) !== 0;
  const elem: ElemType = flag("fp32") && site.elem !== "float64" ? "float32" : site.elem;
  const mayBeEmpty = flag("may_be_empty");
  const typed: Site = { ...site, elem };
  if (!fitsKernel(typed)) return explicitPart(b, site, elem, mayBeEmpty, node.outputs);
  const [q, k, v] = [site.q, site.k, site.v].map((x) => castTo(b, x, site.elem, elem));
  const own = { ...typed, q: q!, k: k!, v: v! };
  const flash = emitFlashPart(b, own);
  const explicit = (inner: Builder): readonly string[] => {
    const outputs = ["out", "max", "sum"].map(inner.fresh);
    explicitPart(inner, own, elem, mayBeEmpty, outputs);
    return outputs;
  };
  b.addAs(node.outputs, "If", [flash.exact], {
    then_branch: b.branch(elem, (inner) => flashResult(inner, flash)),
    else_branch: b.branch(elem, explicit),
  });
}

/** In units of the sentinel key: its logit replaces the maximum, which is only the reference point of the exponents. */
function flashResult(b: Builder, { out, weight, logit, empty }: FlashPart): readonly string[] {
  const rest = b.add("Sub", [b.scalar("float32", 1), weight]);
  const max = b.add("Where", [empty, b.scalar("float32", -Infinity), logit]);
  return [b.add("Div", [out, weight]), max, b.add("Div", [rest, weight])];
}

/** `elem` is the type from the logits on. */
function explicitPart(
  b: Builder,
  site: Site,
  elem: ElemType,
  mayBeEmpty: boolean,
  [out = "", max = "", sum = ""]: readonly string[],
): void {
  const made = emitLogits(b, site);
  const own = { logits: castTo(b, made.logits, site.elem, elem), v: castTo(b, made.v, site.elem, elem) };
  const { logits, v } = mayBeEmpty ? withKey(b, own.logits, own.v, elem) : own;
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

function castTo(b: Builder, x: string, from: ElemType, to: ElemType): string {
  return from === to ? x : b.add("Cast", [x], { to: int(elemCode(to)) });
}

/** A maximum that can be subtracted: every exponential of a fully masked row is then exp(-inf) = 0. */
function finite(b: Builder, max: string, elem: ElemType): string {
  return b.add("Where", [b.add("Equal", [max, b.scalar(elem, -Infinity)]), b.scalar(elem, 0), max]);
}

/** Appends one masked key with value 0: onnxruntime reduces an empty axis to no element. */
function withKey(b: Builder, logits: string, v: string, elem: ElemType): { logits: string; v: string } {
  const part = (x: string, from: number, to: number): string =>
    b.add("Slice", [b.add("Shape", [x]), b.ints([from]), b.ints([to])]);
  const column = b.add("Concat", [part(logits, 0, 3), b.ints([1])], { axis: int(0) });
  const row = b.add("Concat", [part(v, 0, 2), b.ints([1]), part(v, 3, 4)], { axis: int(0) });
  const masked = b.add("Expand", [b.scalar(elem, -Infinity), column]);
  const nothing = b.add("Expand", [b.scalar(elem, 0), row]);
  return {
    logits: b.add("Concat", [logits, masked], { axis: int(-1) }),
    v: b.add("Concat", [v, nothing], { axis: int(2) }),
  };
}

export function emitMerge(b: Builder, node: CanonicalNode, shapes: Shapes): void {
  const [outA = "", maxA = "", sumA = "", outB = "", maxB = "", sumB = ""] = node.inputs;
  const [out = "", max = "", sum = ""] = node.outputs;
  const elem = shapes.get(maxA)?.elem ?? "float32";
  b.addAs(max, "Max", [maxA, maxB]);
  const base = finite(b, max, elem);
  const weight = (own: string): string => b.add("Exp", [b.add("Sub", [own, base])]);
  const [a, c] = [weight(maxA), weight(maxB)];
  const add = (x: string, y: string, name: string): void =>
    b.addAs(name, "Add", [b.add("Mul", [a, x]), b.add("Mul", [c, y])]);
  add(sumA, sumB, sum);
  add(outA, outB, out);
}

export function emitFinish(b: Builder, node: CanonicalNode, shapes: Shapes): void {
  const [out = "", , sum = ""] = node.inputs;
  const elem = shapes.get(out)?.elem ?? "float32";
  const like = numberAttribute(node.attributes, "like", elemCode(elem));
  const divided = b.add("Div", [out, sum]);
  const zero = zeroRows(b, node, shapes, elem);
  // Weights that become 0 leave 0 * v.
  const defined = zero === null ? divided : b.add("Where", [zero, b.add("Mul", [out, b.scalar(elem, 0)]), divided]);
  const typed = like === elemCode(elem) ? defined : b.add("Cast", [defined], { to: int(like) });
  b.addAs(node.outputs[0]!, "Transpose", [typed], SWAP);
}

/** Boolean: the rows whose weights become 0; `null` where there is none. */
function zeroRows(b: Builder, { attributes, inputs }: CanonicalNode, shapes: Shapes, elem: ElemType): string | null {
  const [, max = "", sum = "", mask = ""] = inputs;
  if (numberAttribute(attributes, "nan_to_zero", 0) !== 0)
    return b.add("Not", [b.add("Greater", [sum, b.scalar(elem, 0)])]);
  const zeroHidden = numberAttribute(attributes, "zero_hidden", ZERO_HIDDEN.never);
  if (zeroHidden === ZERO_HIDDEN.byScore) return b.add("Equal", [max, b.scalar(elem, -Infinity)]);
  if (mask === "") return null;
  const { elem: maskElem } = shapes.get(mask)!;
  return emitHidden(b, mask, { elem: maskElem, maskIsBoolean: maskElem === "bool" }, null);
}
