/**
 * @file Which model a plan is for. Knows no model.
 */
import { dirname, isAbsolute, join } from "node:path";

/** The path of the model, read from the text alone, so that it is known while the text has errors. */
export function modelOf(text: string, file: string, fallback: string | null): string | null {
  const found = modelIn(text);
  return modelAt(found === null ? null : unquoted(text.slice(found.start, found.end)), file, fallback);
}

/** The path that a plan names, relative to its file; `fallback` where it names none. */
export function modelAt(named: string | null, file: string, fallback: string | null): string | null {
  if (named === null || named === "") return fallback;
  return isAbsolute(named) ? named : join(dirname(file), named);
}

/** Where the name of the model stands, with its quotes: the first that is in no comment. */
export function modelIn(text: string): { readonly start: number; readonly end: number } | null {
  for (const match of text.matchAll(/["']?\$model["']?\s*:\s*("(?:[^"\\\n]|\\.)*"|'[^'\n]*')/g)) {
    if (isInComment(text, match.index)) continue;
    const end = match.index + match[0].length;
    return { start: end - (match[1]?.length ?? 0), end };
  }
  return null;
}

function isInComment(text: string, offset: number): boolean {
  const line = text.slice(Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1, offset);
  return /(?:^|[\s{,;])\/\//.test(line) || text.lastIndexOf("/*", offset) > text.lastIndexOf("*/", offset);
}

function unquoted(text: string): string {
  try {
    return text.startsWith("'") ? text.slice(1, -1) : String(JSON.parse(text));
  } catch {
    return "";
  }
}
