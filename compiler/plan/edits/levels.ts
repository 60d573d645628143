/**
 * @file Changes of levels: what stands one level too high or too low moves to where it belongs. Knows the forms of entries, no diagnostic.
 */
import type { Json } from "../../diagnostics/types.ts";
import { type AstNode, member } from "../ast.ts";
import { inPlaceOf } from "./entries.ts";
import { insertItems, type Splice } from "./insert.ts";
import type { Place } from "./places.ts";
import { printMember, type Written } from "./written.ts";

type ObjectNode = Extract<AstNode, { kind: "object" }>;

/** Puts the fields of a spec that stand where parameters are named under a parameter's name. */
export function wrap(parameter: string, place: Place, written: Written): readonly Splice[] | null {
  const found = membersAround(place, written);
  if (found === null) return null;
  const { object, open, close, texts } = found;
  const isField = object.members.map(({ value }) => value.kind === "scalar");
  const [fields, others] = [true, false].map((kind) => texts.filter((_, i) => isField[i] === kind));
  if (!fields?.length || member(object, parameter) !== undefined) return null;
  const spec = others?.length ? `{ ${fields.join(", ")} }` : written.text.slice(open, close + 1);
  const lines = [`${written.key(parameter)}: ${spec}`, ...(others ?? [])];
  return [{ start: open, end: close + 1, text: `{ ${lines.join(", ")} }` }];
}

/** Adds a member next to the place. */
export function beside(key: string, value: Json, { steps }: Place, written: Written): readonly Splice[] | null {
  const object = steps.at(-1)?.container;
  const container = object?.span?.file === written.file ? written.containerAt(object.span) : null;
  if (object === undefined || container === null || member(object, key) !== undefined) return null;
  return [insertItems(written, container, [printMember(key, value, written)])];
}

/** Writes modules inside a module as entries of the plan: `"a": { "b": { ... } }` as `"a.b": { ... }`. */
export function lift({ steps }: Place, written: Written): readonly Splice[] | null {
  const [outer] = steps;
  const entry = outer?.node;
  if (!outer?.member || entry?.kind !== "object" || entry.span?.file !== written.file) return null;
  const container = written.containerAt(entry.span);
  if (container === null || container.items.length !== entry.members.length) return null;
  const { key } = outer.member;
  const lines: string[] = [];
  const kept: string[] = [];
  for (const [i, { key: inner, value }] of entry.members.entries()) {
    const text = textOf(value, written);
    if (text === null) return null;
    const path = key === "" ? inner : `${key}.${inner}`;
    if (isModule(value)) lines.push(`${written.key(path)}: ${text}`);
    else kept.push(written.text.slice(container.items[i]?.start, container.items[i]?.end));
    if (isModule(value) && member(written.root, path) !== undefined) return null;
  }
  const rest = kept.length === 0 ? [] : [`${written.key(key)}: { ${kept.join(", ")} }`];
  return lines.length === 0 ? null : inPlaceOf(outer, [...rest, ...lines], written);
}

/** A value under a parameter's name that has members like a module, or inputs and outputs. */
function isModule(value: AstNode): boolean {
  const object = value.kind === "array" ? value.items[0] : value;
  return object?.kind === "object" && object.members.some(({ value: each }) => each.kind !== "scalar");
}

/** Cuts the list at a place, or around it, to `count` elements; or adds `null`, or its last element again. */
export function resize(
  { count, fill }: { readonly count: number; readonly fill: "null" | "last" },
  { node, steps }: Place,
  written: Written,
): readonly Splice[] | null {
  const around = steps.at(-1)?.container;
  const list = node.kind === "array" ? node : around?.kind === "array" ? around : null;
  const container = list?.span?.file === written.file ? written.containerAt(list.span) : null;
  const items = container?.items ?? [];
  const [last, kept] = [items.at(-1), items[count - 1]];
  if (list?.kind !== "array" || container === null || items.length !== list.items.length || !last) return null;
  if (kept !== undefined) return count === items.length ? null : [{ start: kept.end, end: last.end, text: "" }];
  const text = fill === "null" ? "null" : written.text.slice(last.start, last.end);
  return [insertItems(written, container, Array<string>(count - items.length).fill(text))];
}

/** Writes the specs of a list under an output index each under an index. */
export function indices({ node, steps }: Place, written: Written): readonly Splice[] | null {
  const step = steps.at(-1);
  const first = Number(step?.member?.key);
  if (node.kind !== "array" || step === undefined || !Number.isInteger(first)) return null;
  const lines = node.items.map((item, i) => ({ key: String(first + i), text: textOf(item, written) }));
  const isFree = lines.slice(1).every(({ key }) => member(step.container, key) === undefined);
  if (!isFree || lines.some(({ text }) => text === null)) return null;
  return inPlaceOf(
    step,
    lines.map(({ key, text }) => `${written.key(key)}: ${text}`),
    written,
  );
}

interface Around {
  readonly object: ObjectNode;
  readonly open: number;
  readonly close: number;
  /** Of the members, in their order. */
  readonly texts: readonly string[];
}

function membersAround({ steps }: Place, written: Written): Around | null {
  const object = steps.at(-1)?.container;
  if (object?.kind !== "object" || object.span?.file !== written.file) return null;
  const container = written.containerAt(object.span);
  if (container === null || container.items.length !== object.members.length) return null;
  const texts = container.items.map(({ start, end }) => written.text.slice(start, end));
  return { object, open: container.open, close: container.close, texts };
}

function textOf({ span }: AstNode, { file, text }: Written): string | null {
  return span?.file === file ? text.slice(span.start.offset, span.end.offset) : null;
}
