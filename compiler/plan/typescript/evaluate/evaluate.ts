/**
 * @file Evaluates the expressions of a TypeScript plan without running it. Everything that is not listed here is an error with its
 * location; siblings of a broken part are still evaluated.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import type { Span } from "../../../diagnostics/types.ts";
import { elementAccess, propertyAccess } from "./access.ts";
import { builtinNames } from "./builtins.ts";
import { callExpression } from "./calls.ts";
import { type Context, report, spanOf, spend } from "./context.ts";
import { arrayLiteral, objectLiteral } from "./literals.ts";
import { expressionFix } from "../fixes.ts";
import { unknownName } from "./names.ts";
import { nameOfExpression } from "../syntax-names.ts";
import { binaryExpression, prefixExpression, templateExpression } from "./operators.ts";
import { bodyOf } from "./statements.ts";
import { broken, isTruthy, type Primitive, scalar, type Scope, type Value } from "./values.ts";

export function evaluate(context: Context, node: ts.Expression, scope: Scope): Value {
  const span = spanOf(context, node);
  context.nesting += 1;
  const value = spend(context, 1, span) ? dispatch(context, node, scope, span) : broken(span);
  context.nesting -= 1;
  return value;
}

function dispatch(context: Context, node: ts.Expression, scope: Scope, span: Span): Value {
  const inner = transparent(node);
  if (inner !== undefined) return evaluate(context, inner, scope);
  const literal = literalValue(node);
  if (literal !== undefined) return scalar(literal, span);
  if (ts.isIdentifier(node)) return identifier(context, node, scope, span);
  if (ts.isObjectLiteralExpression(node)) return objectLiteral(context, node, scope, span);
  if (ts.isArrayLiteralExpression(node)) return arrayLiteral(context, node, scope, span);
  if (ts.isTemplateExpression(node)) return templateExpression(context, node, scope, span);
  if (ts.isPrefixUnaryExpression(node)) return prefixExpression(context, node, scope, span);
  if (ts.isBinaryExpression(node)) return binaryExpression(context, node, scope, span);
  if (ts.isConditionalExpression(node)) return conditional(context, node, scope, span);
  if (ts.isPropertyAccessExpression(node)) return propertyAccess(context, node, scope, span);
  if (ts.isElementAccessExpression(node)) return elementAccess(context, node, scope, span);
  if (ts.isCallExpression(node)) return callExpression(context, node, scope, span);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return functionValue(context, node, scope, span);
  return report(
    context,
    typescriptMessages.expression,
    { what: nameOfExpression(node), fix: expressionFix(node) },
    span,
  );
}

/** Parentheses and type-only syntax. */
function transparent(node: ts.Expression): ts.Expression | undefined {
  const isWrapper =
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node);
  return isWrapper ? node.expression : undefined;
}

/** Undefined if it is not a literal: the value `undefined` is an identifier. */
function literalValue(node: ts.Expression): Exclude<Primitive, undefined> | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  return node.kind === ts.SyntaxKind.NullKeyword ? null : undefined;
}

const constants: ReadonlyMap<string, Primitive> = new Map([
  ["undefined", undefined],
  ["NaN", NaN],
  ["Infinity", Infinity],
]);

function identifier(context: Context, node: ts.Identifier, scope: Scope, span: Span): Value {
  const name = node.text;
  const value = scope(name, span);
  if (value !== undefined) return value;
  if (constants.has(name)) return scalar(constants.get(name), span);
  if (builtinNames.includes(name)) return { kind: "builtin", name, span };
  return unknownName(context, node);
}

function conditional(context: Context, node: ts.ConditionalExpression, scope: Scope, span: Span): Value {
  const condition = evaluate(context, node.condition, scope);
  if (condition.kind === "broken") return broken(span);
  return evaluate(context, isTruthy(condition) ? node.whenTrue : node.whenFalse, scope);
}

function functionValue(
  context: Context,
  node: ts.ArrowFunction | ts.FunctionExpression,
  scope: Scope,
  span: Span,
): Value {
  const body = bodyOf(node);
  if (body !== null) return { kind: "function", parameters: node.parameters, body, scope, span };
  const what = "a function that does more than return one expression";
  return report(context, typescriptMessages.expression, { what, fix: null }, span);
}
