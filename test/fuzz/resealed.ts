/**
 * @file Changes to JSON at any location: a node is removed, duplicated, or replaced by a value of another type, or by a node from another
 * location. Knows no program.
 */
import * as fc from "fast-check";
import { oddNames } from "./words.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `at` chooses the place among all nodes, `from` the node that it may be replaced by. */
export interface Change {
  readonly at: number;
  readonly from: number;
  readonly act: "drop" | "double" | "copy" | Json;
}

const values: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  1e308,
  2 ** 53,
  99,
  "",
  [],
  {},
  [[]],
  ["*", 9e15, 9e15],
  ["//", 1, 0],
];
const nested: Json = Array.from({ length: 600 }).reduce<Json>((inner) => [inner], 0);

export const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  from: fc.nat(),
  act: fc.oneof(
    fc.constantFrom<Change["act"]>("drop", "double", "copy"),
    fc.constantFrom(...values, ...oddNames, nested).map((value) => [value]),
  ),
});

type Path = readonly (string | number)[];

/** Paths of all nodes below the root, in order. */
function pathsOf(json: Json, path: Path = []): readonly Path[] {
  if (typeof json !== "object" || json === null) return [];
  return entriesOf(json).flatMap(([key, value]) => [[...path, key], ...pathsOf(value, [...path, key])]);
}

function entriesOf(json: object): readonly (readonly [string | number, Json])[] {
  return Array.isArray(json)
    ? json.map((value: Json, i) => [i, value] as const)
    : (Object.entries(json) as [string, Json][]);
}

export function changed(json: Json, changes: readonly Change[]): Json {
  return changes.reduce<Json>((whole, { at, from, act }) => {
    const paths = pathsOf(whole);
    if (paths.length === 0) return whole;
    const other = valueAt(whole, paths[from % paths.length]!);
    return replaced(whole, paths[at % paths.length]!, (value) => {
      if (act === "drop") return [];
      if (act === "double") return [value, value];
      return act === "copy" ? [other] : [(act as readonly Json[])[0]!];
    });
  }, json);
}

function valueAt(json: Json, path: Path): Json {
  return path.reduce<Json>((inner, key) => (inner as Record<string | number, Json>)[key]!, json);
}

/** With `change(value)` in the place of the value at `path`: none, one, or in a list several. */
function replaced(json: Json, [key, ...rest]: Path, change: (value: Json) => readonly Json[]): Json {
  const inner = (value: Json): readonly Json[] => (rest.length === 0 ? change(value) : [replaced(value, rest, change)]);
  if (Array.isArray(json)) return json.flatMap((value: Json, i) => (i === key ? inner(value) : [value]));
  return Object.fromEntries(
    Object.entries(json as Readonly<Record<string, Json>>).flatMap(([name, value]) =>
      name === key ? inner(value).map((one) => [name, one] as const) : [[name, value] as const],
    ),
  );
}
