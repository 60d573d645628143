/**
 * @file Integer operands that size or bound a split axis become local, as a copy for that use; everywhere else an integer keeps its value
 * of the unsplit graph. The operator's rule says which elements these are, the layout what they become.
 */
import { compactTarget } from "../../operators/targets.ts";
import type { Axis, FactorMap, Sizing } from "../../operators/types.ts";
import type { CanonicalNode, ValueShape } from "../../ir/types.ts";
import { add, mul, RANK, type Expr } from "../../expr/expr.ts";
import { localDims, localExtent, localLength } from "../layout.ts";
import { type State } from "../state.ts";
import { layoutOf } from "../knowledge.ts";
import { integers } from "../writer.ts";
import type { AxisShard, Layout } from "../types.ts";

/** The node with local integer operands where it needs them. */
export function localOperands(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  shapes: readonly ValueShape[],
  layouts: readonly Layout[],
): CanonicalNode {
  const operands = new Set(map.sizing.map((s) => s.operand));
  const inputs = node.inputs.map((name, operand) => {
    const known = state.integers.get(name);
    if (!operands.has(operand) || known === undefined) return name;
    const sizing = map.sizing.filter((s) => s.operand === operand);
    const elements = sizing.some((s) => s.role === "start" || s.role === "end")
      ? bounds(state, node, map, sizing, known.elements, layouts)
      : extents(state, sizing, known.elements, shapes, layouts);
    return elements === null ? name : integers(state, `${node.outputs[0]}::local${operand}`, elements);
  });
  return { ...node, inputs };
}

/** Extents of outputs as the rank holds them; `null` where no sized output is split. */
function extents(
  state: State,
  sizing: readonly Sizing[],
  elements: readonly Expr[],
  shapes: readonly ValueShape[],
  layouts: readonly Layout[],
): readonly Expr[] | null {
  const touched = sizing.some((s) => layouts[s.output]?.some((shard) => shard.axis === s.axis));
  if (!touched) return null;
  const local = [...elements];
  for (const { element, output, axis } of sizing) {
    local[element] = localDims(shapes[output]!.dims, layouts[output]!, state.options.mesh, RANK)[axis]!;
  }
  return sizing.every((s) => s.role === "open extent") ? compactTarget(local) : local;
}

/** Bounds of a slice on a split axis: local rows before the slice, and local rows of the slice. */
function bounds(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  sizing: readonly Sizing[],
  elements: readonly Expr[],
  layouts: readonly Layout[],
): readonly Expr[] | null {
  const local = [...elements];
  let touched = false;
  for (const { element, role, output, axis } of sizing) {
    const kept = layouts[output]?.find((shard) => shard.axis === axis);
    if (kept === undefined) continue;
    touched = true;
    const start = startOf(state, node, map, axis, kept);
    local[element] = role === "start" ? start : add(start, localExtent(kept, state.options.mesh, RANK));
  }
  return touched ? local : null;
}

/** Local rows before the slice: those of the segments that make up the first factor of the axis. */
function startOf(state: State, node: CanonicalNode, map: FactorMap, axis: number, kept: AxisShard): Expr {
  const [whole] = layoutOf(state, node.inputs[0]!);
  const { joined } = map.inputs[0]![axis] as Axis & { joined: readonly number[] };
  let left = map.factors[joined[0]!]!.size;
  let start: Expr = 0;
  for (const segment of whole!.segments) {
    if (left === 0) break;
    start = add(start, localLength(segment.length, whole!, state.options.mesh, RANK));
    left = add(left, mul(-1, state.assumed.normal(segment.length), whole!.inner));
  }
  return mul(start, kept.inner);
}
