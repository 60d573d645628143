/**
 * @file The tree that every plan reader produces: JSON values with the place where each key and value was written.
 * Knows nothing of plans; `span` is null throughout for a plan given as a JavaScript value.
 */
import type { Span } from "../diagnostics/types.ts";

export interface AstMember {
  readonly key: string;
  readonly keySpan: Span | null;
  readonly value: AstNode;
}

export type AstNode =
  | { readonly kind: "object"; readonly members: readonly AstMember[]; readonly span: Span | null }
  | { readonly kind: "array"; readonly items: readonly AstNode[]; readonly span: Span | null }
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null; readonly span: Span | null }
  /** What JSON cannot hold, for example a function; `text` names it in messages. */
  | { readonly kind: "other"; readonly text: string; readonly span: Span | null };

export interface PlanAst {
  /** File as it was given, or null for a plan given as a value. */
  readonly file: string | null;
  readonly root: AstNode;
}

/** Objects with fewer members are searched linearly. */
const MANY = 16;
const indices = new WeakMap<AstNode, ReadonlyMap<string, AstMember>>();

/** The member of that name; the last one where a key is repeated. */
export function member(node: AstNode | undefined, key: string): AstMember | undefined {
  if (node?.kind !== "object") return undefined;
  if (node.members.length < MANY) return node.members.findLast((m) => m.key === key);
  const index = indices.get(node) ?? new Map(node.members.map((m) => [m.key, m]));
  indices.set(node, index);
  return index.get(key);
}

/** The plain value of a tree. Objects have no prototype, so that no key of a plan is special. */
export function toValue(node: AstNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "array":
      return node.items.map(toValue);
    case "other":
      // A symbol has no JSON type, so that a schema refuses it everywhere.
      return Symbol(node.text);
    case "object": {
      const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      for (const { key, value: child } of node.members) value[key] = toValue(child);
      return value;
    }
  }
}

/** A value as messages name it: `3`, `"alltoal"`, `an object`. */
export function describe(node: AstNode): string {
  switch (node.kind) {
    case "object":
      return "an object";
    case "array":
      return `a list of ${node.items.length}`;
    case "other":
      return node.text;
    case "scalar":
      return typeof node.value === "string" ? quote(node.value) : String(node.value);
  }
}

/** A name in double quotes, control characters escaped, cut to 80 characters. */
export function quote(text: string): string {
  // A character has at most two units; a text of megabytes is not split for its start.
  const chars = Array.from(text.slice(0, 2 * 81));
  return JSON.stringify(chars.length > 80 ? `${chars.slice(0, 77).join("")}...` : text);
}
