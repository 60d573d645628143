/**
 * @file Checks that the parser can handle the text of a TypeScript plan: the parser recurses for every bracket, and takes quadratic time in
 * the length of a chain of operators. Scans words and signs only.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../diagnostics/catalog/plan.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import type { Locate } from "../positions.ts";

const { SyntaxKind } = ts;
type Kind = ts.SyntaxKind;

const OPENING: ReadonlySet<Kind> = new Set([
  SyntaxKind.OpenBraceToken,
  SyntaxKind.OpenBracketToken,
  SyntaxKind.OpenParenToken,
  SyntaxKind.TemplateHead,
]);
const CLOSING: ReadonlySet<Kind> = new Set([
  SyntaxKind.CloseBraceToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.CloseParenToken,
  SyntaxKind.TemplateTail,
]);
const SEPARATING: ReadonlySet<Kind> = new Set([SyntaxKind.CommaToken, SyntaxKind.SemicolonToken]);
/** They start a statement, where the preceding semicolon may be omitted. */
const BEGINNING: ReadonlySet<Kind> = new Set([
  SyntaxKind.ConstKeyword,
  SyntaxKind.ExportKeyword,
  SyntaxKind.ImportKeyword,
  SyntaxKind.FunctionKeyword,
  SyntaxKind.TypeKeyword,
  SyntaxKind.InterfaceKeyword,
  SyntaxKind.EnumKeyword,
]);

/** An open bracket: what opened it, and how many tokens it holds since the last comma. */
interface Level {
  readonly opening: Kind | null;
  chained: number;
}

/** Undefined if the parser can handle the text. */
export function checkSource(text: string, locate: Locate): Diagnostic | undefined {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text);
  const levels: Level[] = [{ opening: null, chained: 0 }];
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const inTemplate = levels.at(-1)?.opening === SyntaxKind.TemplateHead;
    if (inTemplate && kind === SyntaxKind.CloseBraceToken) kind = scanner.reScanTemplateToken(false);
    take(levels, kind);
    const wrong = excess(levels);
    if (wrong === undefined) continue;
    const span = locate(scanner.getTokenStart(), scanner.getTokenEnd());
    return diagnose(typescriptMessages.limit, wrong, { span });
  }
  return undefined;
}

function take(levels: Level[], kind: Kind): void {
  if (CLOSING.has(kind) && levels.length > 1) levels.pop();
  const level = levels.at(-1);
  if (level === undefined) return;
  const begins = BEGINNING.has(kind) && levels.length === 1;
  level.chained = SEPARATING.has(kind) || begins ? 0 : level.chained + 1;
  if (OPENING.has(kind)) levels.push({ opening: kind, chained: 0 });
}

function excess(levels: readonly Level[]): { readonly what: string; readonly limit: number } | undefined {
  if (levels.length - 1 > limits.nesting.most) return { what: "nested brackets", limit: limits.nesting.most };
  const chained = levels.at(-1)?.chained ?? 0;
  if (chained <= limits.chainedTokens.most) return undefined;
  return { what: "tokens without a comma between them", limit: limits.chainedTokens.most };
}
