/**
 * @file Which modules a plan's pattern means. Works on dotted paths only.
 */
import { isWithin, pathInside } from "../ir/module-paths.ts";

/**
 * Modules that `pattern` matches, in their original order; `*` matches one segment. A pattern may include the outer module that wrapped the
 * export, or omit one that is present: both spellings mean the same model.
 */
export function matchModules(pattern: string, modules: readonly string[], wrapper: string | null): readonly string[] {
  return matcher(modules, wrapper)(pattern);
}

/** What a pattern matches, and how it is spelled in this model. */
interface Match {
  readonly spelling: string;
  readonly modules: readonly string[];
}

/** The same for many patterns: the modules are sorted into a tree once, so a pattern costs only its matches. */
export function matcher(modules: readonly string[], wrapper: string | null): (pattern: string) => readonly string[] {
  const match = spellingMatcher(modules, wrapper, []);
  return (pattern) => match(pattern).modules;
}

/** `plan`: all patterns of the plan, which shows whether it was written for a model inside an outer module. */
export function spellingMatcher(
  modules: readonly string[],
  wrapper: string | null,
  plan: readonly string[],
): (pattern: string) => Match {
  const tree = treeOf(modules);
  const matches = (spelling: string): readonly string[] =>
    find(tree, spelling)
      .toSorted((a, b) => a - b)
      .map((at) => modules[at]!);
  const outer = outerModules(modules, plan, matches);
  const written = writtenAround(plan, modules);
  return (pattern) => {
    for (const spelling of spellings(pattern, outer, [...suffixesOf(wrapper), ...written])) {
      const found = matches(spelling);
      if (found.length > 0) return { spelling, modules: found };
    }
    return { spelling: pattern, modules: [] };
  };
}

/** First as it is written, then without what the model lacks, then with what it has around. */
function spellings(pattern: string, outer: readonly string[], inner: readonly string[]): readonly string[] {
  if (pattern === "") return [pattern];
  return [
    pattern,
    ...inner.filter((around) => isWithin(pattern, around)).map((around) => pathInside(pattern, around)),
    ...outer.map((around) => `${around}.${pattern}`),
  ];
}

/** `a.b` may be written in full, or only as `b`, if the plan was made for the model inside `a`. */
function suffixesOf(path: string | null): readonly string[] {
  if (path === null) return [];
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(i).join("."));
}

/** Outer modules that every pattern of the plan has, or is, and the model lacks, the innermost last; at most two. */
function writtenAround(plan: readonly string[], modules: readonly string[]): readonly string[] {
  const inner = plan.filter((pattern) => pattern !== "");
  const [first = ""] = inner;
  const top = new Set(modules.map((path) => path.split(".")[0]));
  const paths = first
    .split(".")
    .slice(0, 2)
    .map((_, i, all) => all.slice(0, i + 1).join("."));
  const isAround = (path: string): boolean =>
    AROUND.test(path) && inner.every((pattern) => isWithin(pattern, path)) && inner.some((pattern) => pattern !== path);
  return inner.length > 1 && !top.has(paths[0]) ? paths.filter(isAround) : [];
}

/**
 * `pattern` as the model spells it: without one or two outer modules, inside the only one in which it matches, or in the only list of blocks;
 * `null` for none.
 */
export function respelled(pattern: string, modules: readonly string[]): string | null {
  const match = matcher(modules, null);
  const parts = pattern.split(".");
  const isName = (part: string | undefined): boolean => part !== undefined && NAME.test(part);
  for (let dropped = 1; dropped <= 2 && isName(parts[dropped - 1]) && isName(parts[dropped]); dropped++) {
    const inner = parts.slice(dropped).join(".");
    if (match(inner).length > 0) return inner;
  }
  const fitting = modules.filter((path) => AROUND.test(path) && match(`${path}.${pattern}`).length > 0);
  if (fitting.length > 0) return fitting.length === 1 ? `${fitting[0]}.${pattern}` : null;
  // A list of blocks has another name in each model; where it is the only one, it is meant.
  const [, ...rest] = parts;
  const lists = new Set(modules.flatMap((path) => /^([^.]+)\.\d+(\.|$)/.exec(path)?.[1] ?? []));
  const renamed = [...lists].map((list) => [list, ...rest].join("."));
  const [only] = /^(\d+|\*)$/.test(rest[0] ?? "") && renamed.length === 1 ? renamed : [];
  return only !== undefined && match(only).length > 0 ? only : null;
}

/** A segment that is no position in a list, and one or two of them: what may be an outer module. */
const NAME = /^[A-Za-z_]\w*$/;
const AROUND = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/;

/** Modules with a common path prefix; `at` are the positions of those whose path ends here. */
interface Tree {
  readonly children: Map<string, Tree>;
  readonly at: number[];
}

function treeOf(modules: readonly string[]): Tree {
  const root: Tree = { children: new Map(), at: [] };
  for (const [position, module] of modules.entries()) {
    let tree = root;
    for (const part of module.split(".")) {
      const next = tree.children.get(part) ?? { children: new Map(), at: [] };
      tree.children.set(part, next);
      tree = next;
    }
    tree.at.push(position);
  }
  return root;
}

/** Positions of the modules that a pattern matches. `*` does not match the root. */
function find(root: Tree, pattern: string): readonly number[] {
  let trees: readonly Tree[] = [root];
  for (const part of pattern.split(".")) {
    trees = trees.flatMap(({ children }) => {
      if (part === "*") return [...children].flatMap(([name, tree]) => (name === "" ? [] : [tree]));
      const child = children.get(part);
      return child === undefined ? [] : [child];
    });
  }
  return trees.flatMap(({ at }) => at);
}

/**
 * Outer modules that a plan may leave out, the outermost first: one or two that contain every other module, or else the only one in which all
 * patterns of the plan match that match nowhere as written.
 */
function outerModules(
  modules: readonly string[],
  plan: readonly string[],
  matches: (pattern: string) => readonly string[],
): readonly string[] {
  const inner = modules.filter((path) => path !== "");
  const chain: string[] = [];
  for (let rest = inner; rest.length > 1 && chain.length < 2;) {
    const shortest = rest.reduce((a, b) => (b.length < a.length ? b : a));
    const name = pathInside(shortest, chain.at(-1) ?? "");
    if (name.includes(".") || /^\d/.test(name) || !rest.every((path) => isWithin(path, shortest))) break;
    chain.push(shortest);
    rest = rest.filter((path) => path !== shortest);
  }
  if (chain.length > 0) return chain;
  const open = plan.filter((pattern) => pattern !== "" && matches(pattern).length === 0);
  if (open.length < 2 || open.length < plan.filter((pattern) => pattern !== "").length) return [];
  const around = inner.filter((path) => AROUND.test(path));
  const fitting = around.filter((path) => open.every((pattern) => matches(`${path}.${pattern}`).length > 0));
  return fitting.length === 1 ? fitting : [];
}
