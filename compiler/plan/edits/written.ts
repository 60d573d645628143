/**
 * @file A plan as it is written: its text, its tree, and where members and elements stand. Each language of plans makes one. Knows no
 * change and no rule of plans.
 */
import type { Json, Span } from "../../diagnostics/types.ts";
import type { AstNode } from "../ast.ts";

/** A member or element, from its key to the end of its value. Offsets in the text. */
export interface Item {
  readonly start: number;
  readonly end: number;
}

/** An object or a list that is spelled out in the text. */
export interface Container {
  /** Of the opening bracket. */
  readonly open: number;
  /** Of the closing bracket. */
  readonly close: number;
  readonly items: readonly Item[];
}

export interface Written {
  readonly file: string;
  readonly text: string;
  readonly root: AstNode;
  /** The object or list at a place; `null` where the text computes it. */
  readonly containerAt: (span: Span) => Container | null;
  /** A key as the language writes it. */
  readonly key: (name: string) => string;
}

/** A plan in JSON or JSONC: the tree is the text. */
export function writtenJson(file: string, text: string, root: AstNode): Written {
  const containers = new Map<number, AstNode>();
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === "scalar" || node.kind === "other") continue;
    if (node.span !== null) containers.set(node.span.start.offset, node);
    const children = node.kind === "object" ? node.members.map(({ value }) => value) : node.items;
    for (const child of children) pending.push(child);
  }
  const known = new Map<number, Container>();
  const containerAt = ({ start, end }: Span): Container | null => {
    const node = containers.get(start.offset);
    if (node === undefined) return null;
    const made = known.get(start.offset) ?? { open: start.offset, close: end.offset - 1, items: itemsOf(node) };
    known.set(start.offset, made);
    return made;
  };
  return { file, text, root, containerAt, key: (name) => JSON.stringify(name) };
}

function itemsOf(node: AstNode): readonly Item[] {
  const spans: readonly (readonly [Span | null, Span | null])[] =
    node.kind === "object"
      ? node.members.map(({ keySpan, value }) => [keySpan, value.span])
      : node.kind === "array"
        ? node.items.map(({ span }) => [span, span])
        : [];
  return spans.flatMap(([first, last]) =>
    first === null || last === null ? [] : [{ start: first.start.offset, end: last.end.offset }],
  );
}

/** A value on one line: `{ "split_dim": 1 }`. */
export function print(value: Json, { key }: Pick<Written, "key">): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => print(item, { key })).join(", ")}]`;
  const members = Object.entries(value).map(([name, member]) => printMember(name, member, { key }));
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

export function printMember(name: string, value: Json, written: Pick<Written, "key">): string {
  return `${written.key(name)}: ${print(value, written)}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
