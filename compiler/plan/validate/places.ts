/**
 * @file Finds the place of a path in a tree: the value, the key that holds it, and its name in messages.
 */
import type { Span } from "../../diagnostics/types.ts";
import { type AstNode, member, quote } from "../ast.ts";

export interface Place {
  readonly node: AstNode;
  /** Name in messages: `blocks.*.hidden_states`, `proj_out[1]`, `""` for the root module. */
  readonly where: string;
  readonly keySpan: Span | null;
  readonly key: string | null;
  /** The container of this value; null at the root of the file. */
  readonly parent: AstNode | null;
}

/** The location of a path of keys and indices, as far as it exists. `rootName` names the whole value. */
export function placeOf(root: AstNode, path: readonly string[], rootName: string): Place {
  let place: Place = { node: root, where: rootName, keySpan: null, key: null, parent: null };
  path.forEach((segment, depth) => {
    place = step(place, segment, depth === 0) ?? place;
  });
  return place;
}

function step(from: Place, segment: string, first: boolean): Place | undefined {
  const parent = from.node;
  if (parent.kind === "array") {
    const node = parent.items[Number(segment)];
    return node && { node, where: `${from.where}[${segment}]`, keySpan: null, key: null, parent };
  }
  const found = member(parent, segment);
  if (found === undefined) return undefined;
  const { value: node, keySpan, key } = found;
  return { node, where: joinWhere(first ? null : from.where, key), keySpan, key, parent };
}

/** `where` one key deeper; null means the root of the file. */
export function joinWhere(where: string | null, key: string): string {
  return where === null ? nameOf(key) : `${where}.${nameOf(key)}`;
}

/** A key within a location's name: quoted where it would be ambiguous. */
export function nameOf(key: string): string {
  return /^[\w.*$+-]{1,80}$/.test(key) ? key : quote(key);
}
