/**
 * @file Text of a JSON or JSONC file to a tree with spans, with every syntax error and repeated key on the way.
 * Knows nothing of plans.
 */
import { type Node, type ParseError, parseTree } from "jsonc-parser";
import { fileMessages, jsonMessages } from "../../diagnostics/catalog/plan.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import { type AstMember, type AstNode, quote } from "../ast.ts";
import { type Locate, locator } from "../positions.ts";
import { explainErrors } from "./syntax-errors.ts";
import { tokenize, tooDeep } from "./tokens.ts";

export interface ParsedJson {
  /** The tree, also after errors that leave its meaning clear; null if there is none. */
  readonly root: AstNode | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface JsonOptions {
  /** JSONC: comments count as blanks, and a comma may precede a closing bracket. Nothing else differs. */
  readonly comments: boolean;
  /** What to write into an empty file. */
  readonly example: string;
}

export function parseJson(text: string, file: string, options: JsonOptions): ParsedJson {
  const locate = locator(file, text);
  const { tokens, count } = tokenize(text, limits.tokens.most);
  if (tokens.length === 0) {
    return {
      root: null,
      diagnostics: [diagnose(fileMessages.empty, { what: options.example, end: text.length }, { span: locate(0, 0) })],
    };
  }
  if (count > limits.tokens.most) {
    const params = { count, limit: limits.tokens.most };
    return { root: null, diagnostics: [diagnose(jsonMessages.tooLong, params, { span: locate(0, 0) })] };
  }
  const maxDepth = limits.depth.most;
  const deep = tooDeep(tokens, maxDepth);
  if (deep !== undefined) {
    const span = locate(deep.offset, deep.offset + 1);
    return { root: null, diagnostics: [diagnose(jsonMessages.tooDeep, { limit: maxDepth }, { span })] };
  }
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: !options.comments, allowTrailingComma: options.comments });
  const syntax = explainErrors(errors, { text, tokens, locate });
  if (tree === undefined || !syntax.harmless) return { root: null, diagnostics: syntax.diagnostics };
  const diagnostics = [...syntax.diagnostics];
  return { root: convert(tree, locate, diagnostics), diagnostics };
}

function convert(node: Node, locate: Locate, diagnostics: Diagnostic[]): AstNode {
  const span = locate(node.offset, node.offset + node.length);
  const children = node.children ?? [];
  if (node.type === "array") {
    return { kind: "array", items: children.map((child) => convert(child, locate, diagnostics)), span };
  }
  if (node.type !== "object") {
    return { kind: "scalar", value: node.value as string | number | boolean | null, span };
  }
  const members: AstMember[] = [];
  const seen = new Map<string, AstMember>();
  for (const { children: pair } of children) {
    const [keyNode, valueNode] = pair ?? [];
    if (keyNode === undefined || valueNode === undefined) continue;
    const key = String(keyNode.value);
    const keySpan = locate(keyNode.offset, keyNode.offset + keyNode.length);
    const added = { key, keySpan, value: convert(valueNode, locate, diagnostics) };
    const first = seen.get(key)?.keySpan;
    if (first === undefined || first === null) seen.set(key, added);
    else diagnostics.push(duplicate(key, keySpan, first));
    members.push(added);
  }
  return { kind: "object", members, span };
}

/** Also used for object literals of TypeScript plans. */
export function duplicate(
  key: string,
  span: NonNullable<AstMember["keySpan"]>,
  first: NonNullable<AstMember["keySpan"]>,
): Diagnostic {
  const related = [{ message: "first defined here", ...first }];
  return diagnose(jsonMessages.duplicateKey, { key: quote(key), line: first.start.line }, { span, related });
}
