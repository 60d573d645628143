/**
 * @file What to say of a module name that a model does not have: the names that it has at the first unknown segment. Rules are about the
 * children of a module and of its siblings in lists, so a model of thousands of modules has few. Knows no entry.
 */
import { modulesAround, parentOf, patternOf } from "../../ir/module-paths.ts";
import type { JsonSchema } from "./json-schema.ts";
import { escaped, nearestName, refuseNames } from "./key-names.ts";

/** Names of children that a message lists. */
const LISTED = 12;

/** Children of one module, or of all modules of a pattern. */
interface Family {
  readonly names: Set<string>;
  /** Largest index of a list, or -1. */
  last: number;
}

export interface NameRules {
  /** Matches the names that the rules refuse. */
  readonly refused: string;
  readonly rules: readonly JsonSchema[];
}

export function moduleNameRules(modules: readonly string[]): NameRules {
  const families = new Map<string, Family>([["", { names: new Set(), last: -1 }]]);
  // Containers of modules need not be modules themselves.
  for (const module of new Set(modules.flatMap(modulesAround))) {
    if (module === "") continue;
    const parent = patternOf(parentOf(module));
    const segment = module.slice(module.lastIndexOf(".") + 1);
    const family = families.get(parent) ?? { names: new Set(), last: -1 };
    families.set(parent, family);
    if (/^\d+$/.test(segment)) family.last = Math.max(family.last, Number(segment));
    else family.names.add(segment);
  }
  const found = [...families].flatMap(([parent, family]) => rulesOf(parent, family));
  return { refused: found.map(({ pattern }) => `(?:${pattern})`).join("|"), rules: found.map(({ rule }) => rule) };
}

/** The names that a rule refuses, and the rule. */
interface Refused {
  readonly pattern: string;
  readonly rule: JsonSchema;
}

function rulesOf(parent: string, { names, last }: Family): readonly Refused[] {
  const before = parent === "" ? "" : `${parent.split(".").map(segmentPattern).join("\\.")}\\.`;
  const known = ["\\*", "\\$.*", ...[...names].map(escaped), ...(last < 0 ? [] : ["\\d+"])];
  const listed = [...names].slice(0, LISTED).join(", ");
  const more = names.size > LISTED ? ` and ${names.size - LISTED} others` : "";
  const own = parent === "" ? "at the top it" : parent;
  const range = last < 0 ? "" : `${names.size === 0 ? "" : ", "}0 to ${last}`;
  const pattern = `^${before}(?!(?:${known.join("|")})(?:\\.|$)).+$`;
  const other: JsonSchema = {
    not: {},
    errorMessage: `The model has no module of this name: ${own} has ${listed}${more}${range}.`,
  };
  const places = {
    pattern: (near: string) => `^${before}(?:${near})(?:\\.|$)`,
    name: (name: string) => (parent === "" ? name : `${parent}.${name}`),
    what: "The model has no module of this name",
  };
  const unknown: Refused = { pattern, rule: { if: { pattern }, then: nearestName([...names], places, other) } };
  if (last < 0) return [unknown];
  const prefix = parent === "" ? "" : `${parent}.`;
  const tooLarge = `^${before}(?:${integersAbove(last)})(?:\\..*)?$`;
  const message = `The model has no module of this name: it has ${prefix}0 to ${prefix}${last}.`;
  return [unknown, { pattern: tooLarge, rule: refuseNames(tooLarge, message) }];
}

function segmentPattern(segment: string): string {
  return segment === "*" ? "(?:\\d+|\\*)" : escaped(segment);
}

/** Matches the integers above `last`. */
function integersAbove(last: number): string {
  const digits = String(last);
  const same = [...digits].flatMap((digit, i) =>
    digit === "9" ? [] : [`${digits.slice(0, i)}[${Number(digit) + 1}-9]${"\\d".repeat(digits.length - i - 1)}`],
  );
  return [...same, `[1-9]\\d{${digits.length},}`].join("|");
}
