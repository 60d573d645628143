/**
 * @file Names that are not defined: which one is meant, of those that the place can use. Knows no value.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../../diagnostics/catalog/plan.ts";
import { suggest } from "../../../diagnostics/suggest.ts";
import { writeTexts } from "../../../diagnostics/fixes.ts";
import { importOf, nameFix } from "../fixes.ts";
import { builtinNames } from "./builtins.ts";
import { type Context, report, spanOf } from "./context.ts";
import type { BrokenValue } from "./values.ts";

/** The package whose `definePlan` a plan imports. */
export const packageName = "onnx-context-parallel";

const DEFINE = "definePlan";

/** Whether a name is not defined, but like one that is, or one that only has to be imported. */
export function isMisspelt(context: Context, node: ts.Identifier): boolean {
  return node.text === DEFINE || meant(context, node) !== null;
}

export function unknownName(context: Context, node: ts.Identifier): BrokenValue {
  const name = node.text;
  const span = spanOf(context, node);
  if (name === DEFINE) {
    const title = `import { ${DEFINE} } from ${JSON.stringify(packageName)}`;
    const fix = writeTexts(title, importOf(node.getSourceFile(), packageName));
    return report(context, typescriptMessages.unknownName, { name, suggestion: null, fix }, span);
  }
  const suggestion = meant(context, node);
  const fix = suggestion === null ? null : nameFix(node, suggestion);
  return report(context, typescriptMessages.unknownName, { name, suggestion, fix }, span);
}

/** Parameters of the functions around a place are nearer than the names of its file. */
function meant(context: Context, node: ts.Identifier): string | null {
  const parameters: string[] = [];
  for (let at: ts.Node = node; at.parent !== undefined; at = at.parent) {
    if (!ts.isFunctionLike(at)) continue;
    for (const { name } of at.parameters) if (ts.isIdentifier(name)) parameters.push(name.text);
  }
  // A constant is not defined by itself.
  const own = declaredBy(node);
  const names = [...(context.declared.get(node.getSourceFile()) ?? [])].filter((name) => name !== own);
  return suggest(node.text, [...parameters, ...names, ...builtinNames, DEFINE]);
}

function declaredBy(node: ts.Node): string | null {
  for (let at: ts.Node = node; at.parent !== undefined; at = at.parent) {
    if (ts.isVariableDeclaration(at) && ts.isIdentifier(at.name)) return at.name.text;
  }
  return null;
}
