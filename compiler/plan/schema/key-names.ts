/**
 * @file Rules for the names of keys: which key a misspelt one means, said at the key itself. A schema cannot measure a distance, so each
 * key has a pattern of its likely misspellings. Knows no spec.
 */
import type { JsonSchema } from "./json-schema.ts";

/** Other words for a key, which are no misspellings. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  split_dim: ["split_axis", "split", "dim", "axis"],
  gather_dim: ["gather_axis", "gather"],
  expected_dims: ["expected_rank", "expected_ndim", "rank"],
};

/** Matches what is one edit, one swap, or another way to separate words away from `key`, and its synonyms; not `key`. No anchors. */
export function misspellings(key: string): string {
  const edits = [...key].map((_, i) => `${key.slice(0, i)}.{0,2}${key.slice(i + 1)}`);
  const swaps = [...key].slice(1).map((next, i) => `${key.slice(0, i)}${next}${key.charAt(i)}${key.slice(i + 2)}`);
  const words = key.split("_").map((word) => `[${word.charAt(0).toUpperCase()}${word.charAt(0)}]${word.slice(1)}`);
  const all = [...edits, ...swaps, words.join("[-_ ]?"), key.toUpperCase(), ...(SYNONYMS[key] ?? [])];
  return `(?!${key}$)(?:${all.join("|")})`;
}

/** A pattern of whole names. */
export function anyOf(patterns: readonly string[]): string {
  return `^(?:${patterns.join("|")})$`;
}

/** Refuses the names that a pattern matches. */
export function refuseNames(pattern: string, errorMessage: string): JsonSchema {
  return { not: { pattern }, errorMessage };
}

/** True of an object with a member of such a name that is neither object nor list, and thus is no spec. */
export function hasScalar(pattern: string): JsonSchema {
  return { not: { patternProperties: { [pattern]: { type: ["object", "array"] } } } };
}

/** Keys that belong elsewhere, with what to say of them. */
export interface Foreign {
  readonly keys: readonly string[];
  readonly message: string;
}

/** The names of a spec's keys: one sentence for each misspelt, misplaced or unknown one. */
export function keyNames(known: readonly string[], foreign: Foreign, other: string): JsonSchema {
  const elsewhere = anyOf(foreign.keys.flatMap((key) => [key, misspellings(key)]));
  const misspelt = known.map((key) => refuseNames(anyOf([misspellings(key)]), `Did you mean "${key}"?`));
  const spoken = anyOf([...known, ...[...known, ...foreign.keys].flatMap(misspellings), ...foreign.keys]);
  return {
    if: { not: { enum: known } },
    then: {
      allOf: [...misspelt, refuseNames(elsewhere, foreign.message), { pattern: spoken, errorMessage: other }],
    },
  };
}

/** True of a spec in which a key is missing, and not only misspelt or replaced by an unknown one. */
export function isMissing(key: string, known: readonly string[]): JsonSchema {
  const others = known.filter((each) => each !== key);
  return { propertyNames: { pattern: anyOf([...known, ...others.map(misspellings)]) } };
}

/** Names that an unknown one is compared with: each takes a pattern of its misspellings. */
const COMPARED = 60;

/** Where names are, and what to say of one that is unknown there. */
interface Places {
  /** The pattern of whole keys that have one of these names. */
  readonly pattern: (near: string) => string;
  /** A name as the message shows it. */
  readonly name: (name: string) => string;
  readonly what: string;
}

/** Refuses every name: which it may mean, the first that it is near with those that are near that one; else `other`. */
export function nearestName(names: readonly string[], places: Places, other: JsonSchema): JsonSchema {
  if (names.length > COMPARED) return other;
  return names.reduceRight<JsonSchema>((otherwise, name) => {
    const pattern = near(name);
    const isNear = new RegExp(`^(?:${pattern})$`);
    const alike = names.filter((each) => each !== name && isNear.test(each)).slice(0, 3);
    const meant = [name, ...alike].map((each) => `"${places.name(each)}"`);
    const all = meant.length === 1 ? meant[0] : `${meant.slice(0, -1).join(", ")} or ${meant.at(-1)}`;
    return {
      if: { pattern: places.pattern(pattern) },
      then: { not: {}, errorMessage: `${places.what}: did you mean ${all}?` },
      else: otherwise,
    };
  }, other);
}

/** Matches what is one edit, one swap, or another way to separate words away from a segment of a name. */
function near(name: string): string {
  const characters = [...name];
  const join = (parts: readonly string[]): string => parts.map(escaped).join("");
  const edits = characters.map((_, i) => `${join(characters.slice(0, i))}[^.]{0,2}${join(characters.slice(i + 1))}`);
  const swaps = characters
    .slice(1)
    .map((next, i) => join([...characters.slice(0, i), next, characters[i] ?? "", ...characters.slice(i + 2)]));
  const words = name.split("_").map(escaped).join("[-_ ]?");
  return [...edits, ...swaps, words].join("|");
}

/** A text as a pattern that matches it. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
