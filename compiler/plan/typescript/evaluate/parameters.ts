/**
 * @file Binds the arguments of a call to a function's parameters: names, defaults, rest, and destructuring.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import type { Span } from "../../../diagnostics/types.ts";
import { property } from "./access.ts";
import { type Context, report, spanOf, spend } from "./context.ts";
import { nameOfExpression } from "../syntax-names.ts";
import { broken, describeValue, type FunctionValue, scalar, type Scope, type Value } from "./values.ts";

/** The scope in which the body of the function is evaluated. */
export function bindParameters(context: Context, callee: FunctionValue, args: readonly Value[], span: Span): Scope {
  const locals = new Map<string, Value>();
  const scope: Scope = (name, at) => locals.get(name) ?? callee.scope(name, at);
  callee.parameters.forEach(({ name, initializer, dotDotDotToken }, i) => {
    const given: Value | undefined =
      dotDotDotToken === undefined ? args[i] : { kind: "array", items: args.slice(i), span };
    bind({ context, locals, scope, span }, name, withDefault(context, given, initializer, scope, span));
  });
  return scope;
}

interface Binding {
  readonly context: Context;
  readonly locals: Map<string, Value>;
  readonly scope: Scope;
  readonly span: Span;
}

function bind(binding: Binding, name: ts.BindingName, value: Value): void {
  const { context, locals } = binding;
  if (ts.isIdentifier(name)) locals.set(name.text, value);
  else if (ts.isArrayBindingPattern(name)) bindList(binding, name, value);
  else {
    for (const element of name.elements) {
      const key = element.propertyName ?? element.name;
      if (element.dotDotDotToken !== undefined || !ts.isIdentifier(key)) {
        const params = { what: nameOfExpression(element), fix: null };
        report(context, typescriptMessages.expression, params, spanOf(context, element));
        continue;
      }
      bindElement(binding, element, member(context, value, element, key));
    }
  }
}

function bindList(binding: Binding, name: ts.ArrayBindingPattern, value: Value): void {
  const { context, span } = binding;
  const found = describeValue(value);
  if (value.kind !== "array" && value.kind !== "broken") {
    report(
      context,
      typescriptMessages.typeOfOperand,
      { operation: "[...] as a parameter", found },
      spanOf(context, name),
    );
  }
  const items = value.kind === "array" ? value.items : undefined;
  name.elements.forEach((element, i) => {
    if (ts.isOmittedExpression(element)) return;
    const given = element.dotDotDotToken === undefined ? items?.[i] : restOf(context, items ?? [], i, span);
    bindElement(binding, element, items === undefined ? broken(span) : given);
  });
}

/** The elements from `start` on; their work is charged as for a list. */
function restOf(context: Context, items: readonly Value[], start: number, span: Span): Value {
  const rest = spend(context, Math.max(0, items.length - start), span) ? items.slice(start) : [];
  return { kind: "array", items: rest, span };
}

function bindElement(binding: Binding, element: ts.BindingElement, given: Value | undefined): void {
  const { context, scope, span } = binding;
  bind(binding, element.name, withDefault(context, given, element.initializer, scope, span));
}

/** The member that a pattern names; one with a default may be absent. */
function member(context: Context, value: Value, element: ts.BindingElement, key: ts.Identifier): Value | undefined {
  const mayBeAbsent = element.initializer !== undefined && value.kind === "object";
  if (mayBeAbsent && !value.members.has(key.text)) return undefined;
  return property(context, value, key.text, { span: spanOf(context, key), node: null });
}

function withDefault(
  context: Context,
  given: Value | undefined,
  initializer: ts.Expression | undefined,
  scope: Scope,
  span: Span,
): Value {
  const isAbsent = given === undefined || (given.kind === "scalar" && given.value === undefined);
  if (isAbsent && initializer !== undefined) return context.evaluate(context, initializer, scope);
  return given ?? scalar(undefined, span);
}
