/**
 * @file Which model a plan is for. Knows no model.
 */
import { dirname, isAbsolute, join } from "node:path";

/** The path of the model, read from the text alone, so that it is known while the text has errors. */
export function modelOf(text: string, file: string, fallback: string | null): string | null {
  const named = /["']?\$model["']?\s*:\s*("(?:[^"\\\n]|\\.)*"|'[^'\n]*')/.exec(text)?.[1];
  const path = named === undefined ? "" : unquoted(named);
  if (path === "") return fallback;
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function unquoted(text: string): string {
  try {
    return text.startsWith("'") ? text.slice(1, -1) : String(JSON.parse(text));
  } catch {
    return "";
  }
}
