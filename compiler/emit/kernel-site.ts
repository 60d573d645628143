/**
 * @file Which sites the kernel without a logits matrix can take, and what its operands are then. Key and value heads are repeated for their
 * query heads. A mask that does not depend on the query is one more column of the keys, which meets a column of ones of the queries.
 */
import { equal } from "../expr/expr.ts";
import { int, ints } from "../graph/attributes.ts";
import { lowestOf } from "../graph/elements.ts";
import { FILL_AT, ZERO_HIDDEN } from "../ir/types.ts";
import type { Builder } from "./builder.ts";
import { repeatHeads } from "./heads.ts";
import type { KernelOperands } from "./kernel.ts";
import { emitHidden } from "./masks.ts";
import type { Site } from "./site.ts";
import { allTrue, dotsBelow, extents, joined } from "./vectors.ts";

/** A site that the kernel can take. */
export type KernelSite = Site & { readonly size: number; readonly valueSize: number };

export function fitsKernel(site: Site): site is KernelSite {
  if (site.elem !== "float32" || typeof site.size !== "number" || typeof site.valueSize !== "number") return false;
  return !site.causal && site.softcap === 0 && (site.mask === null || masksKeysOnly(site));
}

/** A score that a finite fill replaces would have to be discarded; next to the lowest number it rounds away. */
function masksKeysOnly(site: Site): boolean {
  const { maskDims, fill, zeroHidden } = site;
  const oneRow = maskDims.length < 2 || equal(maskDims[maskDims.length - 2]!, 1);
  const adds = !discards(site) || fill <= lowestOf("float32");
  return oneRow && adds && zeroHidden !== ZERO_HIDDEN.byScore;
}

/** Whether the mask puts the fill in place of scores. */
function discards({ maskIsBoolean, fillAt }: Site): boolean {
  return fillAt === (maskIsBoolean ? FILL_AT.score : FILL_AT.marked);
}

/** The kernel's operands, and apart the keys (B, Sk, H, D) and the column that the mask adds to them, (B, Sk, H, 1), or `null`. */
export interface Adapted extends KernelOperands {
  readonly keys: string;
  readonly bias: string | null;
}

export function adapt(b: Builder, site: KernelSite): Adapted {
  const { q, size, valueSize, heads, scale } = site;
  const [k, v] = [repeatHeads(b, site, site.k, 2), repeatHeads(b, site, site.v, 2)];
  if (site.mask === null) return { q, k, v, heads, size, valueSize, scale, keys: k, bias: null };
  // The queries are scaled here: a low number divided by the scale could exceed float32. The column is last, so that the mask is added to a
  // finished score, which rounds as in the model.
  const scaled = b.add("Mul", [q, b.scalar("float32", scale)]);
  const bias = b.add("Expand", [biasOf(b, site, site.mask), joined(b, extents(b, k, 0, 3), b.ints([1]))]);
  return {
    q: b.add("Pad", [scaled, b.ints([0, 0, 0, 0, 0, 0, 0, 1]), b.scalar("float32", 1)]),
    k: b.add("Concat", [k, bias], { axis: int(3) }),
    v,
    heads,
    size: size + 1,
    valueSize,
    scale: 1,
    keys: k,
    bias,
  };
}

/** The mask as numbers to add, (B or 1, Sk or 1, H or 1, 1). */
function biasOf(b: Builder, { maskDims, maskIsBoolean, fill }: Site, mask: string): string {
  const added = maskIsBoolean ? b.add("Where", [mask, b.scalar("float32", 0), b.scalar("float32", fill)]) : mask;
  const missing = b.ints(Array.from({ length: 4 - maskDims.length }, (_, axis) => axis));
  const wide = maskDims.length === 4 ? added : b.add("Unsqueeze", [added, missing]);
  return b.add("Transpose", [wide], { perm: ints([0, 3, 1, 2]) });
}

/** Far below the spacing of numbers next to the lowest. */
const MOST = 1e30;

/** Scalar booleans, all true where the kernel's scores are those of the model: it adds a fill to a score that the model discards. */
export function scoresKept(b: Builder, site: KernelSite): readonly string[] {
  const { q, k, mask, scale } = site;
  if (mask === null || !discards(site)) return [];
  return [dotsBelow(b, [q, k], "float32", MOST / Math.max(1, Math.abs(scale)))];
}

/** Scalar booleans, all true where every row sees a key, if it matters. */
export function rowsSee(b: Builder, site: KernelSite): readonly string[] {
  if (site.mask === null || site.zeroHidden !== ZERO_HIDDEN.byMask) return [];
  return [allTrue(b, b.add("Not", [emitHidden(b, site.mask, site, null)]))];
}
