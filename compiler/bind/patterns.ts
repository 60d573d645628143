/**
 * @file Which modules a plan's pattern means. Works on dotted paths only.
 */
import { isWithin, matchesPattern, pathInside } from "../ir/module-paths.ts";

/**
 * Modules that `pattern` matches, in their own order; `*` stands for one segment. A pattern may be written with the outer
 * module that the export was wrapped in, or without one that is still there: both spellings mean the same model.
 */
export function matchModules(pattern: string, modules: readonly string[], wrapper: string | null): readonly string[] {
  for (const spelling of spellings(pattern, modules, wrapper)) {
    const found = modules.filter((module) => matchesPattern(spelling, module));
    if (found.length > 0) return found;
  }
  return [];
}

function spellings(pattern: string, modules: readonly string[], wrapper: string | null): readonly string[] {
  const outer = outerModule(modules);
  return [
    pattern,
    ...(wrapper !== null && isWithin(pattern, wrapper) ? [pathInside(pattern, wrapper)] : []),
    ...(outer === null || pattern === "" ? [] : [`${outer}.${pattern}`]),
  ];
}

/** The one child of the root that holds every other module. */
function outerModule(modules: readonly string[]): string | null {
  const inner = modules.filter((path) => path !== "");
  const first = inner.reduce<string | null>((a, b) => (a === null || b.length < a.length ? b : a), null);
  if (first === null || first.includes(".") || inner.length < 2) return null;
  return inner.every((path) => isWithin(path, first)) ? first : null;
}
