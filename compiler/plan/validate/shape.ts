/**
 * @file Turns findings of the JSON Schema into diagnostics with spans. Serves plans and parallel configs: what is
 * special to one of them comes in as `special`.
 */
import { shapeMessages } from "../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { type AstNode, describe, member, toValue } from "../ast.ts";
import { type Finding, checkSchema } from "../schema/check.ts";
import type { JsonSchema } from "../schema/json-schema.ts";
import { type Place, placeOf } from "./places.ts";

/** A better diagnostic for a finding, or undefined to take the general one. */
export type Special = (finding: Finding, place: Place) => Diagnostic | undefined;

export interface ShapeOptions {
  readonly schema: JsonSchema;
  /** Name of the whole value in messages. */
  readonly rootName: string;
  readonly special: Special;
}

export function checkShape(root: AstNode, options: ShapeOptions): readonly Diagnostic[] {
  const findings = checkSchema(toValue(root), options.schema);
  return findings
    .filter((finding) => !isExplained(finding, findings))
    .map((finding) => {
      const place = placeOf(root, finding.path, options.rootName);
      return options.special(finding, place) ?? general(finding, place);
    });
}

/** A key is not missing where it is only misspelt, or where a key of the other kind of spec stands. */
function isExplained({ keyword, path, key }: Finding, findings: readonly Finding[]): boolean {
  if (keyword !== "required" || key === null) return false;
  const at = path.join("/");
  return findings.some((other) => {
    if (other.keyword !== "additionalProperties" || other.key === null || other.path.join("/") !== at) return false;
    const known = Object.keys(other.schema.properties ?? {});
    return suggest(other.key, known) === key || suggest(other.key, known) === null;
  });
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
    case "enum": {
      const choices = (schema.enum ?? []).map(String);
      const suggestion = node.kind === "scalar" && typeof node.value === "string" ? suggest(node.value, choices) : null;
      return diagnose(shapeMessages.badChoice, { where, found: describe(node), choices, suggestion }, { span });
    }
    case "minLength":
    case "minItems":
      return diagnose(shapeMessages.emptyValue, { where, advice: expected }, { span });
    default:
      return diagnose(shapeMessages.wrongType, { where, found: describe(node), expected }, { span });
  }
}

function unknownKey({ key, schema }: Finding, { where, node }: Place): Diagnostic {
  const name = key ?? "";
  const known = Object.keys(schema.properties ?? {});
  const suggestion = suggest(name, known);
  return diagnose(
    shapeMessages.unknownKey,
    { where, key: name, suggestion, known },
    { span: member(node, name)?.keySpan ?? undefined },
  );
}
