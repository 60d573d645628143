/**
 * @file The allow-list of top-level statements: reads a module's declarations and exports, and reports everything else.
 * Nothing is evaluated here.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import { type Context, report, spanOf } from "./context.ts";
import { statementFix } from "../fixes.ts";
import { nameOfStatement } from "../syntax-names.ts";

export type Declaration =
  | { readonly kind: "const"; readonly node: ts.Identifier; readonly initializer: ts.Expression }
  | { readonly kind: "function"; readonly node: ts.FunctionDeclaration; readonly body: ts.Expression }
  | { readonly kind: "enum"; readonly node: ts.EnumDeclaration }
  /** `name` null: the whole module (`import * as x`). */
  | {
      readonly kind: "import";
      readonly node: ts.Node;
      readonly specifier: string;
      readonly name: string | null;
    };

export interface ModuleTable {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** Exported name to a local name, or to a name of another module. */
  readonly exports: ReadonlyMap<string, Export>;
  /** The expression of `export default`. */
  readonly defaultExport: ts.Expression | null;
}

export interface Export {
  readonly name: string;
  readonly specifier: string | null;
  readonly node: ts.Node;
}

interface Draft {
  readonly context: Context;
  readonly declarations: Map<string, Declaration>;
  readonly exports: Map<string, Export>;
  defaultExport: ts.Expression | null;
}

export function readModule(context: Context, source: ts.SourceFile): ModuleTable {
  const draft: Draft = { context, declarations: new Map(), exports: new Map(), defaultExport: null };
  for (const statement of source.statements) readStatement(draft, statement);
  return draft;
}

function readStatement(draft: Draft, statement: ts.Statement): void {
  if (ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement)) return;
  if (ts.isEmptyStatement(statement)) return;
  if (ts.isImportDeclaration(statement)) readImport(draft, statement);
  else if (ts.isVariableStatement(statement)) readConst(draft, statement);
  else if (ts.isFunctionDeclaration(statement)) readFunction(draft, statement);
  else if (ts.isEnumDeclaration(statement))
    declareNamed(draft, statement.name, { kind: "enum", node: statement }, statement);
  else if (ts.isExportAssignment(statement) && statement.isExportEquals !== true) {
    draft.defaultExport = statement.expression;
  } else if (ts.isExportDeclaration(statement)) readExport(draft, statement);
  else refuse(draft, statement, nameOfStatement(statement));
}

function readImport(draft: Draft, statement: ts.ImportDeclaration): void {
  const clause = statement.importClause;
  const from = statement.moduleSpecifier;
  if (clause === undefined) {
    refuse(draft, statement, "an import that only runs another file");
    return;
  }
  if (clause.isTypeOnly || !ts.isStringLiteral(from)) return;
  const specifier = from.text;
  const add = (node: ts.Identifier, name: string | null): void =>
    declare(draft, node, { kind: "import", node, specifier, name });
  if (clause.name !== undefined) add(clause.name, "default");
  const bindings = clause.namedBindings;
  if (bindings === undefined) return;
  if (ts.isNamespaceImport(bindings)) add(bindings.name, null);
  else {
    for (const element of bindings.elements) {
      if (!element.isTypeOnly) add(element.name, (element.propertyName ?? element.name).text);
    }
  }
}

function readConst(draft: Draft, statement: ts.VariableStatement): void {
  const list = statement.declarationList;
  const isConst = (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const;
  const isDeclared = has(statement, ts.SyntaxKind.DeclareKeyword);
  if (!isConst || isDeclared) {
    refuse(draft, statement, isDeclared ? "a declaration without a value" : nameOfStatement(statement));
    if (isDeclared) return;
  }
  for (const { name, initializer } of list.declarations) {
    if (!ts.isIdentifier(name)) refuse(draft, name, "a destructuring declaration");
    else if (initializer !== undefined) {
      declareNamed(draft, name, { kind: "const", node: name, initializer }, statement);
    }
  }
}

function readFunction(draft: Draft, statement: ts.FunctionDeclaration): void {
  const body = bodyOf(statement);
  if (body === null || statement.name === undefined) {
    refuse(draft, statement, "a function that does more than return one expression");
    return;
  }
  declareNamed(draft, statement.name, { kind: "function", node: statement, body }, statement);
}

function readExport(draft: Draft, statement: ts.ExportDeclaration): void {
  if (statement.isTypeOnly) return;
  const clause = statement.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) {
    refuse(draft, statement, "an export of everything from another file");
    return;
  }
  const from = statement.moduleSpecifier;
  const specifier = from !== undefined && ts.isStringLiteral(from) ? from.text : null;
  for (const element of clause.elements) {
    if (element.isTypeOnly) continue;
    const name = (element.propertyName ?? element.name).text;
    draft.exports.set(element.name.text, { name, specifier, node: element });
  }
}

/** The only expression that a function returns; null if it does anything else. */
export function bodyOf(node: ts.FunctionLikeDeclaration): ts.Expression | null {
  const isSpecial = has(node, ts.SyntaxKind.AsyncKeyword) || node.asteriskToken !== undefined;
  const body: ts.Node | undefined = node.body;
  if (isSpecial || body === undefined) return null;
  if (!ts.isBlock(body)) return body as ts.Expression;
  const [only, ...rest] = body.statements;
  if (only === undefined || rest.length > 0 || !ts.isReturnStatement(only)) return null;
  return only.expression ?? null;
}

function declareNamed(draft: Draft, name: ts.Identifier, declaration: Declaration, statement: ts.Statement): void {
  declare(draft, name, declaration);
  if (has(statement, ts.SyntaxKind.DefaultKeyword)) draft.defaultExport = name;
  else if (has(statement, ts.SyntaxKind.ExportKeyword)) {
    draft.exports.set(name.text, { name: name.text, specifier: null, node: name });
  }
}

function declare(draft: Draft, name: ts.Identifier, declaration: Declaration): void {
  if (draft.declarations.has(name.text)) refuse(draft, name, `a second declaration of ${name.text}`);
  else draft.declarations.set(name.text, declaration);
}

function refuse(draft: Draft, node: ts.Node, what: string): void {
  report(draft.context, typescriptMessages.statement, { what, fix: statementFix(node) }, spanOf(draft.context, node));
}

function has(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);
}
