/**
 * @file The place of a position in a JSON text. Knows nothing of plans.
 */
import { findNodeAtLocation, getLocation, parseTree } from "jsonc-parser";
import type { Cursor } from "./types.ts";

/** Looks at the text as it is, also with errors. */
export function jsonCursor(text: string, offset: number): Cursor | null {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  if (path.length === 0) return null;
  const written = previousNode && previousNode.offset <= offset && offset <= previousNode.offset + previousNode.length;
  const [start, end] = written
    ? [previousNode.offset, previousNode.offset + previousNode.length]
    : wordAround(text, offset);
  const container = path.slice(0, -1);
  const last = String(path.at(-1) ?? "");
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, container);
  const properties = node?.type === "object" ? (node.children ?? []) : [];
  const others = properties.flatMap(({ children }) => {
    const key = children?.[0];
    const isOwn = key === undefined || (key.offset <= offset && offset <= key.offset + key.length);
    return isOwn || (!isAtPropertyKey && key.value === last) ? [] : [String(key.value)];
  });
  return {
    path: container.map(String),
    isRooted: true,
    at: isAtPropertyKey ? "key" : "value",
    key: last,
    others,
    start,
    end,
    hasValue: isAtPropertyKey && /^\s*:/.test(text.slice(end)),
    isWritten: end > start,
  };
}

/** A word without quotes, as far as it is written. */
function wordAround(text: string, offset: number): readonly [number, number] {
  const before = /[\w.*$-]*$/.exec(text.slice(Math.max(0, offset - 1000), offset))?.[0] ?? "";
  const after = /^[\w.*$-]*/.exec(text.slice(offset, offset + 1000))?.[0] ?? "";
  return [offset - before.length, offset + after.length];
}
