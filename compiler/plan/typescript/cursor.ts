/**
 * @file The place of a position in a TypeScript plan: in which literal, at a key or at a value. Reads the syntax only, also with errors.
 */
import { ts } from "ts-morph";
import type { Cursor } from "../cursor/types.ts";

export function typescriptCursor(text: string, offset: number): Cursor | null {
  const source = ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const node = innermost(source, offset, source);
  const literal = ancestor(node, (each) => ts.isObjectLiteralExpression(each) || ts.isArrayLiteralExpression(each));
  if (literal === undefined || isInComment(text, offset, literal, source)) return null;
  const [path, isRooted] = pathTo(literal, source);
  if (ts.isArrayLiteralExpression(literal)) {
    const at = literal.elements.findIndex((e) => e.getStart(source) <= offset && offset <= e.getEnd());
    const index = at >= 0 ? at : literal.elements.filter((e) => e.getEnd() < offset).length;
    const element = at >= 0 ? literal.elements[at] : undefined;
    return { ...rangeOf(element, offset, text, source), path, isRooted, at: "value", key: String(index), others: [] };
  }
  if (!ts.isObjectLiteralExpression(literal)) return null;
  const property = literal.properties.find((p) => p.getStart(source) <= offset && offset <= endOf(p, text, offset));
  const others = literal.properties.filter((p) => p !== property).map(nameOf);
  const isValue = property !== undefined && ts.isPropertyAssignment(property) && offset > property.name.getEnd();
  if (isValue) {
    const { initializer } = property;
    return {
      ...rangeOf(initializer, offset, text, source),
      path,
      isRooted,
      at: "value",
      key: nameOf(property),
      others,
    };
  }
  const key = property === undefined ? "" : nameOf(property);
  const range = rangeOf(property?.name, offset, text, source);
  const hasValue = property !== undefined && ts.isPropertyAssignment(property);
  return { ...range, hasValue, path, isRooted, at: "key", key, others };
}

/** A property without a value yet goes on to what follows it. */
function endOf(property: ts.ObjectLiteralElementLike, text: string, offset: number): number {
  const end = property.getEnd();
  const isOpen = ts.isPropertyAssignment(property) && property.initializer.getFullWidth() === 0;
  return isOpen && offset > end && offset - end < 1000 && text.slice(end, offset).trim() === "" ? offset : end;
}

type Range = Pick<Cursor, "start" | "end" | "isWritten" | "hasValue">;

function rangeOf(node: ts.Node | undefined, offset: number, text: string, source: ts.SourceFile): Range {
  const isSimple = node !== undefined && !ts.isObjectLiteralExpression(node) && !ts.isArrayLiteralExpression(node);
  if (isSimple && node.getEnd() > node.getStart(source)) {
    return { start: node.getStart(source), end: node.getEnd(), isWritten: true, hasValue: false };
  }
  const word = /[\w$]*$/.exec(text.slice(Math.max(0, offset - 1000), offset))?.[0] ?? "";
  return { start: offset - word.length, end: offset, isWritten: word !== "", hasValue: false };
}

function innermost(node: ts.Node, offset: number, source: ts.SourceFile): ts.Node {
  const inner = ts.forEachChild(node, (child) =>
    child.getStart(source) <= offset && offset <= child.getEnd() && isInside(child, offset, source) ? child : undefined,
  );
  return inner === undefined ? node : innermost(inner, offset, source);
}

/** On the bracket of a literal, before or behind it, the position is outside. */
function isInside(node: ts.Node, offset: number, source: ts.SourceFile): boolean {
  if (!ts.isObjectLiteralExpression(node) && !ts.isArrayLiteralExpression(node)) return true;
  return node.getStart(source) < offset && offset < node.getEnd();
}

function ancestor(node: ts.Node, is: (node: ts.Node) => boolean): ts.Node | undefined {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) if (is(at)) return at;
  return undefined;
}

/** The path of a literal from the argument of `definePlan`, or from the outermost literal around it. */
function pathTo(literal: ts.Node, source: ts.SourceFile): readonly [readonly string[], boolean] {
  const path: string[] = [];
  let at: ts.Node = literal;
  for (;;) {
    const { parent } = at;
    if (ts.isPropertyAssignment(parent)) {
      path.unshift(nameOf(parent));
      at = parent.parent;
    } else if (ts.isArrayLiteralExpression(parent)) {
      path.unshift(String(parent.elements.indexOf(at as ts.Expression)));
      at = parent;
    } else if (ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent) || ts.isParenthesizedExpression(parent)) {
      at = parent;
    } else {
      const isPlan = ts.isCallExpression(parent) && /(?:^|\.)definePlan$/.test(parent.expression.getText(source));
      return [path, isPlan];
    }
  }
}

function nameOf(property: ts.ObjectLiteralElementLike): string {
  const { name } = property;
  if (name === undefined) return "";
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name) ? name.text : "";
}

function isInComment(text: string, offset: number, literal: ts.Node, source: ts.SourceFile): boolean {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  if (/(?:^|\s)\/\//.test(line)) return true;
  const before = text.slice(literal.getStart(source), offset);
  return before.lastIndexOf("/*") > before.lastIndexOf("*/");
}
