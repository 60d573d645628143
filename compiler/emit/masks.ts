/**
 * @file The mask and the causal pattern of an attention on its logits, and the rows that they hide entirely.
 */
import { int } from "../graph/attributes.ts";
import { elemCode, lowestOf } from "../graph/elements.ts";
import type { ElemType } from "../graph/types.ts";
import { FILL_AT, ZERO_HIDDEN } from "../ir/types.ts";
import type { Builder } from "./builder.ts";
import type { Site } from "./site.ts";
import { count, reduceLast } from "./vectors.ts";

/** Masked logits; `mask` is that of these logits, `seen` the causal pattern (Sq, Sk), or none. */
export function maskLogits(b: Builder, site: Site, logits: string, mask: string | null, seen: string | null): string {
  const { maskIsBoolean, fillAt } = site;
  if (fillAt === FILL_AT.mask && seen !== null && mask !== null) {
    if (maskIsBoolean) return hide(b, site, b.add("And", [mask, seen]), logits);
    return b.add("Add", [logits, b.add("Where", [seen, mask, b.scalar(site.elem, site.fill)])]);
  }
  const biased = mask === null || maskIsBoolean ? logits : b.add("Add", [logits, mask]);
  const masked = mask === null ? biased : maskIsBoolean ? hide(b, site, mask, biased) : discard(b, site, mask, biased);
  return seen === null ? masked : hide(b, site, seen, masked);
}

/** Scores that the mask marks as hidden, which may be NaN. */
function discard(b: Builder, { elem, fill, fillAt }: Site, mask: string, logits: string): string {
  if (fillAt !== FILL_AT.marked) return logits;
  const filling = b.scalar(elem, fill);
  return b.add("Where", [b.add("Equal", [mask, filling]), filling, logits]);
}

function hide(b: Builder, { elem, fill, fillAt }: Site, visible: string, logits: string): string {
  const filling = b.scalar(elem, fill);
  if (fillAt === FILL_AT.score) return b.add("Where", [visible, logits, filling]);
  return b.add("Add", [logits, b.add("Where", [visible, b.scalar(elem, 0), filling])]);
}

/** Query i sees the keys up to i: (Sq, Sk). `q` is (B, H, Sq, D) from row `firstRow` on, `k` (B, H, D, Sk). */
export function seenCausally(b: Builder, q: string, k: string, firstRow: string | null): string {
  const rows = b.add("Unsqueeze", [count(b, q, 2, firstRow), b.ints([1])]);
  return b.add("GreaterOrEqual", [rows, count(b, k, 3)]);
}

/** Boolean (..., Sq or 1, 1): the rows whose weights are 0 as they see no key, or `null` where there are none such. */
export function hiddenRows(
  b: Builder,
  site: Site,
  logits: string,
  mask: string | null,
  seen: string | null,
): string | null {
  if (site.zeroHidden === ZERO_HIDDEN.byScore)
    return b.add("Equal", [largestSeen(b, logits, site.elem), b.scalar(site.elem, -Infinity)]);
  return site.zeroHidden === ZERO_HIDDEN.byMask && mask !== null ? emitHidden(b, mask, site, seen) : null;
}

/** The largest score above the lowest finite number, -inf where there is none: (B, H, Sq, 1). NaN does not count. */
export function largestSeen(b: Builder, logits: string, elem: ElemType): string {
  const seen = b.add("Greater", [logits, b.scalar(elem, lowestOf(elem))]);
  return reduceLast(b, "ReduceMax", b.add("Where", [seen, logits, b.scalar(elem, -Infinity)]));
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
