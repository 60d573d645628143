/**
 * @file Attention by onnxruntime's kernel without a logits matrix, on operands that it takes as they are: float32, one key head for each
 * query head, no mask.
 */
import { float, int } from "../graph/attributes.ts";
import type { Attributes } from "../graph/types.ts";
import { evaluate, RANK, startsIn, symbolsOf, type Expr } from "../expr/expr.ts";
import { equalCut } from "../../program/shares.ts";
import { MICROSOFT } from "./builder.ts";
import type { Builder } from "./builder.ts";
import { SWAP } from "./site.ts";
import { extents, joined } from "./vectors.ts";

/** (B, Sq, H, D), (B, Sk, H, D), (B, Sk, H, Dv), all float32. */
export interface KernelOperands {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly heads: Expr;
  readonly size: number;
  readonly valueSize: number;
  readonly scale: number;
}

/** `out` is (B, Sq, H, Dv). */
export function emitKernel(b: Builder, operands: KernelOperands, out: string): void {
  const { q, heads } = operands;
  if (typeof heads === "number") return emitFused(b, operands, heads, out);
  const usual = usualHeads(heads);
  if (usual === null) return emitFolded(b, operands, out);
  const own = b.add("Gather", [b.add("Shape", [q]), b.scalar("int64", 2)]);
  b.addAs(out, "If", [b.add("Equal", [own, b.scalar("int64", usual)])], {
    then_branch: b.branch("float32", (inner) => within(inner, (result) => emitFused(inner, operands, usual, result))),
    else_branch: b.branch("float32", (inner) => within(inner, (result) => emitFolded(inner, operands, result))),
  });
}

function within(b: Builder, emit: (result: string) => void): readonly string[] {
  const result = b.fresh("kernel");
  emit(result);
  return [result];
}

/** The number of heads that every rank has where ranks are dealt alike; `null` where it differs even then. */
function usualHeads(heads: Expr): number | null {
  const parts = startsIn(heads)[0]?.parts;
  if (parts === undefined || symbolsOf(heads).some((name) => name !== RANK)) return null;
  const found = Array.from({ length: parts }, (_, rank) => evaluate(heads, { [RANK]: rank }, equalCut));
  return found.every((count) => count === found[0]) ? found[0]! : null;
}

/** The kernel reads (B, S, H * D) and splits the heads itself. */
function emitFused(
  b: Builder,
  { q, k, v, size, valueSize, scale }: KernelOperands,
  heads: number,
  result: string,
): void {
  const rows = b.ints([0, 0, heads * size]);
  const valueRows = valueSize === size ? rows : b.ints([0, 0, heads * valueSize]);
  const merged = [b.add("Reshape", [q, rows]), b.add("Reshape", [k, rows]), b.add("Reshape", [v, valueRows])];
  const out = b.add("MultiHeadAttention", merged, kernelAttributes(heads, scale), MICROSOFT);
  b.addAs(result, "Reshape", [out, b.ints([0, 0, heads, valueSize])]);
}

/** A number of heads that a rank learns from its share cannot be an attribute: heads count as batch, (B * H, S, D), one head each. */
function emitFolded(b: Builder, operands: KernelOperands, result: string): void {
  const { size, valueSize } = operands;
  // A -1 in a Reshape cannot be inferred where a chunk or the batch is empty; a literal 0 copies either from the flattened value. Both
  // extents are computed: onnxruntime would replace a single computed one by -1.
  const fold = (swapped: string, last: number): string => {
    const folded = b.add("ReduceProd", [extents(b, swapped, 0, 2)]);
    const target = joined(b, folded, extents(b, swapped, 2, 3), b.ints([last]));
    return b.add("Reshape", [b.add("Flatten", [swapped], { axis: int(2) }), target]);
  };
  const q = b.add("Transpose", [operands.q], SWAP);
  const k = b.add("Transpose", [operands.k], SWAP);
  const v = b.add("Transpose", [operands.v], SWAP);
  const folded = [fold(q, size), fold(k, size), fold(v, valueSize)];
  const out = b.add("MultiHeadAttention", folded, kernelAttributes(1, operands.scale), MICROSOFT);
  // (B * H, Sq * Dv) to (B, H, Sq, Dv): an empty Sq is the third extent of both, so a literal 0 copies the right one.
  const target = joined(b, extents(b, q, 0, 3), b.ints([valueSize]));
  const unfolded = b.add("Reshape", [b.add("Unsqueeze", [out, b.ints([1])]), target]);
  b.addAs(result, "Transpose", [unfolded], SWAP);
}

function kernelAttributes(heads: number, scale: number): Attributes {
  return { num_heads: int(heads), scale: float(scale) };
}
