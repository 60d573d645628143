/**
 * @file Stage 1 for `*.plan.ts`: load, check the statements, evaluate `export default definePlan(...)`, return the tree. Loaded only for
 * such plans, since the TypeScript parser is large. No code of the file is ever executed.
 */
import { jsonMessages, typescriptMessages } from "../../diagnostics/catalog/plan.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import type { AstMember, AstNode } from "../ast.ts";
import type { Written } from "../edits/written.ts";
import { type ReadText, readSource } from "../source.ts";
import { type Context, createContext, exhaust, report, spanOf, spend } from "./evaluate/context.ts";
import { evaluate } from "./evaluate/evaluate.ts";
import { type LinkedModule, linkModules } from "./link.ts";
import { loadModules } from "./modules.ts";
import { missingPlan, wrappedPlan } from "./plan-fixes.ts";
import { writtenTypescript } from "./written.ts";
import { type ModuleTable, readModule } from "./evaluate/statements.ts";
import { describeValue, type Value } from "./evaluate/values.ts";

export interface TypescriptPlan {
  readonly root: AstNode | null;
  /** For edits; `null` where the file cannot be parsed. */
  readonly written: Written | null;
  readonly diagnostics: readonly Diagnostic[];
}

export async function readTypescriptPlan(
  text: string,
  file: string,
  read: ReadText = readSource,
): Promise<TypescriptPlan> {
  const { modules, diagnostics } = await loadModules(text, file, read);
  const context = createContext(evaluate, new Map([...modules.values()].map(({ source, locate }) => [source, locate])));
  const tables = new Map<string, ModuleTable>();
  for (const [path, { source }] of modules) {
    const table = readModule(context, source);
    tables.set(path, table);
    context.declared.set(source, table.declarations.keys());
  }
  const plan = linkModules(context, modules, tables).get(file);
  const value = plan === undefined ? undefined : evaluateModule(context, plan);
  const root = value === undefined ? null : toTree(context, value);
  const found = [...diagnostics, ...context.diagnostics];
  const source = modules.get(file)?.source;
  const known: AstNode = root ?? { kind: "other", text: "no plan", span: null };
  const written = source === undefined ? null : writtenTypescript(file, source, known);
  return { root: found.length === 0 ? root : null, written, diagnostics: found };
}

/** Evaluates every constant, so that no mistake hides in an unused one, then the default export. */
function evaluateModule(context: Context, { table, scope, locate, source }: LinkedModule): Value | undefined {
  for (const [name, { node }] of table.declarations) scope(name, spanOf(context, node));
  if (table.defaultExport === null) {
    const found = source.statements.length === 0 ? "the file is empty" : "the file has no export default";
    const end = source.text.trimEnd().length;
    const fix = missingPlan(source, table.declarations);
    context.diagnostics.push(diagnose(typescriptMessages.noPlan, { found, fix }, { span: locate(end, end) }));
    return undefined;
  }
  const value = context.evaluate(context, table.defaultExport, scope);
  if (value.kind === "broken" || context.plans.has(value)) return value;
  const found = `the default export is ${describeValue(value)} that was not passed through definePlan`;
  const fix = value.kind === "object" ? wrappedPlan(table.defaultExport) : null;
  return report(context, typescriptMessages.noPlan, { found, fix }, spanOf(context, table.defaultExport));
}

function toTree(context: Context, value: Value, depth = 0): AstNode {
  const { span } = value;
  const limit = limits.depth.most;
  if (depth > limit) exhaust(context, jsonMessages.tooDeep, { limit }, span);
  if (!spend(context, 1, span)) return { kind: "other", text: "a part that is too large", span };
  switch (value.kind) {
    case "array":
      return { kind: "array", items: value.items.map((item) => toTree(context, item, depth + 1)), span };
    case "object": {
      const members = [...value.members]
        .filter(([, { value: child }]) => child.kind !== "scalar" || child.value !== undefined)
        .map(([key, { keySpan, value: child }]): AstMember => ({
          key,
          keySpan,
          value: toTree(context, child, depth + 1),
        }));
      return { kind: "object", members, span };
    }
    case "scalar":
      if (value.value !== undefined) return { kind: "scalar", value: value.value, span };
      return { kind: "other", text: "undefined", span };
    default:
      return { kind: "other", text: describeValue(value), span };
  }
}
