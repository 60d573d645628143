/**
 * @file Which name a plan can use for a module's input or output, and why. Answers as the search for values would.
 */
import type { Marker } from "../ir/types.ts";
import type { Boundary } from "../bind/boundaries/boundaries.ts";
import { hasLengthOf } from "../bind/search/candidates.ts";
import type { Context } from "../bind/context.ts";
import { choose, NO_ROLES } from "../bind/search/inputs.ts";
import { isStateName } from "../bind/parameter-names.ts";

export interface Named {
  /** Parameter name or output index that a plan can use, or `null` where only `value` identifies it. */
  readonly name: string | null;
  /** Why the name is known, or why it is not. */
  readonly why: string;
}

export function nameOfInput(boundary: Boundary, module: string, context: Context): Named {
  const { value, owner, ancestors } = boundary;
  if (module === "") return { name: value, why: "graph input" };
  const marker = context.markers(module, "input").find((m) => m.value === value);
  if (marker !== undefined) return { name: markedName(marker), why: "marked by the export" };
  if (owner !== null) {
    const isFound = leadsTo(boundary, owner, 0, module, context);
    return isFound
      ? { name: owner, why: `carries ${owner}` }
      : { name: null, why: `carries ${owner}; "value" can select it` };
  }
  return nameOfMixed(boundary, module, context) ?? { name: null, why: `comes from ${sources(ancestors)}` };
}

/** `results` are the module's outputs without shared subexpressions. */
export function nameOfOutput(
  boundary: Boundary,
  results: readonly Boundary[],
  module: string,
  context: Context,
): Named {
  const marker = context.markers(module, "output").find((m) => m.value === boundary.value);
  if (marker !== undefined) return { name: String(marker.index ?? 0), why: "marked by the export" };
  const at = results.indexOf(boundary);
  if (module === "") return { name: String(at), why: "graph output" };
  if (at < 0) return { name: null, why: "a subexpression shared with another module" };
  return results.length === 1
    ? { name: "0", why: "only output" }
    : { name: null, why: `one of ${results.length} outputs, in unspecified order` };
}

/**
 * Names that a plan can use although everything has been mixed into the value: by a length that one input brings, or as a block's state.
 */
function nameOfMixed(boundary: Boundary, module: string, context: Context): Named | null {
  const { shape, ancestors } = boundary;
  const isFound = (name: string, dim: number): boolean => leadsTo(boundary, name, dim, module, context);
  for (const { name, shape: root } of context.graph.inputs) {
    if (!ancestors.has(name)) continue;
    if (isStateName(name) && isFound(name, 0)) return { name, why: `the only one of its rank that depends on ${name}` };
    const axis = shape.dims.findIndex((_, dim) => hasLengthOf(boundary, name, dim, context.graph));
    const isAlike = axis >= 0 && root.dims.length === shape.dims.length;
    if (isAlike && isFound(name, axis)) return { name, why: `depends on ${name} and has its length` };
  }
  return null;
}

/** A plan that names this parameter would find the value. */
function leadsTo(
  { value, shape }: Boundary,
  parameter: string,
  dim: number,
  module: string,
  context: Context,
): boolean {
  const spec = { dim, expectedDims: shape.dims.length };
  const { pool, strength } = choose({ module, parameter, spec }, new Set(), NO_ROLES, context);
  return pool.length === 1 && pool[0]?.value === value && strength !== "doubtful";
}

/** A member of a list reads `image_rotary_emb[1]`. */
function markedName({ parameter, index }: Marker): string {
  return `${parameter}${index === null ? "" : `[${index}]`}`;
}

/** Names of the graph inputs that a value comes from. */
function sources(ancestors: ReadonlySet<string>): string {
  const names = [...ancestors].sort();
  if (names.length > 4) return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
  return names.length === 0 ? "constants and lengths" : names.join(", ");
}
