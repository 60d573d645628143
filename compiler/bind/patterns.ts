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

/** The same for many patterns: the modules are sorted into a tree once, so a pattern costs only its matches. */
export function matcher(modules: readonly string[], wrapper: string | null): (pattern: string) => readonly string[] {
  const outer = outerModule(modules);
  const tree = treeOf(modules);
  const matches = (spelling: string): readonly string[] =>
    find(tree, spelling)
      .toSorted((a, b) => a - b)
      .map((at) => modules[at]!);
  return (pattern) => {
    for (const spelling of spellings(pattern, outer, wrapper)) {
      const found = matches(spelling);
      if (found.length > 0) return found;
    }
    return [];
  };
}

function spellings(pattern: string, outer: string | null, wrapper: string | null): readonly string[] {
  return [
    pattern,
    ...(wrapper !== null && isWithin(pattern, wrapper) ? [pathInside(pattern, wrapper)] : []),
    ...(outer === null || pattern === "" ? [] : [`${outer}.${pattern}`]),
  ];
}

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

/** The only child of the root, if it contains every other module. */
function outerModule(modules: readonly string[]): string | null {
  const inner = modules.filter((path) => path !== "");
  const first = inner.reduce<string | null>((a, b) => (a === null || b.length < a.length ? b : a), null);
  if (first === null || first.includes(".") || inner.length < 2) return null;
  return inner.every((path) => isWithin(path, first)) ? first : null;
}
