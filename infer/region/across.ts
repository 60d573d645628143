/**
 * @file One step of a stream: the axes of operands and results that have the same factor of a node as a given axis. Decides nothing.
 */
import { exactDiv, mul, show, type Expr } from "../../compiler/expr/expr.ts";
import type { CanonicalNode } from "../../compiler/ir/types.ts";
import type { Axis, FactorMap } from "../../compiler/operators/types.ts";
import { embed, locate, type Split } from "../../compiler/shard/layout.ts";
import type { FactorMaps } from "./factor-maps.ts";

/** An axis that has the stream: alone, or with axes around it that stay whole. */
export interface Place {
  readonly value: string;
  readonly axis: number;
  readonly outer: Expr;
  readonly inner: Expr;
}

/** What ends a stream, and may be of use. */
export interface Met {
  /** Nodes that reduce the stream to one result. */
  readonly reducers: Set<CanonicalNode>;
  /** Places of the outermost factor of an axis that is merged from several. */
  readonly merged: Place[];
}

export function keyOf({ value, axis, outer, inner }: Place): string {
  return `${axis} ${show(outer)} ${show(inner)} ${value}`;
}

export function extentOf({ index }: FactorMaps, { value, axis }: Place): Expr {
  return index.graph.shapes.get(value)?.dims[axis] ?? 1;
}

/** The operand and result axes that have the same factor, or `null` where the node needs it whole or does not pass it on. */
export function across(
  maps: FactorMaps,
  node: CanonicalNode,
  place: Place,
  operand: number | null,
  met: Met,
): readonly Place[] | null {
  const map = maps.mapOf(node);
  if (map === null) return null;
  const axes = operand === null ? map.outputs[node.outputs.indexOf(place.value)] : map.inputs[operand];
  const axis = axes?.[place.axis];
  const splits = axis === undefined ? null : locate(axis, splitOf(maps, place), map.factors);
  if (splits === null) {
    if (operand === null && axis !== undefined) noteMerged(met, place, axis, map);
    return null;
  }
  const all = joinedWith(maps, node, map, splits);
  const kinds = new Set([...all.keys()].map((factor) => map.factors[factor]!.kind));
  if (kinds.has("along")) return null;
  if (kinds.size > 1 || !kinds.has("free")) {
    const isAlone = map.inputs.filter((a) =>
      a?.some((x) => "product" in x && x.product.some((f) => all.has(f))),
    ).length;
    if (operand !== null && isAlone === 1 && place.outer === 1 && place.inner === 1) met.reducers.add(node);
    return null;
  }
  return placesOf(node, map, all);
}

function noteMerged({ merged }: Met, place: Place, axis: Axis, map: FactorMap): void {
  const [first] = "product" in axis ? axis.product : [];
  if (first === undefined || place.outer !== 1 || map.factors[first]!.kind !== "free") return;
  const whole = { outer: 1, segments: [{ length: map.factors[first]!.size, origin: place.value }], inner: 1 };
  const split = embed(axis, new Map([[first, whole]]), map.factors);
  if (split) merged.push({ ...place, outer: split.outer, inner: split.inner });
}

/** Where the operands and results have the factors. Two axes of one value, or a split that no axis has, end the stream. */
function placesOf(node: CanonicalNode, map: FactorMap, splits: ReadonlyMap<number, Split>): readonly Place[] | null {
  const found: Place[] = [];
  const sides = [
    ...map.inputs.map((axes, i) => ({ axes, value: node.inputs[i] ?? "" })),
    ...map.outputs.map((axes, i) => ({ axes, value: node.outputs[i] ?? "" })),
  ];
  for (const { axes, value } of sides) {
    let count = 0;
    for (const [axis, at] of (axes ?? []).entries()) {
      const split = value === "" ? undefined : embed(at, splits, map.factors);
      if (split === undefined || split?.segments.length === 0) continue;
      if (split === null || ++count > 1) return null;
      found.push({ value, axis, outer: split.outer, inner: split.inner });
    }
  }
  return found;
}

/** All factors of a concatenated axis, where one of them is split. */
function joinedWith(
  maps: FactorMaps,
  node: CanonicalNode,
  map: FactorMap,
  splits: ReadonlyMap<number, Split>,
): ReadonlyMap<number, Split> {
  const all = new Map(splits);
  for (const axis of map.outputs.flat()) {
    if ("product" in axis || !axis.joined.some((factor) => splits.has(factor))) continue;
    for (const factor of axis.joined) {
      if (all.has(factor)) continue;
      const operand = map.inputs.findIndex((a) => a?.some((x) => "product" in x && x.product.includes(factor)));
      const at = (map.inputs[operand] ?? []).findIndex((x) => "product" in x && x.product.includes(factor));
      if (at >= 0) all.set(factor, maps.wholeAxis(node.inputs[operand]!, at));
    }
  }
  return all;
}

function splitOf(maps: FactorMaps, place: Place): Split {
  const { outer, inner, value, axis } = place;
  if (outer === 1 && inner === 1) return maps.wholeAxis(value, axis);
  const length = exactDiv(extentOf(maps, place), mul(outer, inner)) ?? 1;
  return { outer, segments: [{ length, origin: value }], inner };
}
