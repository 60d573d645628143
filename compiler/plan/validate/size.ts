/**
 * @file Size limits of a plan, independent of its meaning: number of entries, size of each, length of keys. Checked before anything else,
 * so that later checks take time in proportion to the text.
 */
import { planMessages } from "../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import { type AstNode, quote } from "../ast.ts";
import { joinWhere } from "./places.ts";

/** The first limit that is exceeded, if any. `rootName` names the whole value in messages. */
export function checkSize(root: AstNode, rootName: string): Diagnostic | undefined {
  const tooMany = tooManyEntries(root);
  if (tooMany !== undefined) return tooMany;
  const pending: Walked[] = [{ node: root, where: null }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const wrong = tooManyMembers(next, rootName) ?? longKey(next.node);
    if (wrong !== undefined) return wrong;
    pending.push(...childrenOf(next));
  }
  return undefined;
}

/** A node with its name; null for the root. */
interface Walked {
  readonly node: AstNode;
  readonly where: string | null;
}

function tooManyEntries(root: AstNode): Diagnostic | undefined {
  const limit = limits.entries.most;
  if (root.kind !== "object" || root.members.length <= limit) return undefined;
  const span = root.members[limit]?.keySpan ?? undefined;
  return diagnose(planMessages.tooManyEntries, { count: root.members.length, limit }, { span });
}

function tooManyMembers({ node, where }: Walked, rootName: string): Diagnostic | undefined {
  const limit = limits.members.most;
  const count = node.kind === "array" ? node.items.length : node.kind === "object" ? node.members.length : 0;
  const isRoot = where === null && node.kind === "object";
  if (isRoot || count <= limit) return undefined;
  const params = { where: where ?? rootName, count, limit };
  return diagnose(planMessages.tooManyMembers, params, { span: node.span ?? undefined });
}

function longKey(node: AstNode): Diagnostic | undefined {
  const limit = limits.keyLength.most;
  const long = node.kind === "object" ? node.members.find(({ key }) => key.length > limit) : undefined;
  if (long === undefined) return undefined;
  const params = { key: quote(long.key), length: long.key.length, limit };
  return diagnose(planMessages.longKey, params, { span: long.keySpan ?? undefined });
}

/** In reverse, so that the first one is popped first. */
function childrenOf({ node, where }: Walked): readonly Walked[] {
  if (node.kind === "array") {
    return node.items.map((item, i) => ({ node: item, where: `${where ?? ""}[${i}]` })).reverse();
  }
  if (node.kind !== "object") return [];
  return node.members.map(({ key, value }) => ({ node: value, where: joinWhere(where, key) })).reverse();
}
