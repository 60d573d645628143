/**
 * @file Attentions that no rewrite recognised, for the search of a plan: what lies between two products, and where the rows of its queries are.
 * Decides nothing.
 */
import { withinLimits } from "../../compiler/expr/expr.ts";
import { CP, type CanonicalNode } from "../../compiler/ir/types.ts";
import type { Axis } from "../../compiler/operators/types.ts";
import { findRegions, type Region } from "../../compiler/shard/products/find.ts";
import { across, extentOf, keyOf, type Place } from "./across.ts";
import type { FactorMaps } from "./factor-maps.ts";

export interface ProductSite {
  readonly nodes: readonly CanonicalNode[];
  /** The product that ends it. */
  readonly end: CanonicalNode;
  /** The rows of its result. */
  readonly rows: Place;
  /** Keys of all places that have these rows, from the queries on. */
  readonly places: ReadonlySet<string>;
}

export function productSites(maps: FactorMaps): readonly ProductSite[] {
  return findRegions(maps.index.graph, maps.mapOf).flatMap((region) => {
    const rows = region.end.domain === CP ? null : rowsOf(maps, region);
    return rows === null ? [] : [{ nodes: region.nodes, end: region.end, rows, places: placesOf(maps, region, rows) }];
  });
}

/** The axis of the result that the last product takes from what comes before it alone; `null` where it has one element, or is no axis. */
function rowsOf(maps: FactorMaps, { nodes, end }: Region): Place | null {
  const map = maps.mapOf(end);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const [value = ""] = end.outputs;
  const has = (axes: readonly Axis[] | null, factor: number): boolean =>
    axes?.some((one) => "product" in one && one.product.includes(factor)) ?? false;
  const axis = (map?.outputs[0] ?? []).findIndex((one) => {
    const factor = "product" in one && one.product.length === 1 ? one.product[0]! : -1;
    const readers = end.inputs.filter((_, i) => has(map!.inputs[i] ?? null, factor));
    return map!.factors[factor]?.kind === "free" && readers.length === 1 && made.has(readers[0]!);
  });
  const place = { value, axis, outer: 1, inner: 1 };
  return axis < 0 || extentOf(maps, place) === 1 ? null : place;
}

function placesOf(maps: FactorMaps, { nodes }: Region, rows: Place): ReadonlySet<string> {
  const found = new Set([keyOf(rows)]);
  const pending = [rows];
  const met = { reducers: new Set<CanonicalNode>(), merged: [] };
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const { value } = place;
    for (const node of nodes) {
      const sides = [...(node.outputs.includes(value) ? [null] : []), ...indicesOf(node.inputs, value)];
      for (const side of sides) {
        for (const next of withinLimits(() => across(maps, node, place!, side, met)) ?? []) {
          if (found.has(keyOf(next))) continue;
          found.add(keyOf(next));
          pending.push(next);
        }
      }
    }
  }
  return found;
}

function indicesOf(values: readonly string[], value: string): readonly number[] {
  return values.flatMap((one, i) => (one === value ? [i] : []));
}
