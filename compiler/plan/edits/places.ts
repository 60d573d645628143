/**
 * @file Finds the place of a diagnostic in the tree of a plan. A text that makes several parts of the plan (a shared constant of a
 * TypeScript plan) is no place: an edit there would change the others too. Knows no change.
 */
import type { Span } from "../../diagnostics/types.ts";
import type { AstMember, AstNode } from "../ast.ts";

/** From the root to a node: each step with the container and what leads on. */
export interface Step {
  readonly container: AstNode;
  /** Of an object. */
  readonly member: AstMember | null;
  /** Position in the container. */
  readonly index: number;
  readonly node: AstNode;
}

export interface Place {
  /** Empty for the root. */
  readonly steps: readonly Step[];
  readonly node: AstNode;
  /** The span is that of the key. */
  readonly isKey: boolean;
}

export function placeAt(root: AstNode, span: Span): Place | null {
  const found: Place[] = [];
  search(root, [], span, found);
  const [first] = found;
  return found.length === 1 && first !== undefined ? first : null;
}

function search(node: AstNode, steps: readonly Step[], span: Span, found: Place[]): void {
  if (found.length > 1) return;
  if (isSame(node.span, span)) found.push({ steps, node, isKey: false });
  if (node.kind === "object") {
    node.members.forEach((member, index) => {
      const next = [...steps, { container: node, member, index, node: member.value }];
      if (isSame(member.keySpan, span)) found.push({ steps: next, node: member.value, isKey: true });
      if (mayHold(member.value, span)) search(member.value, next, span, found);
    });
  }
  if (node.kind === "array") {
    node.items.forEach((item, index) => {
      if (mayHold(item, span))
        search(item, [...steps, { container: node, member: null, index, node: item }], span, found);
    });
  }
}

/** In JSON a part stands inside its container; elsewhere anywhere. */
function mayHold({ span: outer }: AstNode, span: Span): boolean {
  if (outer === null || outer.file.endsWith(".ts")) return true;
  return outer.start.offset <= span.start.offset && span.end.offset <= outer.end.offset;
}

function isSame(a: Span | null, b: Span): boolean {
  return a !== null && a.file === b.file && a.start.offset === b.start.offset && a.end.offset === b.end.offset;
}
