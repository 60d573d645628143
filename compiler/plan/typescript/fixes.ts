/**
 * @file What to write instead of syntax that a plan cannot have, where that is certain, as edits of the source text. Knows no value.
 */
import { ts } from "ts-morph";
import { writeTexts } from "../../diagnostics/fixes.ts";
import type { Fix, TextChange } from "../../diagnostics/types.ts";

const { SyntaxKind } = ts;

/** Of a statement, or a part of one, that is not allowed. */
export function statementFix(node: ts.Node): Fix | null {
  if (ts.isVariableStatement(node)) return constFix(node);
  if (ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node)) return destructuringFix(node);
  if (ts.isExportAssignment(node)) {
    return writeTexts("write export default", [between(node, node.expression, "export default ")]);
  }
  if (ts.isImportEqualsDeclaration(node)) {
    const { moduleReference: from, name } = node;
    if (!ts.isExternalModuleReference(from)) return null;
    const text = `import * as ${name.text} from ${from.expression.getText()};`;
    return writeTexts(`write ${text}`, [replace(node, text)]);
  }
  if (ts.isImportDeclaration(node)) return removal("remove the import", node);
  if (!ts.isExpressionStatement(node) || ts.isBinaryExpression(node.expression)) return null;
  return removal("remove the statement", node);
}

/** Of an expression that cannot be evaluated. */
export function expressionFix(node: ts.Node): Fix | null {
  if (ts.isBinaryExpression(node)) {
    const { operatorToken } = node;
    const strict = { [SyntaxKind.EqualsEqualsToken]: "===", [SyntaxKind.ExclamationEqualsToken]: "!==" };
    const text = strict[operatorToken.kind as keyof typeof strict];
    return text === undefined ? null : writeTexts(`write ${text}`, [replace(operatorToken, text)]);
  }
  if (ts.isBigIntLiteral(node)) {
    const text = node.text.slice(0, -1);
    return writeTexts(`write ${text}`, [replace(node, text)]);
  }
  const { expression } = node as Partial<ts.AwaitExpression>;
  const isPlain = expression !== undefined && !ts.isCallExpression(expression);
  return ts.isAwaitExpression(node) && isPlain
    ? writeTexts("remove await", [between(node, node.expression, "")])
    : null;
}

/** The name of a call: `parseInt` or `list.forEach`. */
export function calledName(call: ts.CallExpression): ts.Node {
  const { expression } = call;
  return ts.isPropertyAccessExpression(expression) ? expression.name : expression;
}

/** Replaces a name; one that stands for a key and its value keeps the key. */
export function nameFix(node: ts.Node, name: string): Fix {
  const isShorthand = ts.isIdentifier(node) && ts.isShorthandPropertyAssignment(node.parent);
  const written = ts.isStringLiteralLike(node) ? JSON.stringify(name) : name;
  return writeTexts(`write ${written}`, [replace(node, isShorthand ? `${node.text}: ${name}` : written)]);
}

/** Imports `definePlan`, if the file does not have it under this name. */
export function importOf(source: ts.SourceFile, packageName: string): readonly TextChange[] {
  const isThere = source.statements.some(
    (statement) =>
      ts.isImportDeclaration(statement) &&
      /[{,]\s*definePlan\s*[,}]/.test(statement.importClause?.getText(source) ?? ""),
  );
  if (isThere) return [];
  // Behind a comment at the beginning, which describes the file.
  const at = source.statements[0]?.getStart(source) ?? source.text.length;
  const line = source.text.includes("\r\n") ? "\r\n" : "\n";
  return [{ start: at, end: at, text: `import { definePlan } from ${JSON.stringify(packageName)};${line}` }];
}

/** Imports another name of the same file, for the local name of an import. */
export function importedFix(local: ts.Node, name: string): Fix | null {
  const element = local.parent;
  if (!ts.isImportSpecifier(element)) return null;
  const text = element.name.text === name ? name : `${name} as ${element.name.text}`;
  return writeTexts(`write ${name}`, [replace(element, text)]);
}

/** Removes an import, or its only use of a name. */
export function importFix(node: ts.Node): Fix | null {
  const statement = ancestor(node, ts.isImportDeclaration);
  const bindings = statement?.importClause?.namedBindings;
  if (statement === undefined) return null;
  if (bindings === undefined || !ts.isNamedImports(bindings) || statement.importClause?.name !== undefined) {
    return removal("remove the import", statement);
  }
  const { elements } = bindings;
  const index = elements.findIndex((each) => each.getStart() <= node.getStart() && node.getEnd() <= each.getEnd());
  const [own, before, after] = [elements[index], elements[index - 1], elements[index + 1]];
  if (elements.length === 1 || own === undefined) return removal("remove the import", statement);
  const start = before === undefined ? own.getStart() : before.getEnd();
  const end = before === undefined ? (after?.getStart() ?? own.getEnd()) : own.getEnd();
  return writeTexts(`remove the import of ${own.name.text}`, [{ start, end, text: "" }]);
}

function constFix(node: ts.VariableStatement): Fix | null {
  const { declarationList: list } = node;
  const isConst = (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const;
  if (isConst || list.declarations.some(({ initializer }) => initializer === undefined)) return null;
  const start = list.getStart();
  return writeTexts("write const", [{ start, end: start + list.getFirstToken()!.getWidth(), text: "const" }]);
}

/** `const { a, b: c } = x` as `const a = x.a, c = x.b`. */
function destructuringFix(pattern: ts.BindingPattern): Fix | null {
  const declaration = pattern.parent;
  const from = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  if (from === undefined || !(ts.isIdentifier(from) || ts.isPropertyAccessExpression(from))) return null;
  const whole = from.getText();
  const parts: string[] = [];
  for (const [i, element] of pattern.elements.entries()) {
    if (ts.isOmittedExpression(element)) continue;
    const { name, propertyName, initializer, dotDotDotToken } = element;
    const isSimple = ts.isIdentifier(name) && initializer === undefined && dotDotDotToken === undefined;
    if (!isSimple || (propertyName !== undefined && !ts.isIdentifier(propertyName))) return null;
    const place = ts.isArrayBindingPattern(pattern) ? `[${i}]` : `.${(propertyName ?? name).text}`;
    parts.push(`${name.text} = ${whole}${place}`);
  }
  const text = parts.join(", ");
  return parts.length === 0 ? null : writeTexts(`write ${text}`, [replace(declaration, text)]);
}

function replace(node: ts.Node, text: string): TextChange {
  return { start: node.getStart(), end: node.getEnd(), text };
}

/** From the start of a node to the start of a part of it. */
function between(node: ts.Node, part: ts.Node, text: string): TextChange {
  return { start: node.getStart(), end: part.getStart(), text };
}

/** With its line, if it has one of its own. */
function removal(title: string, node: ts.Node): Fix {
  const { text } = node.getSourceFile();
  const [start, end] = [node.getStart(), node.getEnd()];
  const isAlone = /(?:^|[\r\n])[ \t]*$/.test(text.slice(Math.max(0, start - 200), start));
  const blank = isAlone ? (/^[ \t]*(?:\r?\n)?/.exec(text.slice(end, end + 200))?.[0].length ?? 0) : 0;
  return writeTexts(title, [{ start, end: end + blank, text: "" }]);
}

export function ancestor<T extends ts.Node>(node: ts.Node, is: (node: ts.Node) => node is T): T | undefined {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) if (is(at)) return at;
  return undefined;
}
