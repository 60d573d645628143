/**
 * @file The shape of a plan: the general messages, and better ones where a plan's author confused two forms.
 */
import { levelMessages } from "../../diagnostics/catalog/editing/levels.ts";
import { planMessages, shapeMessages } from "../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import type { Diagnostic, Span } from "../../diagnostics/types.ts";
import { type AstNode, member, type PlanAst, quote } from "../ast.ts";
import type { Finding } from "../schema/check.ts";
import { levelAdvice, nesting } from "../schema/entry-schemas.ts";
import { planSchema } from "../schema/plan-schema.ts";
import { reservedKeys, unknownReserved } from "../schema/reserved-keys.ts";
import { inputKeys, outputKeys } from "../schema/spec-schemas.ts";
import { nameOf, type Place } from "./places.ts";
import { checkShape } from "./shape.ts";

export function checkPlanShape(ast: PlanAst): readonly Diagnostic[] {
  return checkShape(ast.root, { schema: planSchema, rootName: "the plan", special, memberwise: true });
}

const reserved = new RegExp(unknownReserved);

function special(finding: Finding, place: Place): Diagnostic | null | undefined {
  if (isConsequence(finding, place)) return null;
  for (const rule of [unknownReservedKey, pairLength, nestedModule, wrongLevel, mixedSpecs, scalarParameter]) {
    const found = rule(finding, place);
    if (found !== undefined) return found;
  }
  return undefined;
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

/** A module inside a module: a member with members of its own, or a list of inputs and outputs, under a parameter's name. */
function nestedModule(finding: Finding, { node, parent, where, key }: Place): Diagnostic | null | undefined {
  const { keyword, path, schema } = finding;
  if (keyword !== "not" || schema.errorMessage !== nesting) return undefined;
  const isList = node.kind === "array" && node.items[0]?.kind === "object" && schema.not?.type === undefined;
  const owner = isList ? node.items[0] : parent;
  const parameter = path.at(isList ? -1 : -2) ?? "";
  if (owner?.kind !== "object") return undefined;
  const nested = owner.members.find(({ key: each, value }) => value.kind !== "scalar" && !inputKeys.includes(each));
  // The first of several is enough.
  if (nested === undefined || (!isList && nested.value !== node)) return null;
  const outer = isList ? where : where.slice(0, -nameOf(key ?? "").length - 1);
  const module = path[0] === "" ? parameter : `${path[0]}.${parameter}`;
  const params = { where: outer, key: quote(nested.key), path: quote(module) };
  return diagnose(levelMessages.nestedModule, params, { span: nested.keySpan ?? undefined });
}

/** A key of a spec where parameters are named: on the wrong level, or a misspelt `gather_dim`. */
function wrongLevel({ keyword, key, schema }: Finding, { where, node }: Place): Diagnostic | undefined {
  if (keyword !== "additionalProperties" || key === null || schema.properties !== undefined) return undefined;
  const span = member(node, key)?.keySpan ?? undefined;
  if (!inputKeys.includes(key)) return misspeltKey(key, where, span);
  const advice = levelAdvice(key);
  return diagnose(planMessages.misplacedKey, { where, key: quote(key), advice }, { span });
}

function misspeltKey(key: string, where: string, span: Span | undefined): Diagnostic | undefined {
  const known = [...new Set([...outputKeys, ...inputKeys])];
  const suggestion = suggest(key, known);
  if (suggestion === null) return undefined;
  return diagnose(shapeMessages.unknownKey, { where, key: quote(key), suggestion, known }, { span });
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

/** A number or string in place of a parameter's spec, under a name that is far from a key of a spec, but like one. */
function scalarParameter({ keyword, schema, path }: Finding, place: Place): Diagnostic | undefined {
  const { node, key, keySpan, parent, where } = place;
  const inInputs = path.length > 1 && parent?.kind === "object" && schema.type?.includes("array") === true;
  if (keyword !== "type" || key === null || node.kind !== "scalar" || !inInputs) return undefined;
  return misspeltKey(key, where.slice(0, -nameOf(key).length - 1), keySpan ?? undefined);
}
