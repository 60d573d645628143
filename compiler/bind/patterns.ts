/**
 * @file Which modules a plan's pattern means, and which modules are alike. Works on dotted paths only.
 */

/**
 * Modules that `pattern` matches, in their own order; `*` stands for one segment. A pattern may be written with the outer
 * module that the export was wrapped in, or without one that is still there: both spellings mean the same model.
 */
export function matchModules(pattern: string, modules: readonly string[], wrapper: string | null): readonly string[] {
  for (const spelling of spellings(pattern, modules, wrapper)) {
    const segments = spelling.split(".");
    const found = modules.filter((module) => matches(segments, module.split(".")));
    if (found.length > 0) return found;
  }
  return [];
}

function spellings(pattern: string, modules: readonly string[], wrapper: string | null): readonly string[] {
  const outer = outerModule(modules);
  return [
    pattern,
    ...(wrapper !== null && pattern === wrapper ? [""] : []),
    ...(wrapper !== null && pattern.startsWith(`${wrapper}.`) ? [pattern.slice(wrapper.length + 1)] : []),
    ...(outer === null || pattern === "" ? [] : [`${outer}.${pattern}`]),
  ];
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((segment, i) => segment === path[i] || (segment === "*" && path[i] !== ""))
  );
}

/** The one child of the root that holds every other module. */
function outerModule(modules: readonly string[]): string | null {
  const inner = modules.filter((path) => path !== "");
  const first = inner.reduce<string | null>((a, b) => (a === null || b.length < a.length ? b : a), null);
  if (first === null || first.includes(".") || inner.length < 2) return null;
  return inner.every((path) => path === first || path.startsWith(`${first}.`)) ? first : null;
}

/** The same text for modules that differ in list positions only: `blocks.0.attn` and `blocks.1.attn` give `blocks.#.attn`. */
export function familyOf(module: string): string {
  return module
    .split(".")
    .map((segment) => (/^\d+$/.test(segment) ? "#" : segment))
    .join(".");
}
