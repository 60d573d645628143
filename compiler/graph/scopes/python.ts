/**
 * @file Reads the Python list of strings that an exporter writes into node metadata (`"['', 'blocks.0', \"it's\"]"`).
 * Knows nothing of what the strings mean.
 */

const STRING = /\s*(?:'((?:[^'\\]|\\[^])*)'|"((?:[^"\\]|\\[^])*)")\s*(,|\])/y;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g;
const NAMED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The strings of a Python list literal, or `null` where the text is anything else. */
export function parsePythonStrings(text: string): readonly string[] | null {
  const body = text.trim();
  if (!body.startsWith("[")) return null;
  if (/^\[\s*\]$/.test(body)) return [];
  const strings: string[] = [];
  STRING.lastIndex = 1;
  for (;;) {
    const match = STRING.exec(body);
    if (match === null) return null;
    strings.push(unescape(match[1] ?? match[2] ?? ""));
    if (match[3] === "]" || /^\s*\]$/.test(body.slice(STRING.lastIndex))) break;
  }
  const rest = body.slice(STRING.lastIndex).trim();
  return rest === "" || rest === "]" ? strings : null;
}

function unescape(text: string): string {
  return text.replace(ESCAPE, (all, x?: string, u?: string, wide?: string, named?: string) => {
    if (named !== undefined) return NAMED[named] ?? named;
    const point = Number.parseInt(x ?? u ?? wide ?? "", 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}
