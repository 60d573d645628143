/**
 * @file The functions and methods that a TypeScript plan may call, as tables. None of them changes anything.
 */
import type { Span } from "../../../diagnostics/types.ts";
import { isSame } from "./operators.ts";
import { type ArrayValue, type Member, objectOf, type Primitive, scalar, type Value } from "./values.ts";

/** Calls a function of the plan, or a builtin, with these arguments. */
export type Apply = (callee: Value, args: readonly Value[]) => Value;

/** Returns undefined for unsuitable arguments. The caller has already charged the work for every list that it makes. */
export type Builtin = (args: readonly Value[], span: Span, apply: Apply) => Value | undefined;
export type Method = (receiver: ArrayValue, args: readonly Value[], span: Span, apply: Apply) => Value | undefined;

/** The longest list that `Array.from({ length })` makes. */
const maxLength = 100_000;

export const builtinNames: readonly string[] = ["Array", "Object", "String", "Number"];

export const functions: Readonly<Record<string, Builtin>> = {
  String: ([value], span) => (value?.kind === "scalar" ? scalar(String(value.value), span) : undefined),
  Number: ([value], span) => (value?.kind === "scalar" ? scalar(Number(value.value), span) : undefined),
  "Array.from": ([source, map], span, apply) => {
    const items = sequence(source, span);
    if (items === undefined) return undefined;
    return list(map === undefined ? items : items.map((item, i) => apply(map, [item, scalar(i, span)])), span);
  },
  "Object.keys": ([value], span) => (value?.kind === "object" ? list([...value.members].map(keyOf), span) : undefined),
  "Object.values": ([value], span) =>
    value?.kind === "object"
      ? list(
          [...value.members.values()].map((member) => member.value),
          span,
        )
      : undefined,
  "Object.entries": ([value], span) =>
    value?.kind === "object"
      ? list(
          [...value.members].map((entry) => list([keyOf(entry), entry[1].value], span)),
          span,
        )
      : undefined,
  "Object.fromEntries": ([value], span) => (value?.kind === "array" ? fromEntries(value, span) : undefined),
};

export const arrayMethods: Readonly<Record<string, Method>> = {
  map: ({ items }, [callback], span, apply) =>
    callback &&
    list(
      items.map((item, i) => apply(callback, [item, scalar(i, span)])),
      span,
    ),
  filter: ({ items }, [callback], span, apply) =>
    callback &&
    list(
      items.filter((item, i) => isTrue(apply(callback, [item, scalar(i, span)]))),
      span,
    ),
  flatMap: ({ items }, [callback], span, apply) =>
    callback &&
    list(
      items.flatMap((item, i) => flat(apply(callback, [item, scalar(i, span)]))),
      span,
    ),
  concat: ({ items }, args, span) => list([...items, ...args.flatMap(flat)], span),
  slice: ({ items }, args, span) => {
    const [start, end] = args.map(numberOf);
    return args.length > 2 ? undefined : list(items.slice(start, end), span);
  },
  join: ({ items }, [separator], span) => {
    const between = separator === undefined ? "," : textOf(separator);
    const parts = items.map(textOf);
    if (between === undefined || parts.includes(undefined)) return undefined;
    return scalar(parts.join(between), span);
  },
  includes: ({ items }, [wanted], span) =>
    wanted &&
    scalar(
      items.some((item) => isSame(item, wanted)),
      span,
    ),
};

export const stringMethods: Readonly<Record<string, (receiver: string, argument: string) => Primitive>> = {
  includes: (receiver, argument) => receiver.includes(argument),
  startsWith: (receiver, argument) => receiver.startsWith(argument),
  endsWith: (receiver, argument) => receiver.endsWith(argument),
};

function sequence(source: Value | undefined, span: Span): readonly Value[] | undefined {
  if (source?.kind === "array") return source.items;
  const length = source?.kind === "object" ? numberOf(source.members.get("length")?.value) : undefined;
  if (length === undefined || !Number.isInteger(length) || length < 0 || length > maxLength) return undefined;
  return Array.from({ length }, () => scalar(undefined, span));
}

function fromEntries({ items }: ArrayValue, span: Span): Value | undefined {
  const members = new Map<string, Member>();
  for (const item of items) {
    if (item.kind === "broken") return item;
    const [key, value] = item.kind === "array" ? item.items : [];
    const name = key === undefined ? undefined : textOf(key);
    if (key === undefined || value === undefined || name === undefined) return undefined;
    members.set(name, { keySpan: key.span, value });
  }
  return objectOf(members, span);
}

function list(items: readonly Value[], span: Span): ArrayValue {
  return { kind: "array", items, span };
}

function keyOf([key, { keySpan }]: readonly [string, Member]): Value {
  return scalar(key, keySpan);
}

function flat(value: Value): readonly Value[] {
  return value.kind === "array" ? value.items : [value];
}

function isTrue(value: Value): boolean {
  return value.kind === "scalar" ? Boolean(value.value) : value.kind !== "broken";
}

function numberOf(value: Value | undefined): number | undefined {
  return value?.kind === "scalar" && typeof value.value === "number" ? value.value : undefined;
}

function textOf(value: Value): string | undefined {
  const isText = value.kind === "scalar" && (typeof value.value === "string" || typeof value.value === "number");
  return isText ? String(value.value) : undefined;
}
