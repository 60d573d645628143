/**
 * @file Applies the plan's patterns to the model's modules: one want per spec and module. Knows no values.
 */
import { bindNames } from "../diagnostics/catalog/bind.ts";
import { otherPath } from "../diagnostics/catalog/splitting/names.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import type { Expr } from "../expr/types.ts";
import { limits } from "../limits/limits.ts";
import type { Plan, PlanEntry, PlanSpec } from "../plan/types.ts";
import type { Context, Want } from "./context.ts";
import { namesTable } from "./parameter-names.ts";
import { respelled, spellingMatcher } from "./patterns.ts";
import { asCp } from "../ir/cp.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { familyOf, isWithin, modulesAround, parentOf, starred } from "../ir/module-paths.ts";

export interface Requests {
  readonly wants: readonly Want[];
  readonly diagnostics: readonly Diagnostic[];
}

export function requestsOf(plan: Plan, context: Context): Requests {
  const wants: Want[] = [];
  const diagnostics: Diagnostic[] = [];
  const patterns = plan.entries.map(({ pattern }) => pattern);
  const match = spellingMatcher(context.modules, context.graph.prefix, patterns);
  const elsewhere: Elsewhere[] = [];
  const nameless: PlanEntry[] = [];
  const isNameless = context.modules.every((module) => module === "");
  let count = 0;
  for (const [order, entry] of plan.entries.entries()) {
    const { modules, spelling } = match(entry.pattern);
    if (spelling !== entry.pattern) elsewhere.push({ entry, spelling });
    if (modules.length === 0 && isNameless) nameless.push(entry);
    else if (modules.length === 0) {
      // Searching for similar names takes time for each; those that are not shown do without.
      const isShown = diagnostics.length < limits.diagnostics.most;
      diagnostics.push(isShown ? unmatched(entry, context) : unknown(entry));
    }
    count += modules.length * entry.specs.length;
    if (count > limits.bindings.most) continue;
    for (const module of modules) for (const spec of entry.specs) wants.push({ spec, module, order });
  }
  if (nameless[0] !== undefined) diagnostics.push(unknown(nameless[0], nameless.length - 1));
  if (count <= limits.bindings.most) return { wants, diagnostics: [...diagnostics, ...otherPaths(elsewhere)] };
  const params = { count, entries: plan.entries.length, modules: context.modules.length, limit: limits.bindings.most };
  return { wants: [], diagnostics: [diagnose(bindNames.tooManyBindings, params, { file: plan.file ?? undefined })] };
}

interface Elsewhere {
  readonly entry: PlanEntry;
  readonly spelling: string;
}

/** One note for all patterns: they differ in the same outer module. */
function otherPaths(elsewhere: readonly Elsewhere[]): readonly Diagnostic[] {
  const [first] = elsewhere;
  if (first === undefined) return [];
  const { pattern, patternSpan } = first.entry;
  const count = new Set(elsewhere.map(({ entry }) => entry.pattern)).size;
  return [diagnose(otherPath, { pattern, spelling: first.spelling, count }, { span: patternSpan ?? undefined })];
}

/** What is known of such an entry; without `specs` it only names modules. */
type Unmatched = Pick<PlanEntry, "pattern" | "patternSpan"> & Partial<Pick<PlanEntry, "specs">>;

/** `more`: of the plan's patterns, that match nothing either. */
function unknown({ pattern, patternSpan }: PlanEntry, more = 0): Diagnostic {
  return diagnose(
    bindNames.unknownModule,
    { pattern, suggestion: null, known: [], more },
    { span: patternSpan ?? undefined },
  );
}

/** The error of a pattern that matches no module. */
export function unmatched(entry: Unmatched, context: Context): Diagnostic {
  const { pattern, patternSpan } = entry;
  const { modules } = context;
  const family = modules.filter((module) => familyOf(module) === familyOf(pattern));
  const suggestion = family.length > 0 ? null : likely(pattern, modules);
  const where = { span: patternSpan ?? undefined };
  if (suggestion === null && family.length === 0 && mayBeFolded(entry, context)) {
    return diagnose(bindNames.foldedModule, { pattern }, where);
  }
  const known = family.length > 0 ? family : childrenOf(nearestParent(pattern, modules), modules);
  return diagnose(bindNames.unknownModule, { pattern, suggestion, known, more: 0 }, where);
}

/** The misspelt name, or the same module under another outer one. */
function likely(pattern: string, modules: readonly string[]): string | null {
  const names = modules.map((module) => starred(module, pattern));
  return suggest(pattern, names) ?? respelled(pattern, modules);
}

/**
 * A module whose outputs became constants leaves no trace: there is a constant of the expected rank, with all lengths fixed or along
 * the axis to split, a fixed number of rows of an attention. A table of positions may be a constant of another rank, where the exporter
 * folded more than the module: it then has these rows along any axis.
 */
function mayBeFolded({ pattern, specs = [] }: Unmatched, { graph }: Context): boolean {
  const isFixed = graph.lengths.length === 0;
  const fixed = new Set(fixedExtents(graph));
  const tables = [...graph.constants.values()].filter(({ dims }) => dims.some((dim) => dim > 1));
  const rows = new Set(namesTable(pattern.slice(pattern.lastIndexOf(".") + 1)) ? fixedRows(graph) : []);
  const isFolded = ({ side, action, expectedDims, dim }: PlanSpec): boolean =>
    side === "output" &&
    action === "split" &&
    tables.some(({ dims }) => {
      if (dims.length > 1 && dims.some((extent) => rows.has(extent))) return true;
      const hasAxis = expectedDims === null ? dims.length > dim : dims.length === expectedDims;
      return hasAxis && (isFixed || fixed.has(dims.at(dim) ?? 0));
    });
  return specs.length > 0 && specs.every(isFolded);
}

/** Fixed lengths of a partly dynamic export: rows and keys of its attention sites. */
function fixedExtents({ nodes, shapes }: CanonicalGraph): readonly number[] {
  const operands = nodes.flatMap((node) => (asCp(node, "Attention") === null ? [] : node.inputs.slice(0, 2)));
  const extents = operands.map((name) => shapes.get(name)?.dims[1]);
  return extents.flatMap((extent) => (typeof extent === "number" && extent > 1 ? [extent] : []));
}

/** The same, also of one of the streams that are joined there: of what products read as rows. */
function fixedRows({ nodes, shapes }: CanonicalGraph): readonly number[] {
  const extents = nodes.flatMap((node) => {
    const dims = shapes.get(node.inputs[0] ?? "")?.dims ?? [];
    return (asCp(node, "Attention") === null ? (node.op === "MatMul" ? dims.at(-2) : []) : dims[1]) ?? [];
  });
  return extents.map(constantOf).filter((extent) => extent > 1);
}

/** The number in a sum such as `txt + 35`: the rows of a stream of fixed length. */
function constantOf(extent: Expr): number {
  if (typeof extent === "number") return extent;
  if (typeof extent === "string" || extent[0] !== "+") return 0;
  const [, ...terms] = extent;
  return terms.find((term): term is number => typeof term === "number") ?? 0;
}

function nearestParent(pattern: string, modules: readonly string[]): string {
  return modulesAround(pattern).find((path) => modules.includes(path)) ?? "";
}

/** The outermost modules inside `parent`. Looks up the modules around each one: comparing all with all takes seconds for thousands. */
function childrenOf(parent: string, modules: readonly string[]): readonly string[] {
  const inside = new Set(modules.filter((path) => path !== parent && isWithin(path, parent)));
  return [...inside].filter((path) => !modulesAround(parentOf(path)).some((outer) => inside.has(outer)));
}
