/**
 * @file Where a position in the text of a plan is: in which object or list, at a key or at a value. Works while the text is incomplete.
 * Knows the two languages' readers, no rule of plans.
 */
import { jsonCursor } from "./json.ts";

export interface Cursor {
  /** Keys and positions from the root of the plan to the container around the position. */
  readonly path: readonly string[];
  /** False for a literal of a TypeScript plan outside `definePlan`: then `path` begins at that literal. */
  readonly isRooted: boolean;
  /** Whether a key or a value is expected, or stands there. */
  readonly at: "key" | "value";
  /** The key as far as it is written; for a value the key or position that it belongs to. */
  readonly key: string;
  /** Keys that the container has, without this one. */
  readonly others: readonly string[];
  /** What a completion replaces, quotes included. */
  readonly start: number;
  readonly end: number;
  /** A value follows the key already. */
  readonly hasValue: boolean;
  /** Something stands at the position. */
  readonly isWritten: boolean;
}

/** `null` where neither a key nor a value can be, such as in a comment. */
export async function cursorAt(text: string, offset: number, file: string): Promise<Cursor | null> {
  if (!file.endsWith(".ts")) return jsonCursor(text, offset);
  const { typescriptCursor } = await import("../typescript/cursor.ts");
  return typescriptCursor(text, offset);
}
