/**
 * @file Attention as MatMul, Softmax, MatMul over operands with heads before rows: the form that every attention has.
 */
import { int, ints } from "../graph/attributes.ts";
import type { ElemType } from "../graph/types.ts";
import { inBlocks } from "./blocks.ts";
import type { Builder } from "./builder.ts";
import { repeatHeads } from "./heads.ts";
import { hiddenRows, maskLogits, seenCausally } from "./masks.ts";
import type { Rows } from "./blocks.ts";
import { SWAP } from "./site.ts";
import type { Site } from "./site.ts";
import { castTo } from "./vectors.ts";

/** (B, S, H, D) to (B, H, D, S). */
const KEYS = { perm: ints([0, 2, 3, 1]) };

/** The operands of a whole site; values in the element type `elem`, queries scaled. */
export function wholeRows(b: Builder, site: Site, elem: ElemType): Rows {
  const q = b.add("Transpose", [site.q], SWAP);
  const k = repeatHeads(b, site, b.add("Transpose", [site.k], KEYS), 1);
  const v = repeatHeads(b, site, b.add("Transpose", [site.v], SWAP), 1);
  const factor = site.softcap === 0 ? site.scale : site.scale / site.softcap;
  return { q: times(b, site, q, factor), k, v: castTo(b, v, site.elem, elem), mask: site.mask, firstRow: null };
}

function times(b: Builder, site: Site, x: string, factor: number): string {
  return factor === 1 ? x : b.add("Mul", [x, b.scalar(site.elem, factor)]);
}

/** Masked logits (B, H, Sq, Sk) and the causal pattern (Sq, Sk). */
export function emitLogits(
  b: Builder,
  site: Site,
  { q, k, mask, firstRow }: Rows,
): { readonly logits: string; readonly seen: string | null } {
  const scores = b.add("MatMul", [q, k]);
  const logits = site.softcap === 0 ? scores : times(b, site, b.add("Tanh", [scores]), site.softcap);
  const seen = site.causal ? seenCausally(b, q, k, firstRow) : null;
  return { logits: maskLogits(b, site, logits, mask, seen), seen };
}

export function emitExplicit(b: Builder, site: Site, out: string): void {
  const rows = wholeRows(b, site, site.elem);
  const attended = b.fresh("attended");
  inBlocks(b, site, rows, [attended], site.elem, (inner, block) => [emitAttended(inner, site, block)]);
  b.addAs(out, "Transpose", [attended], SWAP);
}

/** (B, H, Sq, Dv). */
function emitAttended(b: Builder, site: Site, rows: Rows): string {
  const { logits, seen } = emitLogits(b, site, rows);
  const weights = b.add("Softmax", [logits], { axis: int(-1) });
  const zero = (condition: string): string => b.add("Where", [condition, b.scalar(site.elem, 0), weights]);
  const hidden = hiddenRows(b, site, logits, rows.mask, seen);
  const defined = site.nanToZero ? zero(b.add("IsNaN", [weights])) : hidden === null ? weights : zero(hidden);
  return b.add("MatMul", [defined, rows.v]);
}
