/**
 * @file What a message calls a value of unknown type that a caller gave. Knows no option and no tensor.
 */

/** Characters of a text that a message repeats. */
const LONGEST = 40;

/** `null`, `NaN`, `"5"`, `an array`, `an object`, `a function` */
export function describeValue(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}...` : value);
  if (typeof value === "symbol" || typeof value === "function") return `a ${typeof value}`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

export function isNames(value: unknown): value is readonly string[] {
  // `every` does not visit the holes of a list.
  return Array.isArray(value) && Array.from<unknown>(value).every((name) => typeof name === "string");
}

/** An object with named members: no array, no data, no collection. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  return !(value instanceof Map || value instanceof Set);
}
