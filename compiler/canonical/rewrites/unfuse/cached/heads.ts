/**
 * @file Operands of an attention operator between (B, S, H * D) and (B, H, S, D), and the cache that they are put behind. Knows no operator.
 */
import { mul } from "../../../../expr/expr.ts";
import { int, ints } from "../../../../graph/attributes.ts";
import type { Writer } from "../writer.ts";

const SWAP = { attributes: { perm: ints([0, 2, 1, 3]) } };

/** (B, S, H * D) to (B, S, H, D). */
export function split(w: Writer, value: string, heads: number): string {
  const [batch, rows, width] = w.dims(value);
  const size = typeof width === "number" ? width / heads : width!;
  return w.add("Reshape", [value, w.integers(batch!, rows!, heads, size)]);
}

/** (B, S, H, D) to (B, S, H * D). */
export function merge(w: Writer, value: string, output: string): string {
  const [batch, rows, heads, size] = w.dims(value);
  return w.add("Reshape", [value, w.integers(batch!, rows!, mul(heads!, size!))], { output });
}

/** (B, S, H, D) to (B, H, S, D), or back. */
export function swap(w: Writer, value: string, output?: string): string {
  return w.add("Transpose", [value], { ...SWAP, output });
}

/** (B, H, S, D) behind a cache of the same form. */
export function behind(w: Writer, past: string, value: string, output?: string): string {
  return w.add("Concat", [past, value], { attributes: { axis: int(2) }, output });
}

/** Consecutive parts of the last axis. */
export function parts(w: Writer, value: string, sizes: readonly number[]): readonly string[] {
  return sizes.map((size, i) => {
    const start = sizes.slice(0, i).reduce((a, b) => a + b, 0);
    return w.add("Slice", [value, w.integers(start), w.integers(start + size), w.integers(w.dims(value).length - 1)]);
  });
}
