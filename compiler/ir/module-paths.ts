/**
 * @file Arithmetic of module paths: dotted names such as `blocks.0.attn`, with `""` for the root. Knows no graph.
 */

/** True if `module` is `outer` or lies inside it. */
export function isWithin(module: string, outer: string): boolean {
  return outer === "" || module === outer || module.startsWith(`${outer}.`);
}

/** The module around `module`; for those directly in the root, and for the root itself, the root. */
export function parentOf(module: string): string {
  return module.slice(0, Math.max(0, module.lastIndexOf(".")));
}

/** The module itself and every module around it, the root last. */
export function modulesAround(module: string): readonly string[] {
  const paths: string[] = [];
  for (let path = module; path !== ""; path = parentOf(path)) paths.push(path);
  return [...paths, ""];
}

/** The innermost module that holds all of them. */
export function commonModule(modules: readonly string[]): string {
  const [first = "", ...others] = modules;
  return modulesAround(first).find((outer) => others.every((module) => isWithin(module, outer))) ?? "";
}

/** How many segments a path has; 0 for the root. */
export function depthOf(module: string): number {
  return module === "" ? 0 : module.split(".").length;
}

/** The path of `module` inside `outer`: `""` for `outer` itself. A module that is not within `outer` keeps its path. */
export function pathInside(module: string, outer: string): string {
  if (module === outer) return "";
  return outer !== "" && isWithin(module, outer) ? module.slice(outer.length + 1) : module;
}

/** True if a pattern matches the module, segment by segment; `*` matches one segment, and never the root. */
export function matchesPattern(pattern: string, module: string): boolean {
  const wanted = pattern.split(".");
  const found = module.split(".");
  return (
    wanted.length === found.length &&
    wanted.every((segment, i) => segment === found[i] || (segment === "*" && found[i] !== ""))
  );
}

/** The path with `*` where the pattern has it, so that both can be compared as text. */
export function starred(module: string, pattern: string): string {
  const wanted = pattern.split(".");
  const path = module.split(".");
  if (path.length !== wanted.length) return module;
  return path.map((segment, i) => (wanted[i] === "*" ? "*" : segment)).join(".");
}

/** The pattern over a module and its siblings in lists: `blocks.0.attn` gives `blocks.*.attn`. */
export function patternOf(module: string): string {
  return module
    .split(".")
    .map((segment) => (/^\d+$/.test(segment) ? "*" : segment))
    .join(".");
}

/** The same text for modules that differ in list positions only: `blocks.0.attn` and `blocks.1.attn` give `blocks.#.attn`. */
export function familyOf(module: string): string {
  return module
    .split(".")
    .map((segment) => (/^\d+$/.test(segment) ? "#" : segment))
    .join(".");
}
