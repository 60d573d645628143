/**
 * @file The default export of a TypeScript plan, where it is missing or no plan: what to write. Knows no value.
 */
import { ts } from "ts-morph";
import { writeTexts } from "../../diagnostics/fixes.ts";
import type { Fix } from "../../diagnostics/types.ts";
import { packageName } from "./evaluate/names.ts";
import type { Declaration } from "./evaluate/statements.ts";
import { importOf } from "./fixes.ts";

/** Exports the only constant of the file that is a plan or an object, else an empty plan. */
export function missingPlan(source: ts.SourceFile, declarations: ReadonlyMap<string, Declaration>): Fix {
  const constants = [...declarations].flatMap(([name, declaration]) =>
    declaration.kind === "const" ? [{ name, initializer: declaration.initializer }] : [],
  );
  const plans = constants.filter(({ initializer }) => isDefined(initializer));
  const objects = constants.filter(({ initializer }) => ts.isObjectLiteralExpression(initializer));
  const [plan, ...otherPlans] = plans;
  const [object, ...otherObjects] = objects;
  if (plan !== undefined && otherPlans.length === 0) return exporting(plan.name, source, true);
  const named = object !== undefined && otherObjects.length === 0 ? object.name : "{}";
  return exporting(`definePlan(${named})`, source, false);
}

/** Passes the expression through `definePlan`. */
export function wrappedPlan(node: ts.Expression): Fix {
  const [start, end] = [node.getStart(), node.getEnd()];
  return writeTexts("write definePlan(...) around it", [
    ...importOf(node.getSourceFile(), packageName),
    { start, end: start, text: "definePlan(" },
    { start: end, end, text: ")" },
  ]);
}

function exporting(plan: string, source: ts.SourceFile, isImported: boolean): Fix {
  const line = source.text.includes("\r\n") ? "\r\n" : "\n";
  const end = source.text.trimEnd().length;
  const imported = isImported ? [] : importOf(source, packageName);
  const before = source.statements.length === 0 ? imported.map(({ text }) => text).join("") : "";
  const text = `${end === 0 ? "" : line}${before}export default ${plan};`;
  return writeTexts(`write export default ${plan}`, [...(before === "" ? imported : []), { start: end, end, text }]);
}

function isDefined(node: ts.Expression): boolean {
  return ts.isCallExpression(node) && /(?:^|\.)definePlan$/.test(node.expression.getText());
}
