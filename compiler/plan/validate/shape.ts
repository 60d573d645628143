/**
 * @file Turns findings of the JSON Schema into diagnostics with spans. Serves plans and parallel configs: `special` supplies what differs
 * between them.
 */
import { shapeMessages } from "../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import type { Diagnostic, Json } from "../../diagnostics/types.ts";
import { type AstNode, describe, member, quote, toValue } from "../ast.ts";
import { type Finding, checkSchema } from "../schema/check.ts";
import type { JsonSchema, Snippet } from "../schema/json-schema.ts";
import { type Place, placeOf } from "./places.ts";

/** A better diagnostic for a finding, undefined to use the general one, or null where another finding explains it. */
export type Special = (finding: Finding, place: Place) => Diagnostic | null | undefined;

export interface ShapeOptions {
  readonly schema: JsonSchema;
  /** Name of the whole value in messages. */
  readonly rootName: string;
  readonly special: Special;
  /** The schema checks each member of the root independently, so a long root may be checked in parts. */
  readonly memberwise: boolean;
}

/** Members checked at a time: the time of ajv grows with the square of the number of errors in one check. */
const PART = 100;

export function checkShape(root: AstNode, options: ShapeOptions): readonly Diagnostic[] {
  const findings = partsOf(root, options).flatMap((part) => checkSchema(toValue(part), options.schema));
  const unknown = unknownKeysByPlace(findings);
  return findings
    .filter((finding) => !isExplained(finding, unknown))
    .flatMap((finding) => {
      const place = placeOf(root, finding.path, options.rootName);
      const special = options.special(finding, place);
      return special === null ? [] : [special ?? general(finding, place)];
    });
}

function partsOf(root: AstNode, { memberwise }: ShapeOptions): readonly AstNode[] {
  if (!memberwise || root.kind !== "object" || root.members.length <= PART) return [root];
  const count = Math.ceil(root.members.length / PART);
  return Array.from({ length: count }, (_, i) => ({ ...root, members: root.members.slice(i * PART, (i + 1) * PART) }));
}

/** A key is not missing if it is misspelt, or if a key of the other kind of spec is in its place. */
function isExplained({ keyword, path, key }: Finding, unknown: ReadonlyMap<string, readonly Finding[]>): boolean {
  if (keyword !== "required" || key === null) return false;
  const others = unknown.get(path.join("/")) ?? [];
  return others.some((other) => {
    const suggestion = suggest(other.key ?? "", knownKeys(other.schema));
    return suggestion === key || suggestion === null;
  });
}

/** Findings of unknown keys, by the object that has them. */
function unknownKeysByPlace(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const byPlace = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.keyword !== "additionalProperties" || finding.key === null) continue;
    const at = finding.path.join("/");
    const here = byPlace.get(at);
    if (here === undefined) byPlace.set(at, [finding]);
    else here.push(finding);
  }
  return byPlace;
}

function general(finding: Finding, place: Place): Diagnostic {
  const { keyword, key, schema } = finding;
  const { where, node } = place;
  const span = node.span ?? undefined;
  const expected = schema.errorMessage ?? `expected ${String(schema.type ?? "something else")}`;
  switch (keyword) {
    case "additionalProperties":
      return unknownKey(finding, place);
    case "required":
      return diagnose(shapeMessages.missingKey, { where, key: key ?? "", example: `{ "${key}": 1 }` }, { span });
    case "minimum":
      return diagnose(shapeMessages.tooSmall, { where, found: describe(node), minimum: schema.minimum ?? 0 }, { span });
    case "maximum":
      return diagnose(shapeMessages.tooBig, { where, found: describe(node), maximum: schema.maximum ?? 0 }, { span });
    case "enum": {
      const choices = (schema.enum ?? []).filter((choice) => typeof choice === "string");
      const suggestion = node.kind === "scalar" && typeof node.value === "string" ? suggest(node.value, choices) : null;
      return diagnose(shapeMessages.badChoice, { where, found: describe(node), choices, suggestion }, { span });
    }
    case "minLength":
    case "minItems":
      return diagnose(shapeMessages.emptyValue, { where, advice: expected }, { span });
    default:
      return diagnose(
        shapeMessages.wrongType,
        { where, found: describe(node), expected, meant: meantBy(node, schema) },
        { span },
      );
  }
}

/** The value of the right type that a wrong one shows: `1` for `"1"`, `true` for `"true"`, a spec for its axis. */
function meantBy(node: AstNode, { type = [], defaultSnippets = [] }: JsonSchema): Json | null {
  if (node.kind === "scalar" && Number.isInteger(node.value)) return specOf(Number(node.value), defaultSnippets);
  const types: readonly string[] = typeof type === "string" ? [type] : type;
  const text = node.kind === "scalar" && typeof node.value === "string" ? node.value.trim() : "";
  if (types.includes("integer") && /^-?\d{1,9}$/.test(text)) return Number(text);
  return types.includes("boolean") && /^(?:true|false)$/i.test(text) ? text.toLowerCase() === "true" : null;
}

/** The spec with an axis that stands alone: `{ "gather_dim": 1 }` for `1`, if the place has such a spec. */
function specOf(axis: number, snippets: readonly Snippet[]): Json | null {
  for (const { body } of snippets) {
    const [key, ...rest] = typeof body === "object" && body !== null ? Object.keys(body) : [];
    if (rest.length === 0 && (key === "split_dim" || key === "gather_dim")) return { [key]: axis };
  }
  return null;
}

function unknownKey({ key, schema }: Finding, { where, node }: Place): Diagnostic {
  const name = key ?? "";
  const known = knownKeys(schema);
  const suggestion = suggest(name, known);
  return diagnose(
    shapeMessages.unknownKey,
    { where, key: quote(name), suggestion, known },
    { span: member(node, name)?.keySpan ?? undefined },
  );
}

/** The keys that a person should write; some others are accepted or refused by name. */
function knownKeys({ properties = {} }: JsonSchema): readonly string[] {
  return Object.keys(properties).filter((key) => properties[key]?.doNotSuggest !== true);
}
