/**
 * @file Readable names of TypeScript syntax, for messages.
 */
import { ts } from "ts-morph";
import { quote } from "../ast.ts";

const statements: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.ForStatement]: "a for loop",
  [ts.SyntaxKind.ForInStatement]: "a for loop",
  [ts.SyntaxKind.ForOfStatement]: "a for loop",
  [ts.SyntaxKind.WhileStatement]: "a while loop",
  [ts.SyntaxKind.DoStatement]: "a do loop",
  [ts.SyntaxKind.IfStatement]: "an if statement",
  [ts.SyntaxKind.SwitchStatement]: "a switch statement",
  [ts.SyntaxKind.TryStatement]: "a try statement",
  [ts.SyntaxKind.ThrowStatement]: "a throw statement",
  [ts.SyntaxKind.Block]: "a block",
  [ts.SyntaxKind.ClassDeclaration]: "a class",
  [ts.SyntaxKind.ModuleDeclaration]: "a namespace",
  [ts.SyntaxKind.VariableStatement]: "let or var (use const)",
  [ts.SyntaxKind.ExportAssignment]: "export = (use export default)",
  [ts.SyntaxKind.ImportEqualsDeclaration]: "import = (use import ... from)",
};

const expressions: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.NewExpression]: "new",
  [ts.SyntaxKind.AwaitExpression]: "await",
  [ts.SyntaxKind.YieldExpression]: "yield",
  [ts.SyntaxKind.TypeOfExpression]: "typeof",
  [ts.SyntaxKind.DeleteExpression]: "delete",
  [ts.SyntaxKind.VoidExpression]: "void",
  [ts.SyntaxKind.RegularExpressionLiteral]: "a regular expression",
  [ts.SyntaxKind.BigIntLiteral]: "a bigint",
  [ts.SyntaxKind.TaggedTemplateExpression]: "a tagged template",
  [ts.SyntaxKind.ClassExpression]: "a class",
  [ts.SyntaxKind.ThisKeyword]: "this",
  [ts.SyntaxKind.MetaProperty]: "import.meta",
  [ts.SyntaxKind.ImportKeyword]: "import()",
  [ts.SyntaxKind.PostfixUnaryExpression]: "an assignment",
  [ts.SyntaxKind.OmittedExpression]: "a hole in a list",
  [ts.SyntaxKind.MethodDeclaration]: "a method",
  [ts.SyntaxKind.GetAccessor]: "a getter",
  [ts.SyntaxKind.SetAccessor]: "a setter",
};

export function nameOfStatement(node: ts.Statement): string {
  if (!ts.isExpressionStatement(node)) return statements[node.kind] ?? "this statement";
  const { expression } = node;
  if (ts.isCallExpression(expression))
    return `a call for its side effect (${abbreviate(expression.expression.getText(), " ")})`;
  if (ts.isBinaryExpression(expression) && isAssignment(expression.operatorToken.kind)) return "an assignment";
  if (ts.isStringLiteral(expression)) return "a directive";
  return "an expression whose value is unused";
}

export function nameOfExpression(node: ts.Node): string {
  return expressions[node.kind] ?? quote(abbreviate(node.getText(), " "));
}

export function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** The start of a text on one line, its white space replaced by `blank`. Reads no more than the start. */
export function abbreviate(text: string, blank: string): string {
  const line = text.slice(0, 200).replace(/\s+/g, blank);
  return line.length > 40 ? `${line.slice(0, 37)}...` : line;
}
