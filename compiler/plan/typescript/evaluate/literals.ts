/**
 * @file Object and list literals with spreads, in the order of JavaScript: a repeated key keeps its first place.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import type { Span } from "../../../diagnostics/types.ts";
import { duplicate } from "../../json/parse.ts";
import { type Context, report, spanOf, spend } from "./context.ts";
import { nameOfExpression } from "../syntax-names.ts";
import { describeValue, isTruthy, type Member, objectOf, type Scope, type Value } from "./values.ts";

export function objectLiteral(context: Context, node: ts.ObjectLiteralExpression, scope: Scope, span: Span): Value {
  const members = new Map<string, Member>();
  const written = new Map<string, Span>();
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const spread = context.evaluate(context, property.expression, scope);
      spreadInto(context, members, spread, spanOf(context, property));
      continue;
    }
    const member = readProperty(context, property, scope);
    if (member === undefined) continue;
    const first = written.get(member.key);
    if (first !== undefined) context.diagnostics.push(duplicate(member.key, member.keySpan, first));
    written.set(member.key, member.keySpan);
    members.set(member.key, member);
  }
  return objectOf(members, span);
}

export function arrayLiteral(context: Context, node: ts.ArrayLiteralExpression, scope: Scope, span: Span): Value {
  return { kind: "array", items: elements(context, node.elements, scope), span };
}

/** Elements of a list, or arguments of a call, with spreads resolved. */
export function elements(context: Context, nodes: readonly ts.Expression[], scope: Scope): readonly Value[] {
  return nodes.flatMap((node) => {
    if (!ts.isSpreadElement(node)) return [context.evaluate(context, node, scope)];
    const value = context.evaluate(context, node.expression, scope);
    if (value.kind === "array") return spend(context, value.items.length, value.span) ? value.items : [];
    if (value.kind === "broken") return [value];
    const params = { operation: "... in a list", found: describeValue(value) };
    return [report(context, typescriptMessages.typeOfOperand, params, spanOf(context, node))];
  });
}

/** Spreading null, undefined or false adds nothing, as in `...(wide && extra)`. */
function spreadInto(context: Context, members: Map<string, Member>, value: Value, span: Span): void {
  if (value.kind === "object") {
    if (!spend(context, value.members.size, value.span)) return;
    for (const [key, member] of value.members) members.set(key, member);
  } else if (value.kind !== "broken" && isTruthy(value)) {
    const params = { operation: "... in an object", found: describeValue(value) };
    report(context, typescriptMessages.typeOfOperand, params, span);
  }
}

interface Property extends Member {
  readonly key: string;
}

function readProperty(context: Context, node: ts.ObjectLiteralElementLike, scope: Scope): Property | undefined {
  if (ts.isShorthandPropertyAssignment(node)) {
    const keySpan = spanOf(context, node.name);
    return { key: node.name.text, keySpan, value: context.evaluate(context, node.name, scope) };
  }
  if (!ts.isPropertyAssignment(node)) {
    report(context, typescriptMessages.expression, { what: nameOfExpression(node), fix: null }, spanOf(context, node));
    return undefined;
  }
  const keySpan = spanOf(context, node.name);
  const key = propertyKey(context, node.name, scope);
  const value = context.evaluate(context, node.initializer, scope);
  return key === undefined ? undefined : { key, keySpan, value };
}

function propertyKey(context: Context, name: ts.PropertyName, scope: Scope): string | undefined {
  const span = spanOf(context, name);
  if (!ts.isComputedPropertyName(name)) {
    // In a literal this key would set the prototype and vanish.
    if (name.text !== "__proto__") return ts.isNumericLiteral(name) ? String(Number(name.text)) : name.text;
    report(context, typescriptMessages.expression, { what: "the key __proto__", fix: null }, span);
    return undefined;
  }
  const value = context.evaluate(context, name.expression, scope);
  if (value.kind === "scalar" && (typeof value.value === "string" || typeof value.value === "number")) {
    return String(value.value);
  }
  if (value.kind !== "broken") {
    report(
      context,
      typescriptMessages.typeOfOperand,
      { operation: "a computed key", found: describeValue(value) },
      span,
    );
  }
  return undefined;
}
