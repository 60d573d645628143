/**
 * @file The one line that a message says of an exception of unknown origin. No stack trace leaves the runtime.
 */

export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replace(/\s+/g, " ").trim();
  return line === "" ? "no reason given" : line;
}
