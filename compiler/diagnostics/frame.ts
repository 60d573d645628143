/**
 * @file The line of a file that a diagnostic points to, with carets under the range. Works on text alone:
 * no terminal, no file system.
 */
import type { Position } from "./types.ts";

/** One displayed character. `at` is its UTF-16 offset in the file, `width` its columns on a terminal. */
interface Cell {
  readonly at: number;
  readonly text: string;
  readonly width: number;
}

/** The two lines of a frame, without their margin. */
export interface Frame {
  readonly line: number;
  readonly code: string;
  readonly carets: string;
}

const TAB = "    ";
const CUT = "...";
/** How much of a long line stays before the range. */
const LEAD = 24;
/** UTF-16 units of a line that are read per displayed column: zero-width marks can pile up on one. */
const UNITS = 4;
const WIDE = /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]$/u;
const NARROW = /^[\p{Mn}\p{Me}]$/u;
/** Characters that must not reach a terminal unescaped: controls, text direction marks, halves of surrogate pairs. */
const HIDDEN = /^[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]$/u;

/**
 * Renders the frame for a range of a file's text. A range over several lines shows its first line. Returns `null` if the range is not
 * inside the text (the file changed since it was read).
 */
export function codeFrame(text: string, start: Position, end: Position, width: number): Frame | null {
  if (start.offset > text.length || end.offset < start.offset) return null;
  const window = windowAt(text, start.offset, UNITS * width);
  const cells = shown(cellsOf(text.slice(window.from, window.to), window.from), window, start.offset, width);
  const marked = (cell: Cell): boolean => cell.at >= start.offset && cell.at < end.offset;
  const carets = cells.map((cell) => (marked(cell) ? "^" : " ").repeat(cell.width)).join("");
  const code = cells.map((cell) => cell.text).join("");
  if (carets.includes("^")) return { line: start.line, code: code.trimEnd(), carets: carets.trimEnd() };
  const before = cells.filter((cell) => cell.at < start.offset);
  const indent = before.reduce((sum, cell) => sum + cell.width, 0);
  return { line: start.line, code: code.trimEnd(), carets: `${" ".repeat(indent)}^` };
}

/** Makes text of unknown origin safe to print: control characters become `?`, line feeds stay. */
export function printable(text: string): string {
  return [...text].map((char) => (char === "\n" ? char : HIDDEN.test(char) ? "?" : char)).join("");
}

/** The part of a line around an offset that is read: a line can be as long as its file. */
interface Window {
  readonly from: number;
  readonly to: number;
  /** The line continues before, or after. */
  readonly before: boolean;
  readonly behind: boolean;
}

function windowAt(text: string, offset: number, reach: number): Window {
  let from = offset;
  while (from > offset - reach && !startsLine(text, from)) from -= 1;
  let to = offset;
  while (to < offset + reach && !endsLine(text, to)) to += 1;
  const before = !startsLine(text, from);
  const behind = !endsLine(text, to);
  // Half of a surrogate pair is no character.
  if (before && isLowSurrogate(text, from)) from += 1;
  if (behind && isLowSurrogate(text, to)) to -= 1;
  return { from, to, before, behind };
}

function startsLine(text: string, at: number): boolean {
  return at <= 0 || text[at - 1] === "\n" || (text[at - 1] === "\r" && text[at] !== "\n");
}

function endsLine(text: string, at: number): boolean {
  return at >= text.length || text[at] === "\n" || text[at] === "\r";
}

function isLowSurrogate(text: string, at: number): boolean {
  return /^[\udc00-\udfff]$/.test(text[at] ?? "");
}

function cellsOf(line: string, from: number): readonly Cell[] {
  const cells: Cell[] = [];
  let at = from;
  for (const char of line) {
    cells.push({ at, ...look(char) });
    at += char.length;
  }
  return cells;
}

function look(char: string): { readonly text: string; readonly width: number } {
  if (char === "\t") return { text: TAB, width: TAB.length };
  if (HIDDEN.test(char)) return { text: "?", width: 1 };
  if (NARROW.test(char)) return { text: char, width: 0 };
  return { text: char, width: WIDE.test(char) ? 2 : 1 };
}

/** The part of a line that fits `width` columns and shows `offset`; dots mark what is cut off. */
function shown(cells: readonly Cell[], { before, behind }: Window, offset: number, width: number): readonly Cell[] {
  if (!before && !behind && columns(cells) <= width) return cells;
  const target = cells.findIndex((cell) => cell.at >= offset);
  const position = target < 0 ? cells.length : target;
  const first = position <= LEAD ? 0 : position - LEAD;
  let last = first;
  let used = 0;
  for (; last < cells.length; last += 1) {
    used += cells[last]?.width ?? 0;
    if (used > width) break;
  }
  const part = cells.slice(first, last);
  const dots = (at: number): Cell => ({ at, text: CUT, width: CUT.length });
  return [
    ...(before || first > 0 ? [dots(-1)] : []),
    ...part,
    ...(behind || last < cells.length ? [dots(Infinity)] : []),
  ];
}

function columns(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}
