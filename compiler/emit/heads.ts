/**
 * @file Grouped heads: keys and values once for every query head.
 */
import { invariant } from "../diagnostics/diagnose.ts";
import { equal, exactDiv } from "../expr/expr.ts";
import { int } from "../graph/attributes.ts";
import type { Builder } from "./builder.ts";
import type { Site } from "./site.ts";
import { count } from "./vectors.ts";

/** Gives each query head its key/value head: head h reads head h / (H / Hk). `axis` of `x` has Hk heads, that of the result H. */
export function repeatHeads(b: Builder, site: Site, x: string, axis: 1 | 2): string {
  if (equal(site.heads, site.keyHeads)) return x;
  const group = exactDiv(site.heads, site.keyHeads);
  invariant(typeof group === "number", `the number of query heads per key head of ${site.q} is unknown`);
  const indices =
    typeof site.heads === "number"
      ? b.ints(Array.from({ length: site.heads }, (_, head) => Math.floor(head / group)))
      : b.add("Div", [count(b, site.q, 2), b.scalar("int64", group)]);
  return b.add("Gather", [x, indices], { axis: int(axis) });
}
