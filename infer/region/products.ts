/**
 * @file Products that no rewrite recognised as attention, as sites of streams: which axes of their values are the rows of the result, followed
 * from the last product back through what lies between. Keys and values are no link to the result, as of an attention. Decides nothing.
 */
import { findRegions, type Region } from "../../compiler/shard/products/find.ts";
import type { CanonicalNode } from "../../compiler/ir/types.ts";
import type { Axis, FactorMap } from "../../compiler/operators/types.ts";
import type { FactorMaps } from "./factor-maps.ts";
import { keyOf, type Place } from "./place.ts";

/** Follows a place through a node that makes it, or reads it as an operand, and gives all places that have the same rows. */
export type Across = (node: CanonicalNode, place: Place, operand: number | null) => readonly Place[] | null;

export interface Products {
  /** The last products of the regions, which give their results. */
  readonly ends: ReadonlySet<CanonicalNode>;
  /** The region that a node is in. */
  readonly regionOf: ReadonlyMap<CanonicalNode, Region>;
  /** The rows of results: where a search for streams may begin. */
  readonly seeds: readonly Place[];
  /** Whether a place of a node in a region is on the way from the result's rows to the operand that has them. */
  readonly isRows: (place: Place) => boolean;
}

export function productsOf(maps: FactorMaps, across: Across): Products {
  const { index, mapOf } = maps;
  const regions = findRegions(index.graph, mapOf).filter(({ end }) => end.domain === "");
  const rows = new Map<string, Place>();
  const seeds = regions.flatMap((region) => {
    const found = rowsOf(region).map((place) => ({ place, origin: originOf(maps, place, across) }));
    const { place: seed } =
      found.find(({ origin }) => origin === "rows") ?? found.find(({ origin }) => origin === null) ?? {};
    if (seed === undefined) return [];
    followRows(region, seed, rows, across);
    return [seed];
  });
  return {
    ends: new Set(regions.map(({ end }) => end)),
    regionOf: new Map(regions.flatMap((region) => region.nodes.map((node) => [node, region] as const))),
    seeds,
    isRows: (place) => isWithin(place, rows.get(place.value)),
  };
}

/** Units of several rows, as those of a grid's rows, are rows too. */
function isWithin(place: Place, rows: Place | undefined): boolean {
  if (rows === undefined) return false;
  const isWhole = rows.outer === 1 && rows.inner === 1;
  return isWhole ? rows.axis === place.axis : keyOf(rows) === keyOf(place);
}

/** Axes of the result that not every operand of the last product has, in order: the rows are before the width. */
function rowsOf({ end, maps }: Region): readonly Place[] {
  const map = maps.get(end)!;
  const [result] = end.outputs;
  return (map.outputs[0] ?? []).flatMap((axis, at) => {
    const [factor] = "product" in axis && axis.product.length === 1 ? axis.product : [];
    if (factor === undefined || map.factors[factor]!.kind !== "free") return [];
    return isOfAll(map, factor) ? [] : [{ value: result!, axis: at, outer: 1, inner: 1 }];
  });
}

/** How far an axis is followed to the projection that made it. */
const FUEL = 256;

/**
 * What an axis is of the projection behind it: `rows`, of which each has the same weights, or `width`, that of the weights; `null` where views
 * hide it.
 */
function originOf({ index, mapOf }: FactorMaps, seed: Place, across: Across): "rows" | "width" | null {
  const { constants } = index.graph;
  const seen = new Set<string>();
  const pending = [seed];
  for (let place = pending.pop(); place !== undefined && seen.size < FUEL; place = pending.pop()) {
    const node = index.producer(place.value);
    if (node === undefined || seen.has(keyOf(place))) continue;
    seen.add(keyOf(place));
    const found = (across(node, place, null) ?? []).filter(({ value }) => node.inputs.includes(value));
    const sums = mapOf(node)?.factors.some(({ kind }) => kind === "sum") === true;
    if (sums && found.some(({ value }) => constants.has(value))) return "width";
    if (sums && found.length > 0 && node.inputs.some((value) => constants.has(value))) return "rows";
    pending.push(...found);
  }
  return null;
}

/** Whether all operands that are multiplied have it, as a batch: those with what is summed. Scales and zero points are none. */
function isOfAll({ factors, inputs }: FactorMap, factor: number): boolean {
  const has = (axes: readonly Axis[], isOne: (factor: number) => boolean): boolean =>
    axes.some((axis) => "product" in axis && axis.product.some(isOne));
  const multiplied = inputs.filter((axes) => axes && has(axes, (one) => factors[one]!.kind !== "free"));
  return multiplied.every((axes) => has(axes!, (one) => one === factor));
}

/** Back from the result to the operand that has its rows, and from what is on this way to other results. */
function followRows(region: Region, seed: Place, rows: Map<string, Place>, across: Across): void {
  const known = new Map([[seed.value, seed]]);
  const note = (found: readonly Place[] | null): void => {
    for (const next of found ?? []) {
      if (known.has(next.value)) continue;
      known.set(next.value, next);
    }
  };
  for (const node of region.nodes.toReversed()) {
    for (const place of node.outputs.flatMap((made) => known.get(made) ?? [])) note(across(node, place, null));
  }
  // What enters the region may be its keys as well: outside, other rules hold.
  for (const input of region.inputs) known.delete(input);
  for (const node of region.nodes) {
    for (const [operand, input] of node.inputs.entries()) {
      const place = known.get(input);
      if (place !== undefined) note(across(node, place, operand));
    }
  }
  const made = new Set(region.nodes.flatMap(({ outputs }) => outputs));
  for (const [value, place] of known) if (made.has(value)) rows.set(value, place);
}
