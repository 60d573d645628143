/**
 * @file Which of several batch axes of the scores holds the heads: one that comes from behind the rows, as in a projection (B, S, H D), else the
 * only one of a fixed extent. Knows no operator.
 */
import type { Expr } from "../../../expr/expr.ts";
import { chainAbove, pushAll } from "../views/links.ts";
import { flat, viewOf } from "../views/views.ts";
import { dimsOf, type Lookup } from "../lookup.ts";
import type { Labelled } from "./contraction.ts";

/** The batch labels of a product, that of the heads last; as they are where the queries do not tell. */
export function headsLast(
  lookup: Lookup,
  batch: readonly string[],
  { value, labels }: Labelled,
  rows: string,
): readonly string[] {
  if (batch.length < 2) return batch;
  const chain = chainAbove(lookup, value, null);
  for (let length = chain.length; length >= 0; length--) {
    const links = chain.slice(0, length);
    const view = pushAll(viewOf(dimsOf(lookup, links.at(-1)?.source ?? value)), links);
    if (view === null) continue;
    const order = flat(view.base).map(({ key }) => key);
    const place = (label: string): number =>
      order.indexOf(flat([view.axes[labels.indexOf(label)] ?? []])[0]?.key ?? "");
    const behind = batch.filter((label) => place(label) > place(rows) && place(rows) >= 0);
    if (behind.length > 0) return behind.length > 1 ? batch : moved(batch, behind[0]!);
    break;
  }
  const dims = dimsOf(lookup, value);
  const fixed = batch.filter((label) => isFixed(dims[labels.indexOf(label)]));
  return fixed.length === 1 ? moved(batch, fixed[0]!) : batch;
}

function isFixed(extent: Expr | undefined): boolean {
  return typeof extent === "number" && extent !== 1;
}

function moved(batch: readonly string[], heads: string): readonly string[] {
  return [...batch.filter((label) => label !== heads), heads];
}
