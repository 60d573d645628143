/**
 * @file The segments of a whole value that is about to be split: the streams that a Concat joined, as far back as they can be followed.
 * Each stream is split separately, so that a later slice between them stays exact. Uses rules, knows no operator.
 */
import { viewOf } from "../../operators/infer.ts";
import { factorsOf } from "../../operators/factors.ts";
import type { Axis, FactorMap } from "../../operators/types.ts";
import { indexOf } from "../../ir/graph-index.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { equal } from "../../expr/expr.ts";
import { lengthOf, partition } from "../layout.ts";
import { shapeOf, type State } from "../state.ts";
import type { Segment } from "../types.ts";

/** How far back a stream is followed. */
const FUEL = 512;

/** Segments of axis `axis` of a value of the unsplit graph. */
export function segmentsOf(state: State, value: string, axis: number): readonly Segment[] {
  const fuel = { left: FUEL };
  return trace(state, value, axis, fuel) ?? [single(state, value, axis)];
}

function single(state: State, value: string, axis: number): Segment {
  return { length: shapeOf(state, value).dims[axis] ?? 1, origin: value };
}

/** The segments if the value's producers have more than one, else `null`. */
function trace(state: State, value: string, axis: number, fuel: { left: number }): readonly Segment[] | null {
  if (fuel.left-- <= 0) return null;
  const made = makerOf(state, value);
  if (made === null) return null;
  const { node, map } = made;
  const output = map.outputs[node.outputs.indexOf(value)]?.[axis];
  if (output === undefined) return null;
  if ("joined" in output) return joined(state, node, map, output.joined, fuel);
  const [factor] = output.product;
  if (output.product.length !== 1 || factor === undefined || map.factors[factor]?.kind !== "free") return null;
  for (const [operand, at] of places(map, factor)) {
    const source = node.inputs[operand]!;
    const found = map.inputs[operand]![at]!;
    const deeper = trace(state, source, at, fuel);
    const own = deeper === null ? null : segmentsIn(found, factor, deeper, map);
    if (own !== null && own.length > 1 && equal(lengthOf(own), shapeOf(state, value).dims[axis]!)) return own;
  }
  return null;
}

/** The segments of a Concat: those of each operand, in order. */
function joined(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  factors: readonly number[],
  fuel: { left: number },
): readonly Segment[] {
  return factors.flatMap((factor) => {
    const [place] = places(map, factor);
    if (place === undefined) return [];
    const [operand, axis] = place;
    const source = node.inputs[operand]!;
    return trace(state, source, axis, fuel) ?? [single(state, source, axis)];
  });
}

/** Operand axes that consist of a factor alone, or of joined factors including it. */
export function places(map: FactorMap, factor: number): readonly (readonly [number, number])[] {
  return map.inputs.flatMap((axes, operand) =>
    (axes ?? []).flatMap((axis, at) => {
      const factors = "product" in axis ? axis.product : axis.joined;
      const alone = "joined" in axis || factors.length === 1;
      return factors.includes(factor) && alone ? [[operand, at] as const] : [];
    }),
  );
}

/** Of the segments of an operand's axis, those of the factor. */
function segmentsIn(
  axis: Axis,
  factor: number,
  segments: readonly Segment[],
  map: FactorMap,
): readonly Segment[] | null {
  if ("product" in axis) return segments;
  const sizes = axis.joined.map((p) => map.factors[p]!.size);
  const splits = partition({ outer: 1, segments, inner: 1 }, sizes);
  return splits?.[axis.joined.indexOf(factor)]?.segments ?? null;
}

/** The factors of the node that makes a value, in the unsplit graph; `null` for an input, or where its rule does not say. */
export function makerOf(state: State, value: string): { readonly node: CanonicalNode; readonly map: FactorMap } | null {
  const node = indexOf(state.graph).producer(value);
  if (node === undefined) return null;
  const { shapes, integers } = state;
  const view = viewOf(node, { shapes, integers, constants: state.graph.constants, declared: () => null });
  const map = factorsOf(view);
  return map === null ? null : { node, map };
}
