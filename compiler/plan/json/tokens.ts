/**
 * @file The tokens of a JSON text without blanks and comments. They give the depth before any recursive code runs, and the context of a
 * syntax error.
 */
import { createScanner } from "jsonc-parser";

export interface Token {
  readonly text: string;
  readonly offset: number;
}

export interface Tokens {
  /** At most as many as requested. */
  readonly tokens: readonly Token[];
  /** Number of tokens in the text. */
  readonly count: number;
}

export function tokenize(text: string, most: number): Tokens {
  const scanner = createScanner(text, true);
  const tokens: Token[] = [];
  let count = 0;
  for (;;) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    // The length does not signal the end: after an unterminated comment the scanner returns tokens of length 1 forever.
    if (offset >= text.length) return { tokens, count };
    count += 1;
    if (count <= most) tokens.push({ text: text.slice(offset, offset + scanner.getTokenLength()), offset });
  }
}

/** The bracket that exceeds `limit` levels. */
export function tooDeep(tokens: readonly Token[], limit: number): Token | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (token.text === "{" || token.text === "[") depth += 1;
    if (token.text === "}" || token.text === "]") depth -= 1;
    if (depth > limit) return token;
  }
  return undefined;
}
