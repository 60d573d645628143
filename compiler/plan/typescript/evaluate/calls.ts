/**
 * @file Calls: of `definePlan`, of functions of the plan, and of the builtins' tables. Any other call is an error.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import { suggest } from "../../../diagnostics/suggest.ts";
import type { Span } from "../../../diagnostics/types.ts";
import { property } from "./access.ts";
import { type Apply, arrayMethods, builtinNames, functions, stringMethods } from "./builtins.ts";
import { type Context, report, spend } from "./context.ts";
import { calledName, nameFix } from "../fixes.ts";
import { elements } from "./literals.ts";
import { isMisspelt, unknownName } from "./names.ts";
import { abbreviate } from "../syntax-names.ts";
import { bindParameters } from "./parameters.ts";
import { broken, describeValue, scalar, type Scope, type Value } from "./values.ts";

/** Functions of JavaScript that have another name here. */
const SYNONYMS: Readonly<Record<string, string>> = { parseInt: "Number", parseFloat: "Number" };

interface Call {
  readonly context: Context;
  readonly node: ts.CallExpression;
  /** As written, for messages. */
  readonly name: () => string;
  readonly args: readonly Value[];
  readonly span: Span;
}

export function callExpression(context: Context, node: ts.CallExpression, scope: Scope, span: Span): Value {
  const target = node.expression;
  const name = (): string => abbreviate(target.getText(), "");
  const args = elements(context, node.arguments, scope);
  const call = { context, node, name, args, span };
  if (ts.isIdentifier(target)) {
    const callee = scope(target.text, span) ?? builtin(target.text, span);
    if (callee !== undefined) return apply(call, callee);
    return isMisspelt(context, target) ? unknownName(context, target) : unknown(call, SYNONYMS[target.text]);
  }
  if (!ts.isPropertyAccessExpression(target)) {
    return target.kind === ts.SyntaxKind.ImportKeyword
      ? unknown(call)
      : apply(call, context.evaluate(context, target, scope));
  }
  return methodCall(call, context.evaluate(context, target.expression, scope), target.name.text);
}

function builtin(name: string, span: Span): Value | undefined {
  return builtinNames.includes(name) ? { kind: "builtin", name, span } : undefined;
}

function methodCall(call: Call, receiver: Value, method: string): Value {
  const { context, span, args } = call;
  switch (receiver.kind) {
    case "broken":
      return broken(span);
    case "builtin":
      return apply(call, { ...receiver, name: `${receiver.name}.${method}` });
    case "object":
      return apply(call, property(context, receiver, method, { span, node: calledName(call.node) }));
    case "array": {
      const run = own(arrayMethods, method);
      if (run === undefined) return unknown(call, suggest(method, Object.keys(arrayMethods)));
      if (!spend(context, receiver.items.length, span)) return broken(span);
      return settle(call, receiver, run(receiver, args, span, applier(call)));
    }
    case "scalar": {
      const run = own(stringMethods, method);
      const [argument] = args;
      if (typeof receiver.value !== "string") return unknown(call);
      if (run === undefined) return unknown(call, suggest(method, Object.keys(stringMethods)));
      if (argument?.kind !== "scalar" || typeof argument.value !== "string") return settle(call, argument, undefined);
      const characters = receiver.value.length + argument.value.length;
      return spend(context, characters, span) ? scalar(run(receiver.value, argument.value), span) : broken(span);
    }
    case "function":
      return unknown(call);
  }
}

function apply(call: Call, callee: Value): Value {
  const { context, args, span } = call;
  if (callee.kind === "broken") return callee;
  if (callee.kind === "function") {
    const scope = bindParameters(context, callee, args, span);
    return context.evaluate(context, callee.body, scope);
  }
  if (callee.kind !== "builtin") return unknown(call);
  if (callee.name === "definePlan") return definePlan(call);
  const run = own(functions, callee.name);
  if (run === undefined) return unknownFunction(call, callee.name);
  return settle(call, args[0], run(args, span, applier(call)));
}

/** Returns its argument, marked as a plan. */
function definePlan(call: Call): Value {
  const { context, args, span } = call;
  const [plan, ...rest] = args;
  if (plan === undefined || rest.length > 0) {
    const found = `definePlan takes one argument, not ${args.length}`;
    return report(context, typescriptMessages.noPlan, { found, fix: null }, span);
  }
  context.plans.add(plan);
  return plan;
}

function applier(call: Call): Apply {
  return (callee, args) => apply({ ...call, args }, callee);
}

/** Charges the work for the list or text that a builtin made; reports unsuitable operands. */
function settle(call: Call, operand: Value | undefined, result: Value | undefined): Value {
  const { context, name, span, args } = call;
  if (result === undefined) {
    if ([operand, ...args].some((value) => value?.kind === "broken")) return broken(span);
    const found = operand === undefined ? "nothing" : describeValue(operand);
    return report(context, typescriptMessages.typeOfOperand, { operation: `${name()}(...)`, found }, span);
  }
  const size =
    result.kind === "array" ? result.items.length : result.kind === "scalar" ? String(result.value).length : 1;
  return spend(context, size, span) ? result : broken(span);
}

/** `Object.fromEntrys`: the likeliest function of the same object. */
function unknownFunction(call: Call, name: string): Value {
  const [object, method] = name.split(".");
  const known = Object.keys(functions).flatMap((each) => (each.startsWith(`${object}.`) ? [each.split(".")[1]!] : []));
  return unknown(call, method === undefined ? null : suggest(method, known));
}

function unknown({ context, node, name, span }: Call, suggestion: string | null = null): Value {
  const fix = suggestion === null ? null : nameFix(calledName(node), suggestion);
  return report(context, typescriptMessages.unknownCall, { callee: name(), suggestion, fix }, span);
}

/** A direct entry of a table, not a method of its prototype. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
