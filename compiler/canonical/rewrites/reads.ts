/**
 * @file Gathers whose indices address every element once and in the order of axes, as exporters write `mask[batch, keys]`, become views.
 * Knows no attention and no plan.
 */
import { equal, mul, type Expr } from "../../expr/expr.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { fromEnd } from "../../operators/builder.ts";
import { componentsOf } from "./assignments.ts";
import { applyPatches, draft, type Patch } from "./draft.ts";
import { dimsOf, elemOf, isOp, lookupOf, type Lookup } from "./lookup.ts";
import { addSteps, stepsOf } from "./views/arrange.ts";
import { affineOf, type Affine } from "./views/strides.ts";
import { hasRepeat, regroup, viewOf, type AxisFactors, type View } from "./views/views.ts";

export function readInOrder(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => inOrder(lookup, node) ?? []),
  );
}

function inOrder(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [data = ""] = node.inputs;
  // A look-up in a table of weights says what it is; as a view it would say less.
  if (lookup.graph.constants.has(data)) return null;
  const view = isOp(node, "GatherND") ? byPosition(lookup, node) : isOp(node, "Gather") ? byNumber(lookup, node) : null;
  return view && viewed(lookup, node, view);
}

/** Each component of the indices runs along an axis of its own, over all of the data's axis. */
function byPosition(lookup: Lookup, node: CanonicalNode): View | null {
  const [data = "", indices = ""] = node.inputs;
  const dims = dimsOf(lookup, data);
  const components = componentsOf(lookup, indices);
  if (components === null || numberAttribute(node.attributes, "batch_dims", 0) !== 0) return null;
  const base = viewOf(dims).base;
  const runs = components.map((component, axis) => runsOf(component, dims[axis]!));
  if (runs.some((run) => run === null || run.length > 1)) return null;
  const along = runs.map((run) => run?.[0] ?? -1);
  const used = along.filter((axis) => axis >= 0);
  if (new Set(used).size < used.length) return null;
  const read = components[0]?.dims.map((extent, axis): AxisFactors => {
    const from = along.indexOf(axis);
    return from < 0 ? repeated(extent, axis) : base[from]!;
  });
  return read === undefined ? null : { base, axes: [...read, ...base.slice(components.length)] };
}

/** One index counts through an axis of the data, row-major over axes of its own. */
function byNumber(lookup: Lookup, node: CanonicalNode): View | null {
  const [data = "", indices = ""] = node.inputs;
  const dims = dimsOf(lookup, data);
  const axis = fromEnd(numberAttribute(node.attributes, "axis", 0), dims.length);
  const index = affineOf(lookup, indices);
  const runs = index && runsOf(index, dims[axis] ?? 0);
  if (index === null || runs === null) return null;
  const apart = regroup(viewOf(dims), dims.toSpliced(axis, 1, ...runs.map((run) => index.dims[run]!)));
  if (apart === null) return null;
  const read = index.dims.map((extent, at): AxisFactors => {
    const from = runs.indexOf(at);
    return from < 0 ? repeated(extent, at) : apart.axes[axis + from]!;
  });
  return { base: apart.base, axes: [...apart.axes.slice(0, axis), ...read, ...apart.axes.slice(axis + runs.length)] };
}

/**
 * The axes along which an index counts from 0 to `extent` - 1, the slowest first: each steps by the number of all faster ones. `null` where
 * it counts otherwise; none where the extent is 1 and the index 0.
 */
function runsOf({ offset, steps, dims }: Affine, extent: Expr): readonly number[] | null {
  const left = new Set(steps.flatMap((step, axis) => (step === 0 ? [] : [axis])));
  const runs: number[] = [];
  let counted: Expr = 1;
  while (left.size > 0) {
    const next = [...left].find((axis) => equal(steps[axis]!, counted));
    if (next === undefined) return null;
    left.delete(next);
    runs.unshift(next);
    counted = mul(counted, dims[next]!);
  }
  return offset === 0 && equal(counted, extent) ? runs : null;
}

function repeated(extent: Expr, axis: number): AxisFactors {
  return extent === 1 ? [] : [{ key: `repeat.${axis}`, extent, repeat: true }];
}

/** The view as nodes: what is repeated has extent 1 first, and is expanded last. */
function viewed(lookup: Lookup, node: CanonicalNode, view: View): Patch | null {
  const [[data = ""], [output]] = [node.inputs, node.outputs as readonly [string]];
  const [elem, dims] = [elemOf(lookup, output), dimsOf(lookup, output)];
  const once: View = { base: view.base, axes: view.axes.map((axis) => axis.filter(({ repeat }) => !repeat)) };
  const steps = stepsOf(once);
  if (steps === null) return null;
  const d = draft(lookup, node.name, node.scope);
  const repeats = hasRepeat(view);
  const isLast = steps.length > 0 && !repeats;
  const read = addSteps(d, data, elem, steps, isLast ? output : undefined);
  if (repeats) d.add({ op: "Expand", inputs: [read, d.integers(dims)], shape: { elem, dims } }, output);
  else if (!isLast) d.add({ op: "Identity", inputs: [read], shape: { elem, dims } }, output);
  return d.replace(node);
}
