/**
 * @file Follows one split through a region by factor maps, forward and backward. A guess at layouts that are useful, not a proof: other
 * operands are ignored.
 */
import type { FactorMap } from "../../operators/types.ts";
import { equal, mul, type Expr } from "../../expr/expr.ts";
import { embed, lengthOf, locate, type Split } from "../layout.ts";
import type { Segment } from "../types.ts";
import { batchFactors, type Region } from "./find.ts";

/** A split of one axis of a value. */
export interface AxisSplit extends Split {
  readonly axis: number;
}

export type Splits = ReadonlyMap<string, AxisSplit>;

/** The splits that an input's split gives the values of a region, through free factors only. */
export function followed({ nodes, maps }: Region, input: string, split: AxisSplit): Splits {
  const known = new Map([[input, split]]);
  for (const node of nodes) {
    const map = maps.get(node);
    if (map === undefined) continue;
    for (const [operand, name] of node.inputs.entries()) {
      const own = known.get(name);
      const factors = own === undefined ? null : factorsAt(map, map.inputs[operand]?.[own.axis], own);
      if (factors !== null) note(known, node.outputs, map.outputs, factors, map);
    }
  }
  return known;
}

/** The splits of a region's values that lead to a split of one of its results; `null` where a view hides it. */
function traced({ nodes, maps }: Region, result: string, split: AxisSplit): Splits | null {
  const known = new Map([[result, split]]);
  for (const node of nodes.toReversed()) {
    const map = maps.get(node);
    for (const [output, name] of node.outputs.entries()) {
      const own = known.get(name);
      if (own === undefined) continue;
      if (map === undefined) return null;
      const factors = factorsAt(map, map.outputs[output]?.[own.axis], own);
      if (factors === null) return null;
      note(known, node.inputs, map.inputs, factors, map);
    }
  }
  // What is split so leads to the other results, and to operands of theirs.
  for (const node of nodes) {
    const map = maps.get(node);
    if (map === undefined) continue;
    for (const [operand, name] of node.inputs.entries()) {
      const own = known.get(name);
      const factors = own === undefined ? null : factorsAt(map, map.inputs[operand]?.[own.axis], own);
      if (factors === null) continue;
      note(known, node.outputs, map.outputs, factors, map);
      note(known, node.inputs, map.inputs, factors, map);
    }
  }
  return known;
}

/** The free factors that a split axis consists of; `null` where the split is not of one of them. */
function factorsAt(
  map: FactorMap,
  axis: FactorMap["outputs"][number][number] | undefined,
  split: Split,
): ReadonlyMap<number, Split> | null {
  const factors = axis === undefined ? null : locate(axis, split, map.factors);
  return factors !== null && [...factors.keys()].every((f) => map.factors[f]!.kind === "free") ? factors : null;
}

/** Notes the splits of values by their factors, unless they are known. */
function note(
  known: Map<string, AxisSplit>,
  names: readonly string[],
  all: FactorMap["inputs"],
  factors: ReadonlyMap<number, Split>,
  map: FactorMap,
): void {
  for (const [at, name] of names.entries()) {
    if (name === "" || known.has(name)) continue;
    for (const [axis, own] of (all[at] ?? []).entries()) {
      const split = embed(own, factors, map.factors);
      if (split === undefined || split === null || known.has(name)) continue;
      known.set(name, { axis, ...split });
    }
  }
}

/**
 * Splits of a region's values along a factor that its last product computes index by index: the innermost one first, since heads are inside
 * a batch; and factors of it that views in the region have, where both are merged. `best` split every product of the region, in a number of heads
 * that is known to be enough; for the others, a rank computes some products whole, or a run with too few elements is refused.
 */
export function headSplits(
  region: Region,
  atLeast: number,
): { readonly best: readonly Splits[]; readonly others: readonly Splits[] } {
  const map = region.maps.get(region.end)!;
  const [result] = region.end.outputs;
  const [axes = []] = map.outputs;
  const found = batchFactors(map)
    .toReversed()
    .flatMap((factor) => {
      const axis = axes.findIndex((a) => "product" in a && a.product.length === 1 && a.product[0] === factor);
      if (axis < 0) return [];
      const { size } = map.factors[factor]!;
      const whole = { outer: 1, segments: headsOf(size), inner: 1 };
      return [whole, ...partsOf(region, size)].map((split) => ({ axis, ...split }));
    });
  const isFixed = ({ segments }: AxisSplit): boolean => typeof lengthOf(segments) === "number";
  const enough = found.filter((split) => isFixed(split) && Number(lengthOf(split.segments)) >= atLeast);
  const tracedAll = (splits: readonly AxisSplit[]): readonly Splits[] =>
    splits.flatMap((split) => traced(region, result!, split) ?? []);
  const isShared = (splits: Splits): boolean => region.products.every(({ outputs: [made] }) => splits.has(made!));
  const fixed = tracedAll(enough);
  return {
    best: fixed.filter(isShared),
    others: [...fixed.filter((splits) => !isShared(splits)), ...tracedAll(found.filter((split) => !isFixed(split)))],
  };
}

/** How views in the region divide an extent: each factor of such an axis as a split of it, the innermost first. */
function partsOf({ maps }: Region, extent: Expr): readonly Split[] {
  const found = new Map<string, Split>();
  for (const { factors, inputs, outputs } of maps.values()) {
    for (const axis of [...inputs, ...outputs].flatMap((axes) => axes ?? [])) {
      if (!("product" in axis) || axis.product.length < 2) continue;
      const sizes = axis.product.map((f) => factors[f]!.size);
      if (!equal(mul(1, ...sizes), extent)) continue;
      for (const [i, size] of [...sizes.entries()].toReversed()) {
        const split = {
          outer: mul(1, ...sizes.slice(0, i)),
          segments: headsOf(size),
          inner: mul(1, ...sizes.slice(i + 1)),
        };
        found.set(JSON.stringify([split.outer, size, split.inner]), split);
      }
    }
  }
  return [...found.values()];
}

function headsOf(length: Expr): readonly Segment[] {
  return [{ length, origin: "heads" }];
}
