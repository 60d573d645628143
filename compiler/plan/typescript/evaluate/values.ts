/**
 * @file Values of a TypeScript plan's expressions. They are immutable and keep the span of the source that made them.
 */
import type { ts } from "ts-morph";
import type { Span } from "../../../diagnostics/types.ts";
import { quote } from "../../ast.ts";

export type Primitive = string | number | boolean | null | undefined;

export interface ScalarValue {
  readonly kind: "scalar";
  readonly value: Primitive;
  readonly span: Span;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly members: ReadonlyMap<string, Member>;
  readonly span: Span;
}

export interface Member {
  readonly keySpan: Span;
  readonly value: Value;
}

export interface ArrayValue {
  readonly kind: "array";
  readonly items: readonly Value[];
  readonly span: Span;
}

/** A function of the plan whose body is one expression, with its enclosing scope. */
export interface FunctionValue {
  readonly kind: "function";
  readonly parameters: readonly ts.ParameterDeclaration[];
  readonly body: ts.Expression;
  readonly scope: Scope;
  readonly span: Span;
}

/** A function or object that the reader provides: `definePlan`, `Array`, `Object`, `String`, `Number`. */
export interface BuiltinValue {
  readonly kind: "builtin";
  readonly name: string;
  readonly span: Span;
}

/** A failed evaluation that has been reported; anything that uses it fails silently. */
export interface BrokenValue {
  readonly kind: "broken";
  readonly span: Span;
}

export type Value = ScalarValue | ObjectValue | ArrayValue | FunctionValue | BuiltinValue | BrokenValue;

/** Names to values; the outermost scope is a module's. `undefined`: no such name. */
export type Scope = (name: string, span: Span) => Value | undefined;

export function scalar(value: Primitive, span: Span): ScalarValue {
  return { kind: "scalar", value, span };
}

/** An object with its members in the order of JavaScript: array indices first, ascending, then as they were added. */
export function objectOf(members: ReadonlyMap<string, Member>, span: Span): ObjectValue {
  const indices = [...members].filter(([key]) => isIndex(key)).sort(([a], [b]) => Number(a) - Number(b));
  return { kind: "object", members: indices.length === 0 ? members : new Map([...indices, ...members]), span };
}

function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1;
}

export function broken(span: Span): BrokenValue {
  return { kind: "broken", span };
}

export function isTruthy(value: Value): boolean {
  return value.kind !== "scalar" || Boolean(value.value);
}

export function isNullish(value: Value): boolean {
  return value.kind === "scalar" && (value.value === null || value.value === undefined);
}

/** A value as messages name it. */
export function describeValue(value: Value): string {
  switch (value.kind) {
    case "scalar":
      return typeof value.value === "string" ? quote(value.value) : String(value.value);
    case "object":
      return "an object";
    case "array":
      return `a list of ${value.items.length}`;
    case "function":
    case "builtin":
      return "a function";
    case "broken":
      return "a value that could not be evaluated";
  }
}
