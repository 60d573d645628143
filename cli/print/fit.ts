/**
 * @file Fits lines to the width of a terminal: what does not fit is cut off and marked. The one file that knows string-width.
 */
import stringWidth from "string-width";

const CUT = "...";

/** `width` is in columns; `null` leaves the text as it is. */
export function fitted(text: string, width: number | null): string {
  return width === null ? text : text.replaceAll(/^.+$/gm, (line) => fit(line, width));
}

function fit(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  const most = Math.max(0, width - CUT.length);
  let [kept, used] = ["", 0];
  for (const char of line) {
    used += stringWidth(char);
    if (used > most) break;
    kept += char;
  }
  return kept + CUT;
}
