/**
 * @file Where a position in the text of a plan is: in which object or list, at a key or at a value. Works while the text is incomplete.
 * Knows the two languages' readers, no rule of plans.
 */
import { jsonCursor } from "./json.ts";
import type { Cursor } from "./types.ts";

export type { Cursor } from "./types.ts";

/** `null` where neither a key nor a value can be, such as in a comment. */
export async function cursorAt(text: string, offset: number, file: string): Promise<Cursor | null> {
  if (!file.endsWith(".ts")) return jsonCursor(text, offset);
  const { typescriptCursor } = await import("../typescript/cursor.ts");
  return typescriptCursor(text, offset);
}
