/**
 * @file The place of a position in the text of a plan, as both languages give it. Knows no language.
 */

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
