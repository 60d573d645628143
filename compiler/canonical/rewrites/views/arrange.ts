/**
 * @file The fewest Transposes and Reshapes that make a view, and the nodes for them. Knows no pattern.
 */
import { int, ints } from "../../../graph/attributes.ts";
import type { Expr } from "../../../expr/expr.ts";
import { isOpen } from "../../../expr/expr.ts";
import type { ElemType } from "../../../graph/types.ts";
import { compactTarget } from "../../../operators/targets.ts";
import type { Draft } from "../draft.ts";
import { extentsOf, flat, sameExtents, sameFactors, type AxisFactors, type View } from "./views.ts";

/** `dims` are the extents after the step. */
export type Step =
  | { readonly kind: "reshape"; readonly dims: readonly Expr[] }
  | { readonly kind: "transpose"; readonly perm: readonly number[]; readonly dims: readonly Expr[] };

/** Steps from the base of a view to its axes; `null` where a Reshape would need an unknown extent. No repeats. */
export function stepsOf(view: View): readonly Step[] | null {
  const { base, axes } = view;
  if (sameFactors(flat(base), flat(axes))) return known(reshapeTo(extentsOf(base), extentsOf(axes)));
  const plans = [base, unitsOf(view), flat(base).map((f) => [f])].map((units) => plan(base, units, axes));
  const found = plans.filter((p) => p !== null).map(known);
  return found.filter((p) => p !== null).sort((a, b) => a.length - b.length)[0] ?? null;
}

/** The target's axes in the order of the base. */
function unitsOf({ base, axes }: View): readonly AxisFactors[] {
  const order = flat(base).map((f) => f.key);
  const at = (axis: AxisFactors): number => {
    const first = flat([axis])[0];
    return first === undefined ? order.length : order.indexOf(first.key);
  };
  return [...axes].sort((a, b) => at(a) - at(b));
}

/** Reshapes the base to `units`, permutes these, reshapes to the axes; each only where it has an effect. */
function plan(
  base: readonly AxisFactors[],
  units: readonly AxisFactors[],
  axes: readonly AxisFactors[],
): readonly Step[] | null {
  if (!sameFactors(flat(base), flat(units))) return null;
  const perm = permutation(units, axes);
  if (perm === null) return null;
  const before = extentsOf(units);
  const after = perm.map((p) => before[p]!);
  return [
    ...reshapeTo(extentsOf(base), before),
    { kind: "transpose", perm, dims: after },
    ...reshapeTo(after, extentsOf(axes)),
  ];
}

function reshapeTo(from: readonly Expr[], dims: readonly Expr[]): readonly Step[] {
  return sameExtents(from, dims) ? [] : [{ kind: "reshape", dims }];
}

/** The order of `units` in which they run through `axes`; units of extent 1 go to axes of extent 1 while there are any, else to the end. */
function permutation(units: readonly AxisFactors[], axes: readonly AxisFactors[]): readonly number[] | null {
  const left = new Map(units.map((unit, i) => [i, flat([unit])]));
  const perm: number[] = [];
  const take = (wanted: (unit: AxisFactors) => boolean): AxisFactors | null => {
    const found = [...left].find(([, unit]) => wanted(unit));
    if (found === undefined) return null;
    left.delete(found[0]);
    perm.push(found[0]);
    return found[1];
  };
  for (const axis of axes.map((a) => flat([a]))) {
    if (axis.length === 0) take((unit) => unit.length === 0);
    for (let at = 0; at < axis.length;) {
      const unit = take((u) => u.length > 0 && sameFactors(u, axis.slice(at, at + u.length)));
      if (unit === null) return null;
      at += unit.length;
    }
  }
  while (take((unit) => unit.length === 0) !== null);
  return left.size === 0 ? perm : null;
}

/** Refuses a Reshape with several unknown extents of which one depends on data. */
function known(steps: readonly Step[]): readonly Step[] | null {
  const fails = steps.some(
    ({ kind, dims }) => kind === "reshape" && dims.filter((d) => typeof d !== "number").length > 1 && dims.some(isOpen),
  );
  return fails ? null : steps;
}

/** Adds the nodes of `steps` after `value`; the last one makes `output` if given. Returns the name of the result. */
export function addSteps(d: Draft, value: string, elem: ElemType, steps: readonly Step[], output?: string): string {
  return steps.reduce((from, step, i) => {
    const name = i === steps.length - 1 ? output : undefined;
    const shape = { elem, dims: step.dims };
    if (step.kind === "transpose") {
      return d.add({ op: "Transpose", inputs: [from], attributes: { perm: ints(step.perm) }, shape }, name);
    }
    const attributes = { allowzero: int(1) };
    return d.add({ op: "Reshape", inputs: [from, d.integers(compactTarget(step.dims))], attributes, shape }, name);
  }, value);
}
