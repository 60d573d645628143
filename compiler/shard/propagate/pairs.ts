/**
 * @file Tables of all pairs of tokens, such as masks: where rows of one value meet rows of another along another axis, what is small is gathered.
 * Knows no operator.
 */
import { gatheredForPairs } from "../../diagnostics/catalog/splitting/pairs.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { equal } from "../../expr/expr.ts";
import type { FactorMap } from "../../operators/types.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { layoutOf } from "../knowledge.ts";
import { at, originAt, relatedTo, sayOrigin, sayValue } from "../origins.ts";
import { shapeOf, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { gatherWhole } from "./split-gather.ts";
import type { Demand } from "./unify.ts";

/** The operands of a node of which no two are split along different axes any more, as far as small ones could be gathered. */
export interface Paired {
  readonly node: CanonicalNode;
  readonly demands: readonly Demand[];
}

export function gatherForPairs(
  state: State,
  node: CanonicalNode,
  map: FactorMap,
  demands: readonly Demand[],
  origin: Origin,
): Paired {
  const kept = { node, demands };
  if (demands.length < 2 || splitRanks(state) === 1 || state.over !== "sequence") return kept;
  if (!isTable(map)) return kept;
  const [first, ...large] = demands.filter(({ value }) => !isSmall(state, value));
  const isApart = (a: Demand, b: Demand): boolean => [...a.splits.keys()].every((factor) => !b.splits.has(factor));
  if (large.some((other) => isApart(first!, other))) return kept;
  const conflicting = demands.filter((d) => demands.some((other) => isApart(d, other)));
  const gathered = conflicting.filter(({ value }) => isSmall(state, value));
  if (gathered.length === 0) return kept;
  const wholes = new Map(gathered.map(({ value }) => [value, gatherOnce(state, node, value, origin)]));
  return {
    node: { ...node, inputs: node.inputs.map((name) => wholes.get(name) ?? name) },
    demands: demands.filter(({ value }) => !wholes.has(value)),
  };
}

/** Every axis is one factor, and every element of the result is made on its own. */
function isTable({ factors, inputs, outputs }: FactorMap): boolean {
  const axes = [...inputs, ...outputs].flatMap((all) => all ?? []);
  return (
    factors.every(({ kind }) => kind === "free") && axes.every((axis) => "product" in axis && axis.product.length < 2)
  );
}

/** Conditions and whole numbers, and numbers of tokens or of pairs of tokens: without channels, but for each element of the batch. */
function isSmall(state: State, value: string): boolean {
  const { elem, dims } = shapeOf(state, value);
  const split = layoutOf(state, value)[0]?.axis ?? dims.findLastIndex((d) => d !== 1);
  return !elem.includes("float") || dims.every((d, axis) => d === 1 || axis === 0 || equal(d, dims[split]!));
}

/** A value that many nodes read is gathered once. */
function gatherOnce(state: State, node: CanonicalNode, value: string, origin: Origin): string {
  const known = state.gathered.get(value);
  if (known !== undefined) return known;
  const by = state.origins.get(value);
  const params = { ...at(node), value: sayValue(state, value), from: sayOrigin(by) };
  state.diagnostics.push(
    diagnose(gatheredForPairs, params, { related: relatedTo(originAt(node), "rows meet columns here") }),
  );
  const whole = gatherWhole(state, value, `${value}::whole`, "mask gather", origin);
  state.gathered.set(value, whole);
  return whole;
}
