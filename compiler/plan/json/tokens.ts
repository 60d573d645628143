/**
 * @file The tokens of a JSON text without blanks and comments. They tell the depth before anything recursive
 * runs, and what stands before a syntax error.
 */
import { createScanner } from "jsonc-parser";

export interface Token {
  readonly text: string;
  readonly offset: number;
}

export function tokenize(text: string): readonly Token[] {
  const scanner = createScanner(text, true);
  const tokens: Token[] = [];
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const offset = scanner.getTokenOffset();
    tokens.push({ text: text.slice(offset, offset + scanner.getTokenLength()), offset });
  }
  return tokens;
}

/** The bracket that opens one level more than `limit`. */
export function tooDeep(tokens: readonly Token[], limit: number): Token | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (token.text === "{" || token.text === "[") depth += 1;
    if (token.text === "}" || token.text === "]") depth -= 1;
    if (depth > limit) return token;
  }
  return undefined;
}
