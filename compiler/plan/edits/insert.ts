/**
 * @file Inserts and removes members in the style of the text around them. Knows no plan.
 */
import type { Container, Written } from "./written.ts";

/** A replacement in the text, by offsets. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Adds members or elements at the end. */
export function insertItems({ text }: Written, container: Container, added: readonly string[]): Splice {
  const { open, close, items } = container;
  const last = items.at(-1);
  if (last === undefined) {
    const isOuter = text.slice(0, open).trim() === "" || added.length > 1;
    if (!isOuter) return { start: open + 1, end: close, text: ` ${added.join(", ")} ` };
    const [line, outer] = [lineEnd(text), indentAt(text, open)];
    const inner = `${line}${outer}  `;
    return { start: open + 1, end: close, text: `${inner}${added.join(`,${inner}`)}${line}${outer}` };
  }
  const separator = separatorOf(text, container);
  return { start: last.end, end: last.end, text: added.map((item) => separator + item).join("") };
}

/** What stands between two items: a comma and a blank, or a line. */
export function separatorOf(text: string, { open, items }: Container): string {
  const last = items.at(-1)?.start ?? open;
  const isSpread = text.slice(items.at(-2)?.end ?? open, last).includes("\n");
  return isSpread ? `,${lineEnd(text)}${indentAt(text, last)}` : ", ";
}

/** Removes an item with its comma. */
export function removeItem({ text }: Written, { open, close, items }: Container, index: number): Splice | null {
  const [item, before, after] = [items[index], items[index - 1], items[index + 1]];
  if (item === undefined) return null;
  if (before !== undefined) return { start: before.end, end: item.end, text: "" };
  if (after !== undefined) return { start: item.start, end: after.start, text: "" };
  const isEmpty = /^\s*,?\s*$/.test(text.slice(open + 1, item.start) + text.slice(item.end, close));
  return { start: isEmpty ? open + 1 : item.start, end: isEmpty ? close : item.end, text: "" };
}

/** The blanks at the beginning of the line of an offset. */
function indentAt(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

function lineEnd(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
