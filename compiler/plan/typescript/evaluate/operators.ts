/**
 * @file Unary and binary operators and templates, on numbers and strings only, with the results of JavaScript.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import type { Span } from "../../../diagnostics/types.ts";
import { type Context, report, spend } from "./context.ts";
import { expressionFix } from "../fixes.ts";
import { isAssignment } from "../syntax-names.ts";
import {
  broken,
  describeValue,
  isNullish,
  isTruthy,
  type Primitive,
  scalar,
  type Scope,
  type Value,
} from "./values.ts";

type Kind = ts.SyntaxKind;

const arithmetic: ReadonlyMap<Kind, (a: number, b: number) => Primitive> = new Map<
  Kind,
  (a: number, b: number) => Primitive
>([
  [ts.SyntaxKind.PlusToken, (a, b) => a + b],
  [ts.SyntaxKind.MinusToken, (a, b) => a - b],
  [ts.SyntaxKind.AsteriskToken, (a, b) => a * b],
  [ts.SyntaxKind.SlashToken, (a, b) => a / b],
  [ts.SyntaxKind.PercentToken, (a, b) => a % b],
  [ts.SyntaxKind.AsteriskAsteriskToken, (a, b) => a ** b],
  [ts.SyntaxKind.LessThanToken, (a, b) => a < b],
  [ts.SyntaxKind.LessThanEqualsToken, (a, b) => a <= b],
  [ts.SyntaxKind.GreaterThanToken, (a, b) => a > b],
  [ts.SyntaxKind.GreaterThanEqualsToken, (a, b) => a >= b],
]);

export function binaryExpression(context: Context, node: ts.BinaryExpression, scope: Scope, span: Span): Value {
  const operator = node.operatorToken.kind;
  if (isAssignment(operator))
    return report(context, typescriptMessages.expression, { what: "an assignment", fix: null }, span);
  const left = context.evaluate(context, node.left, scope);
  if (left.kind === "broken") return broken(span);
  const decided = shortCircuit(operator, left);
  if (decided === "left") return left;
  const right = context.evaluate(context, node.right, scope);
  if (right.kind === "broken") return broken(span);
  if (decided === "right") return right;
  if (!spend(context, comparison(left, right), span)) return broken(span);
  if (operator === ts.SyntaxKind.EqualsEqualsEqualsToken) return scalar(isSame(left, right), span);
  if (operator === ts.SyntaxKind.ExclamationEqualsEqualsToken) return scalar(!isSame(left, right), span);
  const operation = node.operatorToken.getText();
  const apply = arithmetic.get(operator);
  if (apply === undefined)
    return report(
      context,
      typescriptMessages.expression,
      { what: `the operator ${operation}`, fix: expressionFix(node) },
      span,
    );
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) return scalar(apply(a, b), span);
  if (operator === ts.SyntaxKind.PlusToken) return concatenate(context, [left, right], span);
  const found = `${describeValue(left)} and ${describeValue(right)}`;
  return report(context, typescriptMessages.typeOfOperand, { operation, found }, span);
}

export function prefixExpression(context: Context, node: ts.PrefixUnaryExpression, scope: Scope, span: Span): Value {
  const isStep = node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
  if (isStep) return report(context, typescriptMessages.expression, { what: "an assignment", fix: null }, span);
  const operand = context.evaluate(context, node.operand, scope);
  if (operand.kind === "broken") return broken(span);
  if (node.operator === ts.SyntaxKind.ExclamationToken) return scalar(!isTruthy(operand), span);
  const number = numberOf(operand);
  const operation = { [ts.SyntaxKind.MinusToken]: "-", [ts.SyntaxKind.PlusToken]: "+" }[node.operator as number];
  if (operation === undefined)
    return report(context, typescriptMessages.expression, { what: "the operator ~", fix: null }, span);
  if (number !== undefined) return scalar(operation === "-" ? -number : number, span);
  return report(context, typescriptMessages.typeOfOperand, { operation, found: describeValue(operand) }, span);
}

export function templateExpression(context: Context, node: ts.TemplateExpression, scope: Scope, span: Span): Value {
  const parts = node.templateSpans.flatMap(({ expression, literal }): readonly Value[] => [
    context.evaluate(context, expression, scope),
    scalar(literal.text, span),
  ]);
  return concatenate(context, [scalar(node.head.text, span), ...parts], span);
}

/** Strings, numbers and booleans as one string. */
function concatenate(context: Context, parts: readonly Value[], span: Span): Value {
  if (parts.some((part) => part.kind === "broken")) return broken(span);
  const odd = parts.find((part) => part.kind !== "scalar" || isNullish(part));
  if (odd !== undefined) {
    const params = { operation: "+ or a template", found: describeValue(odd) };
    return report(context, typescriptMessages.typeOfOperand, params, span);
  }
  const text = parts.map((part) => (part.kind === "scalar" ? String(part.value) : "")).join("");
  return spend(context, text.length, span) ? scalar(text, span) : broken(span);
}

/** Which operand is the result, if the left one decides. */
function shortCircuit(operator: Kind, left: Value): "left" | "right" | undefined {
  switch (operator) {
    case ts.SyntaxKind.AmpersandAmpersandToken:
      return isTruthy(left) ? "right" : "left";
    case ts.SyntaxKind.BarBarToken:
      return isTruthy(left) ? "left" : "right";
    case ts.SyntaxKind.QuestionQuestionToken:
      return isNullish(left) ? "right" : "left";
    default:
      return undefined;
  }
}

export function isSame(a: Value, b: Value): boolean {
  return a === b || (a.kind === "scalar" && b.kind === "scalar" && a.value === b.value);
}

/** Cost of reading both operands: one step per 64 characters. */
function comparison(...operands: readonly Value[]): number {
  const lengths = operands.map((o) => (o.kind === "scalar" && typeof o.value === "string" ? o.value.length : 0));
  return Math.floor(Math.min(...lengths) / 64);
}

function numberOf(value: Value): number | undefined {
  return value.kind === "scalar" && typeof value.value === "number" ? value.value : undefined;
}
