/**
 * @file Attention over a part of the keys by the kernel without a logits matrix, which returns no log-sum-exp. A sentinel key with logit c
 * and value 0 gives it: if that key has weight p, the exponentials of the others sum to (1 - p) / p in units of exp(c).
 */
import { elemCode } from "../graph/elements.ts";
import { int } from "../graph/attributes.ts";
import { tensorFromNumbers } from "../graph/tensors.ts";
import { emitKernel, reduceLast, SWAP } from "./attention.ts";
import type { KernelSite } from "./attention.ts";
import type { Builder } from "./builder.ts";

/** The kernel's results over the keys and the sentinel. */
export interface FlashPart {
  /** (B, H, Sq, Dv). */
  readonly out: string;
  /** p, (B, H, Sq, 1). */
  readonly weight: string;
  /** c, (B, H, Sq, 1). */
  readonly logit: string;
  /** Scalar boolean: there is no other key. */
  readonly empty: string;
  /** Scalar boolean: no p is too small to divide by. */
  readonly exact: string;
}

/** Well above the underflow of the kernel's exponentials; dividing by it stays well within float32. */
const LEAST_WEIGHT = Math.exp(-60);

/**
 * c is the mean of the other logits. Their log-sum-exp is at least c + log(n), so that 1 - p loses no digits. p approaches 0 where a logit
 * is far above the mean: the caller checks `exact`. The sentinel key is the mean key, so that its logit is c; v gets an extra column, which
 * holds 1 for the sentinel only.
 */
export function emitFlashPart(b: Builder, site: KernelSite): FlashPart {
  const { q, k, v, valueSize } = site;
  const count = b.add("Gather", [b.add("Shape", [k]), b.scalar("int64", 1)]);
  const mean = meanKey(b, k, count);
  const dots = reduceLast(b, "ReduceSum", b.add("Mul", [q, mean]));
  const out = b.fresh("attention");
  const extended: KernelSite = {
    ...site,
    k: b.add("Concat", [k, mean], { axis: int(1) }),
    v: withMarkedRow(b, v, valueSize),
    valueSize: valueSize + 1,
  };
  emitKernel(b, extended, out);
  const columns = (from: number, to: number): string =>
    b.add("Transpose", [b.add("Slice", [out, b.ints([from]), b.ints([to]), b.ints([3])])], SWAP);
  const weight = columns(valueSize, valueSize + 1);
  return {
    out: columns(0, valueSize),
    weight,
    logit: b.add("Transpose", [b.add("Mul", [dots, b.scalar("float32", site.scale)])], SWAP),
    empty: b.add("Equal", [count, b.scalar("int64", 0)]),
    exact: noneSmaller(b, weight),
  };
}

/** The mean of `count` keys, (B, Sk, H, D) to (B, 1, H, D); zero where there is none. A product, since reductions of this axis are slow. */
function meanKey(b: Builder, k: string, count: string): string {
  const number = b.add("Cast", [b.add("Max", [count, b.scalar("int64", 1)])], { to: int(elemCode("float32")) });
  const extent = (axis: number): string => b.add("Slice", [b.add("Shape", [k]), b.ints([axis]), b.ints([axis + 1])]);
  // All batch axes are written out: onnxruntime's MatMul does not broadcast 1 against an empty one.
  const dims = b.add("Concat", [extent(0), extent(2), b.ints([1]), extent(1)], { axis: int(0) });
  const shares = b.add("Expand", [b.add("Reciprocal", [number]), dims]);
  return b.add("Transpose", [b.add("MatMul", [shares, b.add("Transpose", [k], SWAP)])], SWAP);
}

/** (B, Sk, H, D) to (B, Sk + 1, H, D + 1): zeros, and 1 where the new row and the new column meet. */
function withMarkedRow(b: Builder, x: string, width: number): string {
  const extent = (axis: number): string => b.add("Slice", [b.add("Shape", [x]), b.ints([axis]), b.ints([axis + 1])]);
  const dims = b.add("Concat", [extent(0), b.ints([1]), extent(2), b.ints([width + 1])], { axis: int(0) });
  const row = Array.from({ length: width + 1 }, (_, i) => (i < width ? 0 : 1));
  const marked = b.add("Expand", [b.constant(tensorFromNumbers("float32", [width + 1], row)), dims]);
  return b.add("Concat", [b.add("Pad", [x, b.ints([0, 0, 0, 0, 0, 0, 0, 1])]), marked], { axis: int(1) });
}

/** Whether all weights are large enough; false if one is NaN, true if there is none. */
function noneSmaller(b: Builder, weight: string): string {
  const large = b.add("GreaterOrEqual", [weight, b.scalar("float32", LEAST_WEIGHT)]);
  const flags = b.add("Cast", [b.add("Reshape", [large, b.ints([-1])])], { to: int(elemCode("int32")) });
  const withOne = b.add("Pad", [flags, b.ints([0, 1]), b.scalar("int32", 1)]);
  return b.add("Cast", [b.add("ReduceMin", [withOne], { keepdims: int(0) })], { to: int(elemCode("bool")) });
}
