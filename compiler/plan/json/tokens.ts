/**
 * @file The tokens of a JSON text without blanks and comments. They tell the depth before anything recursive
 * runs, and what stands before a syntax error.
 */
import { createScanner } from "jsonc-parser";

export interface Token {
  readonly text: string;
  readonly offset: number;
}

export interface Tokens {
  /** At most as many as were asked for. */
  readonly tokens: readonly Token[];
  /** How many the text has. */
  readonly count: number;
}

export function tokenize(text: string, most: number): Tokens {
  const scanner = createScanner(text, true);
  const tokens: Token[] = [];
  let count = 0;
  for (;;) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    // The length is no sign of the end: behind a comment without end the scanner gives tokens of length 1 for ever.
    if (offset >= text.length) return { tokens, count };
    count += 1;
    if (count <= most) tokens.push({ text: text.slice(offset, offset + scanner.getTokenLength()), offset });
  }
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
