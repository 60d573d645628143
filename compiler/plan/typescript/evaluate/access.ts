/**
 * @file Reading a property of an object, or an element of a list. A missing name is an error, not `undefined`: in a plan it is a
 * misspelling.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import { suggest } from "../../../diagnostics/suggest.ts";
import type { Span } from "../../../diagnostics/types.ts";
import { type Context, report, spanOf } from "./context.ts";
import { nameFix } from "../fixes.ts";
import { broken, describeValue, isNullish, scalar, type Scope, type Value } from "./values.ts";

export function propertyAccess(context: Context, node: ts.PropertyAccessExpression, scope: Scope, span: Span): Value {
  const receiver = context.evaluate(context, node.expression, scope);
  const skipped = shortCircuit(receiver, node, span);
  return skipped ?? property(context, receiver, node.name.text, { span: spanOf(context, node.name), node: node.name });
}

export function elementAccess(context: Context, node: ts.ElementAccessExpression, scope: Scope, span: Span): Value {
  const receiver = context.evaluate(context, node.expression, scope);
  const skipped = shortCircuit(receiver, node, span);
  if (skipped !== undefined) return skipped;
  const index = context.evaluate(context, node.argumentExpression, scope);
  if (receiver.kind === "broken" || index.kind === "broken") return broken(span);
  if (index.kind === "scalar" && receiver.kind === "object") {
    const { argumentExpression: argument } = node;
    const name = ts.isStringLiteralLike(argument) ? argument : null;
    return property(context, receiver, String(index.value), { span: index.span, node: name });
  }
  if (index.kind === "scalar" && typeof index.value === "number" && receiver.kind === "array") {
    const item = receiver.items[index.value];
    if (item !== undefined) return item;
  }
  const operation = `[${describeValue(index)}]`;
  return report(context, typescriptMessages.typeOfOperand, { operation, found: describeValue(receiver) }, span);
}

/** Where a name is written; `null` where another name could not simply replace it. */
interface Written {
  readonly span: Span;
  readonly node: ts.Node | null;
}

/** The value of a property; an error if there is none. */
export function property(context: Context, receiver: Value, name: string, { span, node }: Written): Value {
  const unknown = (known: Iterable<string>): Value => {
    const suggestion = suggest(name, known);
    const isName = suggestion !== null && node !== null && (ts.isStringLiteralLike(node) || isIdentifier(suggestion));
    const fix = isName ? nameFix(node, suggestion) : null;
    return report(context, typescriptMessages.unknownName, { name, suggestion, fix }, span);
  };
  if (receiver.kind === "broken") return broken(span);
  if (receiver.kind === "object") {
    const member = receiver.members.get(name);
    if (member !== undefined) return member.value;
    return unknown(receiver.members.keys());
  }
  const length = lengthOf(receiver);
  if (length !== undefined) {
    if (name === "length") return scalar(length, span);
    return unknown(["length"]);
  }
  const params = { operation: `.${name}`, found: describeValue(receiver) };
  return report(context, typescriptMessages.typeOfOperand, params, span);
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

function lengthOf(value: Value): number | undefined {
  if (value.kind === "array") return value.items.length;
  return value.kind === "scalar" && typeof value.value === "string" ? value.value.length : undefined;
}

/** `a?.b` where `a` is null or undefined, also further down the same chain. */
function shortCircuit(
  receiver: Value,
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  span: Span,
): Value | undefined {
  const isOptional = node.questionDotToken !== undefined || isNullishChain(node.expression);
  return isOptional && isNullish(receiver) ? scalar(undefined, span) : undefined;
}

function isNullishChain(node: ts.Expression): boolean {
  return "questionDotToken" in node && node.questionDotToken !== undefined;
}
