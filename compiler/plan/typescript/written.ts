/**
 * @file A TypeScript plan as it is written: its object and list literals. What a call or a spread computes has no place in the text. Knows
 * no change.
 */
import { ts } from "ts-morph";
import type { Span } from "../../diagnostics/types.ts";
import type { AstNode } from "../ast.ts";
import type { Container, Written } from "../edits/written.ts";

export function writtenTypescript(file: string, source: ts.SourceFile, root: AstNode): Written {
  let literals: ReadonlyMap<number, Container> | undefined;
  const containerAt = ({ file: at, start }: Span): Container | null => {
    literals ??= literalsOf(source);
    return at === file ? (literals.get(start.offset) ?? null) : null;
  };
  return { file, text: source.text, root, containerAt, key: keyText };
}

/** By the offset of the opening bracket. */
function literalsOf(source: ts.SourceFile): ReadonlyMap<number, Container> {
  const found = new Map<number, Container>();
  const visit = (node: ts.Node): void => {
    const items = itemsOf(node);
    const open = node.getStart(source);
    if (items !== null) {
      const places = items.map((item) => ({ start: item.getStart(source), end: item.getEnd() }));
      found.set(open, { open, close: node.getEnd() - 1, items: places });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function itemsOf(node: ts.Node): readonly ts.Node[] | null {
  if (ts.isObjectLiteralExpression(node)) return [...node.properties];
  return ts.isArrayLiteralExpression(node) ? [...node.elements] : null;
}

function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
