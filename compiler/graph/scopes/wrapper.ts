/**
 * @file Finds the outer module that wrapped the model for the export, and removes it from the scopes. Decides by structure: no name is
 * special.
 */
import { isWithin, pathInside } from "../../ir/module-paths.ts";
import type { ScopedModule, Trail } from "./trails.ts";

/**
 * Path of the module that does all the work: every node with module information is inside it, it is an attribute (no dot, so not an element
 * of a list), and it calls modules itself. Wrappers may be nested. `""` where there is none.
 */
export function wrapperPath(trails: readonly Trail[]): string {
  const known = trails.filter((trail) => trail !== null);
  let path = "";
  for (let depth = 1; ; depth++) {
    const inner = known[0]?.[depth]?.path;
    if (inner === undefined || localName(inner, path) === null) return path;
    const isAround = known.every((trail) => trail[depth]?.path === inner);
    if (!isAround || !known.some((trail) => trail.length > depth + 1)) return path;
    path = inner;
  }
}

/** The trail without the wrapper. */
export function unwrap(trail: Trail, wrapper: string): Trail {
  if (trail === null || wrapper === "") return trail;
  const from = trail.findIndex(({ path }) => path === wrapper);
  return trail.slice(Math.max(0, from)).map((module) => withoutPrefix(module, wrapper));
}

function withoutPrefix(module: ScopedModule, wrapper: string): ScopedModule {
  return isWithin(module.path, wrapper) ? { ...module, path: pathInside(module.path, wrapper) } : module;
}

/** The name of an attribute of `parent`, or `null` for anything deeper or elsewhere. */
function localName(path: string, parent: string): string | null {
  const prefix = parent === "" ? "" : `${parent}.`;
  const name = path.slice(prefix.length);
  return path.startsWith(prefix) && name !== "" && !name.includes(".") ? name : null;
}
