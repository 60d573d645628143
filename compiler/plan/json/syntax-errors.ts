/**
 * @file Turns the parser's error codes into diagnostics that say what to write instead. Errors that only follow from an earlier one in the
 * same line are dropped.
 */
import { type ParseError, printParseErrorCode } from "jsonc-parser";
import { jsonMessages } from "../../diagnostics/catalog/plan.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { quote } from "../ast.ts";
import type { Locate } from "../positions.ts";
import type { Token } from "./tokens.ts";

const shown = 10;

export interface SyntaxErrors {
  readonly diagnostics: readonly Diagnostic[];
  /** The tree still has the intended meaning: only commas and comments are wrong. */
  readonly harmless: boolean;
}

/** Everything that the explanations use. */
export interface JsonSource {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly locate: Locate;
}

export function explainErrors(errors: readonly ParseError[], source: JsonSource): SyntaxErrors {
  const slips = new Map<number, Diagnostic>();
  const fatal = new Map<number, Diagnostic>();
  const end = source.text.trimEnd().length;
  for (const error of errors) {
    const slip = trailingComma(error, source) ?? comment(error, source);
    if (slip !== undefined) {
      slips.set(slip.start?.offset ?? 0, slip);
      continue;
    }
    const line = source.locate(error.offset, error.offset).start.line;
    const follows = fatal.has(line) || (fatal.size > 0 && error.offset >= end);
    if (!follows) fatal.set(line, syntaxError(error, source));
  }
  const all = [...slips.values(), ...fatal.values()];
  const rest = all.length - shown;
  const more = rest > 0 ? [diagnose(jsonMessages.moreErrors, { count: rest }, { file: all[0]?.file })] : [];
  return { diagnostics: [...all.slice(0, shown), ...more], harmless: fatal.size === 0 };
}

function trailingComma(error: ParseError, { tokens, locate }: JsonSource): Diagnostic | undefined {
  const index = tokenAt(tokens, error.offset);
  const [comma, close] = [tokens[index - 1], tokens[index]];
  if (comma?.text !== "," || (close?.text !== "}" && close?.text !== "]")) return undefined;
  const span = locate(comma.offset, comma.offset + 1);
  return diagnose(jsonMessages.trailingComma, { close: close.text }, { span });
}

function comment(error: ParseError, { text, locate }: JsonSource): Diagnostic | undefined {
  if (printParseErrorCode(error.error) !== "InvalidCommentToken") return undefined;
  const end = error.offset + error.length;
  const closed = text.startsWith("//", error.offset) || text.slice(error.offset + 2, end).endsWith("*/");
  return closed ? diagnose(jsonMessages.comment, {}, { span: locate(error.offset, end) }) : undefined;
}

function syntaxError(error: ParseError, source: JsonSource): Diagnostic {
  const end = Math.max(error.offset + error.length, Math.min(error.offset + 1, source.text.length));
  const span = source.locate(error.offset, end);
  return diagnose(jsonMessages.syntax, { text: null, ...explain(error, source) }, { span });
}

interface Explanation {
  readonly problem: string;
  readonly advice: string;
  /** What to write in place of the text in error, where that is certain. */
  readonly text?: string;
}

function explain(error: ParseError, { text, tokens }: JsonSource): Explanation {
  const found = text.slice(error.offset, error.offset + error.length);
  const name = error.offset >= text.trimEnd().length ? "the end of the file" : quote(found);
  switch (printParseErrorCode(error.error)) {
    case "InvalidSymbol":
      return unknownWord(found, tokens[tokenAt(tokens, error.offset) + 1]?.text === ":");
    case "CommaExpected":
      if (isLeadingZero(error, tokens)) {
        return { problem: "the number has a leading zero", advice: "remove the leading zeros" };
      }
      return { problem: `expected a comma before ${name}`, advice: "separate members and elements with commas" };
    case "ColonExpected":
      return { problem: `expected a colon before ${name}`, advice: 'write members as "key": value' };
    case "PropertyNameExpected":
      return { problem: `expected a key in double quotes, found ${name}`, advice: 'write members as "key": value' };
    case "ValueExpected":
      return {
        problem: `expected a value, found ${name}`,
        advice: "write an object, list, string, number or null here",
      };
    case "CloseBraceExpected":
      return { problem: `expected } before ${name}`, advice: "close every { that was opened" };
    case "CloseBracketExpected":
      return { problem: `expected ] before ${name}`, advice: "close every [ that was opened" };
    case "EndOfFileExpected":
      return {
        problem: `expected the end of the file after the value, found ${name}`,
        advice: "a file contains one value; remove the rest",
      };
    case "InvalidCommentToken":
    case "UnexpectedEndOfComment":
      return { problem: "the comment is not closed", advice: "close it with */" };
    case "UnexpectedEndOfString":
      return { problem: "the string is not closed on its line", advice: "close it with a double quote" };
    case "UnexpectedEndOfNumber":
      return {
        problem: `the number ${name} has missing digits`,
        advice: "write an integer without a decimal point",
      };
    case "InvalidUnicode":
    case "InvalidEscapeCharacter":
      return { problem: `the string ${name} has an invalid escape`, advice: 'write a backslash as "\\\\"' };
    case "InvalidCharacter":
      return { problem: `the string ${name} holds a control character`, advice: "write it as an escape such as \\t" };
    default:
      return { problem: `unexpected ${name}`, advice: "see https://www.json.org for the grammar" };
  }
}

const spelledOtherwise: Readonly<Record<string, string>> = {
  True: "true",
  False: "false",
  None: "null",
  undefined: "null",
};

function unknownWord(found: string, isKey: boolean): Explanation {
  const problem = `unexpected ${quote(found)}`;
  const bare = found.replace(/^'(.*)'$/, "$1");
  const spelling = Object.hasOwn(spelledOtherwise, found) ? spelledOtherwise[found] : undefined;
  if (spelling !== undefined && !isKey) return { problem, advice: `JSON writes ${spelling}`, text: spelling };
  if (/^\+[\d.]/.test(found))
    return { problem, advice: `write numbers without a plus sign: ${found.slice(1)}`, text: found.slice(1) };
  if (isKey) return { problem, advice: `write keys in double quotes: ${quote(bare)}`, text: JSON.stringify(bare) };
  if (bare !== found)
    return { problem, advice: `write strings in double quotes: ${quote(bare)}`, text: JSON.stringify(bare) };
  return { problem, advice: "write strings in double quotes; the only bare words are true, false and null" };
}

/** `01` is read as two numbers. */
function isLeadingZero(error: ParseError, tokens: readonly Token[]): boolean {
  const index = tokenAt(tokens, error.offset);
  const [before, found] = [tokens[index - 1], tokens[index]];
  const isDigit = found !== undefined && /^\d/.test(found.text);
  return (
    isDigit && before !== undefined && /^-?0$/.test(before.text) && before.offset + before.text.length === found.offset
  );
}

/** Index of the first token at or after the offset. */
function tokenAt(tokens: readonly Token[], offset: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.offset ?? 0) >= offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
