/**
 * @file Finds chunk starts in a sum, so that printers can write `start(img, 4, rank)` for `rank*(img // 4) + min(rank, img % 4)`. Knows no
 * printer.
 */
import { chunkStart, equal, sub } from "./expr.ts";
import type { Expr } from "./types.ts";

/** `chunkStart(length, parts, index) + rest`. */
export interface Start {
  readonly length: Expr;
  readonly parts: number;
  readonly index: Expr;
  readonly rest: Expr;
}

/** The first chunk start that the sum contains, or `null`. */
export function startIn(sum: Expr): Start | null {
  if (typeof sum !== "object" || sum[0] !== "+") return null;
  for (const term of sum.slice(1) as readonly Expr[]) {
    const found = typeof term === "object" && term[0] === "min" ? remainderIn(term.slice(1) as Expr[]) : null;
    if (found === null) continue;
    const rest = sub(sum, chunkStart(found.length, found.parts, found.index));
    if (termsOf(rest) < termsOf(sum)) return { ...found, rest };
  }
  return null;
}

/** `min(index, length % parts)`, in either order. */
function remainderIn(pair: readonly Expr[]): Omit<Start, "rest"> | null {
  for (const [at, part] of pair.entries()) {
    if (typeof part === "object" && part[0] === "%" && typeof part[2] === "number") {
      return { length: part[1]!, parts: part[2], index: pair[1 - at]! };
    }
  }
  return null;
}

function termsOf(sum: Expr): number {
  return typeof sum === "object" && sum[0] === "+" ? sum.length - 1 : 1;
}

/** The text of a start, from those of its operands. */
export function startText({ length, index, rest }: Start, say: (e: Expr) => string, parts: string): string {
  const start = `start(${say(length)}, ${parts}${say(index)})`;
  return equal(rest, 0) ? start : `${start} + ${say(rest)}`.replaceAll("+ -", "- ");
}
