/**
 * @file The shape of a plan: the general messages, and better ones where a plan's author confused two forms.
 */
import { planMessages, shapeMessages } from "../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { type AstNode, member, type PlanAst, quote } from "../ast.ts";
import type { Finding } from "../schema/check.ts";
import { definitions, planSchema, reservedKeys, unknownReserved } from "../schema/plan-schema.ts";
import { nameOf, type Place } from "./places.ts";
import { checkShape } from "./shape.ts";

export function checkPlanShape(ast: PlanAst): readonly Diagnostic[] {
  return checkShape(ast.root, { schema: planSchema, rootName: "the plan", special, memberwise: true });
}

const inputKeys = Object.keys(definitions["inputSpec"]?.properties ?? {});
const outputKeys = Object.keys(definitions["outputSpec"]?.properties ?? {});
const reserved = new RegExp(unknownReserved);

function special(finding: Finding, place: Place): Diagnostic | null | undefined {
  if (isConsequence(finding, place)) return null;
  return (
    unknownReservedKey(finding, place) ??
    pairLength(finding, place) ??
    mixedSpecs(finding, place) ??
    scalarParameter(finding, place)
  );
}

/** A list that starts with a misspelt output is treated as the pair of inputs and outputs: one message is enough. */
function isConsequence({ path }: Finding, { node, parent }: Place): boolean {
  const list = path.length === 1 ? node : path.length === 2 && path[1] === "1" ? parent : null;
  const first = list?.kind === "array" ? list.items[0] : undefined;
  if (first?.kind !== "object") return false;
  const known = misspelt.get(first);
  if (known !== undefined) return known;
  const isOne = first.members.some(({ key, value }) => value.kind === "scalar" && isMisspelt(key, "gather_dim"));
  misspelt.set(first, isOne);
  return isOne;
}

/** Whether an object is a misspelt output; stored, so that a long list is checked once. */
const misspelt = new WeakMap<AstNode, boolean>();

function isMisspelt(key: string, meant: string): boolean {
  return key !== meant && suggest(key, [meant]) !== null;
}

function unknownReservedKey({ path }: Finding, { key, keySpan }: Place): Diagnostic | undefined {
  if (path.length !== 1 || key === null || !reserved.test(key)) return undefined;
  const suggestion = suggest(key, Object.keys(reservedKeys));
  return diagnose(planMessages.unknownReservedKey, { key: quote(key), suggestion }, { span: keySpan ?? undefined });
}

function pairLength({ keyword, schema }: Finding, { where, node }: Place): Diagnostic | undefined {
  const isPair = schema.minItems === 2 && (keyword === "minItems" || keyword === "maxItems");
  if (!isPair || node.kind !== "array") return undefined;
  return diagnose(planMessages.pairLength, { where, count: node.items.length }, { span: node.span ?? undefined });
}

/** `gather_dim` in an input spec; `split_dim`, or a parameter with its spec, in an output spec. */
function mixedSpecs({ keyword, key, schema }: Finding, { where, node }: Place): Diagnostic | undefined {
  if (keyword !== "additionalProperties" || key === null) return undefined;
  const span = member(node, key)?.keySpan ?? undefined;
  const inInput = schema.properties?.["split_dim"] !== undefined;
  if (inInput && key === "gather_dim") {
    const advice =
      'an output spec belongs at the module itself: { "gather_dim": 1 }, or [{ inputs }, { "gather_dim": 1 }]';
    return diagnose(planMessages.mixedSpecs, { where, key: quote(key), advice }, { span });
  }
  const nested = member(node, key)?.value.kind;
  if (!inInput && (key === "split_dim" || key === "split_output" || nested === "object" || nested === "array")) {
    const advice =
      'to split and gather at one module, write [{ "hidden_states": { "split_dim": 1 } }, { "gather_dim": 1 }]';
    return diagnose(planMessages.mixedSpecs, { where, key: quote(key), advice }, { span });
  }
  return undefined;
}

/** A number or string in place of a parameter's spec: usually a key of a spec, on the wrong level or misspelt. */
function scalarParameter({ keyword, schema, path }: Finding, place: Place): Diagnostic | null | undefined {
  const { node, key, keySpan, parent, where } = place;
  const inInputs = path.length > 1 && parent?.kind === "object" && schema.type?.includes("array") === true;
  if (keyword !== "type" || key === null || node.kind !== "scalar" || !inInputs) return undefined;
  const span = keySpan ?? undefined;
  const outer = where.slice(0, -nameOf(key).length - 1);
  if (inputKeys.includes(key)) {
    // A whole spec on the wrong level is one mistake.
    if (key !== "split_dim" && member(parent, "split_dim")?.value.kind === "scalar") return null;
    const advice = schema.errorMessage ?? "";
    return diagnose(planMessages.misplacedKey, { where: outer, key: quote(key), advice }, { span });
  }
  const known = [...new Set([...outputKeys, ...inputKeys])];
  const suggestion = suggest(key, known);
  if (suggestion === null) return undefined;
  return diagnose(shapeMessages.unknownKey, { where: outer, key: quote(key), suggestion, known }, { span });
}
