/**
 * @file Compares a spec with the value found for it: rank and axis. Decides whether the spec acts, is left out, or is wrong.
 */
import { bindValues } from "../diagnostics/catalog/bind.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { nameOf, type Context, type Found, type Want } from "./context.ts";
import { showShape } from "./describe.ts";
import { whereOf } from "./search/known.ts";
import { isWithin } from "../ir/module-paths.ts";
import type { Binding } from "./types.ts";

/** The binding of a want, or its error. */
export function check(want: Want, { value, evidence }: Found, context: Context): Binding | Diagnostic {
  const { spec, module } = want;
  const shape = value === null ? undefined : context.graph.shapes.get(value);
  if (value === null || shape === undefined || isIdle(want, value, context)) {
    return { spec, module, value: null, axis: 0, evidence: "absent" };
  }
  const rank = shape.dims.length;
  const where = nameOf({ ...spec, module });
  if (spec.expectedDims !== null && spec.expectedDims !== rank) {
    // The reference leaves such a tensor whole and continues; shipped plans rely on it. A gather has no such rule.
    if (spec.action === "split") return { spec, module, value, axis: 0, evidence: "skipped" };
    const params = { where, expected: spec.expectedDims, rank, shape: showShape(shape) };
    return diagnose(bindValues.gatherRank, params, whereOf(want));
  }
  const axis = spec.dim < 0 ? spec.dim + rank : spec.dim;
  if (axis >= 0 && axis < rank) return { spec, module, value, axis, evidence };
  const key = spec.action === "split" ? "split_dim" : "gather_dim";
  return diagnose(
    bindValues.dimOutOfRange,
    { where, key, dim: spec.dim, rank, shape: showShape(shape) },
    whereOf(want),
  );
}

export function isBinding(checked: Binding | Diagnostic): checked is Binding {
  return "spec" in checked;
}

/** Nothing on the other side of the boundary reads the value (a module's marked output that is not used, for example). */
function isIdle({ spec, module }: Want, value: string, { graph, boundaries }: Context): boolean {
  if (module === "" || (spec.side === "output" && graph.outputs.includes(value))) return false;
  const users = boundaries.index.users(value);
  return !users.some(({ scope }) => isWithin(scope, module) === (spec.side === "input"));
}
