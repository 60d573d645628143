/**
 * @file Expressions as readable text: `txt + img`, `chunk(img, 2, rank)`. Knows no names of a model.
 */
import { chunkOf, startOf, withChunks, type Start } from "./starts.ts";
import type { Expr } from "./types.ts";

/** Readable text, unique by content: `txt + img`, `chunk(img, 2, rank)`. */
export function show(expr: Expr): string {
  return showWith(expr, () => null);
}

/** The same, with another text for the parts of `expr` for which `special` gives one. */
export function showWith(
  expr: Expr,
  special: (part: Expr) => string | null,
  cutText: (cut: Start, say: (part: Expr) => string) => string = namedCut,
): string {
  const text = (given: Expr): string => {
    const part = withChunks(given);
    const other = special(part);
    if (other !== null) return other;
    if (typeof part === "number" || typeof part === "string") return String(part);
    const cut = firstChunk(part) ?? chunkOf(part) ?? startOf(part);
    if (cut !== null) return cutText(cut, text);
    const [op, ...args] = part;
    if (op === "+") return args.map(text).join(" + ").replaceAll("+ -", "- ");
    if (op === "*") return args.map(inProduct).join("*");
    if (op === "//" || op === "%") return args.map(inProduct).join(` ${op} `);
    return `${op}(${args.map(text).join(", ")})`;
  };
  const inProduct = (part: Expr): string => {
    const shown = withChunks(part);
    const compound = typeof shown === "object" && (shown[0] === "+" || shown[0] === "//" || shown[0] === "%");
    return compound ? `(${text(part)})` : text(part);
  };
  return text(expr);
}

/** The text of a factor in a product: a sum in parentheses. */
export function showFactor(expr: Expr): string {
  const shown = withChunks(expr);
  return typeof shown === "object" && shown[0] === "+" ? `(${show(expr)})` : show(expr);
}

/** Where chunk 1 begins is the extent of chunk 0. */
function firstChunk(expr: Expr): Start | null {
  const found = startOf(expr);
  return found?.index === 1 ? { ...found, op: `chunk:${found.axis}`, index: 0 } : null;
}

/** `chunk(img, 2, rank)`, `start(24, ulysses, rank % 2)`. */
export function namedCut({ op, axis, length, parts, index }: Start, say: (part: Expr) => string): string {
  const over = axis === "sequence" ? String(parts) : axis;
  return cutText(op, [say(length), over, say(index)]);
}

/** `chunk(a, b)`, `start(a, b)`. */
export function cutText(op: Start["op"], args: readonly string[]): string {
  return `${op.slice(0, op.indexOf(":"))}(${args.join(", ")})`;
}
