/**
 * @file Turns offsets of a text into lines and columns. A line ends with LF, CR LF or CR, as in editors.
 */
import type { Position, Span } from "../diagnostics/types.ts";

/** Makes spans of one file; offsets in UTF-16 units, `end` exclusive. */
export type Locate = (start: number, end: number) => Span;

export function locator(file: string, text: string): Locate {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  const position = (offset: number): Position => {
    const line = lastAtMost(starts, offset);
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1, offset };
  };
  return (start, end) => ({ file, start: position(start), end: position(end) });
}

/** Index of the last element that is at most `value`; `sorted` starts with 0. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
