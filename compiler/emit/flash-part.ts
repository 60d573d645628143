/**
 * @file Attention over a part of the keys by the kernel without a logits matrix, which returns no log-sum-exp. A sentinel key with logit c
 * and value 0 gives it: if that key has weight p, the exponentials of the others sum to (1 - p) / p in units of exp(c).
 */
import { elemCode } from "../graph/elements.ts";
import { int, ints } from "../graph/attributes.ts";
import { tensorFromNumbers } from "../graph/tensors.ts";
import type { Builder } from "./builder.ts";
import { emitKernel } from "./kernel.ts";
import type { KernelOperands } from "./kernel.ts";
import { adapt, scoresKept } from "./kernel-site.ts";
import type { Adapted, KernelSite } from "./kernel-site.ts";
import { SWAP } from "./site.ts";
import { allOf, allTrue, extents, joined, reduceLast } from "./vectors.ts";

/** The kernel's results over the keys and the sentinel. */
export interface FlashPart {
  /** (B, H, Sq, Dv). */
  readonly out: string;
  /** p, (B, H, Sq, 1). */
  readonly weight: string;
  /** c, (B, H, Sq, 1). */
  readonly logit: string;
  /** Scalar boolean: the part is that of the model, and no p is too small to divide by. */
  readonly exact: string;
}

/** Well above the underflow of the kernel's exponentials; dividing by it stays well within float32. */
const LEAST_WEIGHT = Math.exp(-60);

/**
 * c is a mean of the other logits: of all alike, or, with a mask m, by weights softmax(m), so that hidden keys do not count. The
 * log-sum-exp is then at least c (Jensen), so p is at most 1/2 and 1 - p loses no digits. p approaches 0 where a logit is far above the
 * mean: the caller checks `exact`. q, k and v get an extra column; k and v hold 1 there for the sentinel key only.
 */
export function emitFlashPart(b: Builder, site: KernelSite): FlashPart {
  const given = adapt(b, site);
  const dots = reduceLast(b, "ReduceSum", b.add("Mul", [given.q, meanKey(b, given)]));
  const out = b.fresh("attention");
  const { size, valueSize } = given;
  const extended: KernelOperands = {
    ...given,
    q: b.add("Concat", [given.q, dots], { axis: int(3) }),
    k: withMarkedRow(b, given.k, size),
    v: withMarkedRow(b, given.v, valueSize),
    size: size + 1,
    valueSize: valueSize + 1,
  };
  emitKernel(b, extended, out);
  const columns = (from: number, to: number): string =>
    b.add("Transpose", [b.add("Slice", [out, b.ints([from]), b.ints([to]), b.ints([3])])], SWAP);
  const weight = columns(valueSize, valueSize + 1);
  const large = b.add("GreaterOrEqual", [weight, b.scalar("float32", LEAST_WEIGHT)]);
  return {
    out: columns(0, valueSize),
    weight,
    logit: b.add("Transpose", [b.add("Mul", [dots, b.scalar("float32", given.scale)])], SWAP),
    exact: allOf(b, [allTrue(b, large), ...scoresKept(b, site)]),
  };
}

/** A mean of the keys, (B, Sk, H, D) to (B, 1, H, D); zero where no key counts. A product, since reductions of this axis are slow. */
function meanKey(b: Builder, { keys, bias }: Adapted): string {
  const turned = b.add("Transpose", [keys], SWAP);
  const mean = (shares: string, of: string): string => b.add("MatMul", [shares, of]);
  if (bias === null) return b.add("Transpose", [mean(equalShares(b, keys), turned)], SWAP);
  const mask = b.add("Transpose", [bias], { perm: ints([0, 2, 3, 1]) });
  const softmax = b.add("Softmax", [mask], { axis: int(-1) });
  const zero = b.scalar("float32", 0);
  // Undefined where all keys are hidden.
  const shares = b.add("Where", [b.add("IsNaN", [softmax]), zero, softmax]);
  // A share of 0 would not cancel a mask of -inf.
  const counting = b.add("Where", [b.add("Equal", [shares, zero]), zero, mask]);
  const ofMask = mean(shares, b.add("Transpose", [counting], { perm: ints([0, 1, 3, 2]) }));
  return b.add("Transpose", [b.add("Concat", [mean(shares, turned), ofMask], { axis: int(3) })], SWAP);
}

/** (B, H, 1, Sk). All batch axes are written out: onnxruntime's MatMul does not broadcast 1 against an empty one. */
function equalShares(b: Builder, keys: string): string {
  const count = extents(b, keys, 1, 2);
  const number = b.add("Cast", [b.add("Max", [count, b.ints([1])])], { to: int(elemCode("float32")) });
  const dims = joined(b, extents(b, keys, 0, 1), extents(b, keys, 2, 3), b.ints([1]), count);
  return b.add("Expand", [b.add("Reciprocal", [number]), dims]);
}

/** (B, Sk, H, D) to (B, Sk + 1, H, D + 1): zeros, and 1 where the new row and the new column meet. */
function withMarkedRow(b: Builder, x: string, width: number): string {
  const dims = joined(b, extents(b, x, 0, 1), b.ints([1]), extents(b, x, 2, 3), b.ints([width + 1]));
  const row = Array.from({ length: width + 1 }, (_, i) => (i < width ? 0 : 1));
  const marked = b.add("Expand", [b.constant(tensorFromNumbers("float32", [width + 1], row)), dims]);
  return b.add("Concat", [b.add("Pad", [x, b.ints([0, 0, 0, 0, 0, 0, 0, 1])]), marked], { axis: int(1) });
}
