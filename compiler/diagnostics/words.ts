/**
 * @file Words of messages: counts with their nouns, and lists of names that may be long. Knows no message.
 */

/** `1 spec`, `2 specs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** At most 12 names in quotes, and how many more there are. */
export function list(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names
    .slice(0, 12)
    .map((name) => `"${name}"`)
    .join(", ");
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown;
}

/** The modules of those that an entry matches: all of them, or how many. */
export function inModules(modules: readonly string[], of: number): string {
  const names = modules.map((module) => (module === "" ? "the model" : module));
  const shown = names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return of > modules.length ? `in ${shown} (${modules.length} of ${of} modules)` : `in ${shown}`;
}
