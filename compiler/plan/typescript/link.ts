/**
 * @file The scopes of modules: names to values across files, computed on first use; cycles are reported.
 */
import { ts } from "ts-morph";
import { typescriptMessages } from "../../diagnostics/catalog/plan.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import type { Fix, Span } from "../../diagnostics/types.ts";
import { type Context, report, spanOf, spend } from "./evaluate/context.ts";
import { packageName } from "./evaluate/names.ts";
import { ancestor, importedFix, importFix, nameFix } from "./fixes.ts";
import type { SourceModule } from "./modules.ts";
import type { Declaration, ModuleTable } from "./evaluate/statements.ts";
import { broken, type Member, objectOf, scalar, type Scope, type Value } from "./evaluate/values.ts";

export interface LinkedModule extends SourceModule {
  readonly table: ModuleTable;
  readonly scope: Scope;
}

export function linkModules(
  context: Context,
  sources: ReadonlyMap<string, SourceModule>,
  tables: ReadonlyMap<string, ModuleTable>,
): ReadonlyMap<string, LinkedModule> {
  const modules = new Map<string, LinkedModule>();
  for (const [path, source] of sources) {
    const table = tables.get(path);
    if (table !== undefined) modules.set(path, { ...source, table, scope: moduleScope(context, modules, path) });
  }
  return modules;
}

type Modules = ReadonlyMap<string, LinkedModule>;

function moduleScope(context: Context, modules: Modules, path: string): Scope {
  const values = new Map<string, Value>();
  const running = new Set<string>();
  return (name, span) => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const module = modules.get(path);
    const declaration = module?.table.declarations.get(name);
    if (module === undefined || declaration === undefined) return undefined;
    if (running.has(name)) return report(context, typescriptMessages.selfReference, { name }, span);
    running.add(name);
    const value = valueOf(context, modules, module, declaration);
    running.delete(name);
    values.set(name, value);
    return value;
  };
}

function valueOf(context: Context, modules: Modules, module: LinkedModule, declaration: Declaration): Value {
  const span = spanOf(context, declaration.node);
  switch (declaration.kind) {
    case "const":
      return context.evaluate(context, declaration.initializer, module.scope);
    case "function": {
      const { node, body } = declaration;
      return { kind: "function", parameters: node.parameters, body, scope: module.scope, span };
    }
    case "enum":
      return enumValue(context, module, declaration.node, span);
    case "import":
      return imported(context, modules, module, declaration, span);
  }
}

function enumValue(context: Context, module: LinkedModule, node: ts.EnumDeclaration, span: Span): Value {
  const members = new Map<string, Member>();
  let next = 0;
  for (const { name, initializer } of node.members) {
    const keySpan = spanOf(context, name);
    const value = initializer ? context.evaluate(context, initializer, module.scope) : scalar(next, keySpan);
    next = value.kind === "scalar" && typeof value.value === "number" ? value.value + 1 : NaN;
    if (ts.isIdentifier(name) || ts.isStringLiteral(name)) members.set(name.text, { keySpan, value });
  }
  return objectOf(members, span);
}

type ImportDeclaration = Extract<Declaration, { kind: "import" }>;

function imported(
  context: Context,
  modules: Modules,
  module: LinkedModule,
  { node, specifier, name }: ImportDeclaration,
  span: Span,
): Value {
  if (specifier === packageName) return fromPackage(context, name, node, span);
  if (!specifier.startsWith(".")) {
    const reason = "only relative files and the package itself can be imported";
    return badImport(context, { specifier, reason, ...packageFor(specifier, node) }, span);
  }
  const target = modules.get(module.imports.get(specifier) ?? "");
  // A file that could not be loaded has been reported at its import.
  if (target === undefined) return broken(span);
  return name === null
    ? namespaceOf(context, modules, target, span)
    : exported(context, modules, { target, name, node }, span);
}

/** A package that is misspelt has another name; any other cannot be imported. */
function packageFor(specifier: string, node: ts.Node): Repair {
  const isMeant = suggest(specifier, [packageName]) !== null;
  const statement = isMeant ? node.parent : undefined;
  const from = statement === undefined ? undefined : ancestor(statement, ts.isImportDeclaration)?.moduleSpecifier;
  if (from === undefined) return { suggestion: null, fix: importFix(node) };
  return { suggestion: JSON.stringify(packageName), fix: nameFix(from, packageName) };
}

function fromPackage(context: Context, name: string | null, node: ts.Node, span: Span): Value {
  const definePlan: Value = { kind: "builtin", name: "definePlan", span };
  if (name === "definePlan") return definePlan;
  if (name === null)
    return { kind: "object", members: new Map([["definePlan", { keySpan: span, value: definePlan }]]), span };
  const reason = `a plan can import definePlan and types, not ${name}`;
  const suggestion = suggest(name, ["definePlan"]);
  const isOwnName = ts.isIdentifier(node) && node.text === name;
  const fix = suggestion === null || !isOwnName ? importFix(node) : nameFix(node, suggestion);
  return badImport(context, { specifier: packageName, reason, suggestion, fix }, span);
}

/** All exports of a module, as an object. */
function namespaceOf(context: Context, modules: Modules, target: LinkedModule, span: Span): Value {
  const members = new Map<string, Member>();
  for (const name of target.table.exports.keys()) {
    members.set(name, { keySpan: span, value: exported(context, modules, { target, name, node: null }, span) });
  }
  return objectOf(members, span);
}

/** An exported name as it is asked for; `node` is where an import of the plan says it. */
interface Wanted {
  readonly target: LinkedModule;
  readonly name: string;
  readonly node: ts.Node | null;
}

function exported(context: Context, modules: Modules, wanted: Wanted, span: Span): Value {
  // Files that re-export a name in a cycle end here.
  context.nesting += 1;
  const value = spend(context, 1, span) ? findExport(context, modules, wanted, span) : broken(span);
  context.nesting -= 1;
  return value;
}

function findExport(context: Context, modules: Modules, { target, name, node }: Wanted, span: Span): Value {
  const { table, scope, imports, source } = target;
  if (name === "default" && table.defaultExport !== null) return context.evaluate(context, table.defaultExport, scope);
  const found = table.exports.get(name);
  if (found === undefined) {
    const suggestion = suggest(name, table.exports.keys());
    const fix = suggestion === null || node === null ? null : importedFix(node, suggestion);
    return badImport(context, { specifier: source.fileName, reason: `it exports no ${name}`, suggestion, fix }, span);
  }
  if (found.specifier === null) {
    return (
      scope(found.name, span) ??
      report(
        context,
        typescriptMessages.unknownName,
        { name: found.name, suggestion: null, fix: null },
        spanOf(context, found.node),
      )
    );
  }
  const next = modules.get(imports.get(found.specifier) ?? "");
  if (next === undefined)
    return badImport(
      context,
      { specifier: found.specifier, reason: "only relative files can be imported", suggestion: null, fix: null },
      spanOf(context, found.node),
    );
  return exported(context, modules, { target: next, name: found.name, node: null }, span);
}

interface Repair {
  readonly suggestion: string | null;
  readonly fix: Fix | null;
}

function badImport(
  context: Context,
  { specifier, ...rest }: Repair & { readonly specifier: string; readonly reason: string },
  span: Span,
): Value {
  return report(context, typescriptMessages.badImport, { specifier: JSON.stringify(specifier), ...rest }, span);
}
