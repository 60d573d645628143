/**
 * @file Rows that windows made, and that were dealt anew, where they meet rows of another value: as many, but not the same ones on each rank. One
 * exchange deals them as those: a few rows at the edges of the chunks. Knows no operator.
 */
import { equal } from "../../expr/expr.ts";
import type { FactorMap } from "../../operators/types.ts";
import { noteSlice, sliceOf } from "../knowledge.ts";
import { extentOf, shardOf, type Split } from "../layout.ts";
import type { Demand } from "../propagate/unify.ts";
import { declare, shapeOf, splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";
import { chunkOf, joinParts, readRows } from "./rows.ts";

/** The operands of a node with rows dealt alike, as far as rows that were dealt anew meet others. */
export function lineUp(state: State, map: FactorMap, demands: readonly Demand[], origin: Origin): readonly Demand[] {
  const [first, ...others] = demands;
  if (first === undefined || state.over !== "sequence") return demands;
  const second = others[0];
  // The first of two may be the one that was dealt anew.
  const reference = (second && dealtLike(state, map, first, second, origin)) ?? first;
  return [reference, ...others.map((demand) => dealtLike(state, map, demand, reference, origin) ?? demand)];
}

/** `demand` with its rows dealt as those of `other`; `null` where they are already, or where these are no rows that were dealt anew. */
function dealtLike(state: State, map: FactorMap, demand: Demand, other: Demand, origin: Origin): Demand | null {
  const [[factor, split] = [], ...more] = demand.splits;
  const target = factor === undefined ? undefined : other.splits.get(factor);
  if (factor === undefined || split === undefined || target === undefined || more.length > 0) return null;
  const isDealt = split.segments.some((segment) => state.dealt.has(segment.origin));
  const axis = map.inputs[demand.operand]!.findIndex(
    (of) => "product" in of && of.product.length === 1 && of.product[0] === factor,
  );
  if (!isDealt || axis < 0 || ![split, target].every(({ outer }) => equal(outer, 1))) return null;
  if (isSame(state, split, target)) return null;
  if (!state.assumed.assume(extentOf(split), extentOf(target), origin)) return null;
  // One rank has all rows, however they are dealt.
  const isAlone = splitRanks(state) === 1;
  const value = isAlone ? demand.value : redealt(state, demand.value, axis, split, target, origin);
  return { ...demand, value, splits: new Map([[factor, target]]) };
}

function isSame(state: State, a: Split, b: Split): boolean {
  const { agree } = state.assumed;
  return (
    equal(a.inner, b.inner) &&
    a.segments.length === b.segments.length &&
    a.segments.every(({ length }, i) => agree(length, b.segments[i]!.length))
  );
}

/** The value as another split has it; made once. */
export function redealt(
  state: State,
  value: string,
  axis: number,
  split: Split,
  target: Split,
  origin: Origin,
): string {
  const shard = shardOf(axis, target, state.over);
  const known = sliceOf(state, value, shard);
  if (known !== null) return known;
  const shape = shapeOf(state, value);
  const name = `${value}::redealt`;
  const chunks = target.segments.map((_, at) => chunkOf(state, target, at));
  const parts = readRows(state, { value, axis, split }, chunks, { name, purpose: "halo" }, origin);
  const made = joinParts(state, parts, name, shape, { axis, output: target }, origin);
  declare(state, made, shape, [shard], value, state.origins.get(value) ?? origin);
  noteSlice(state, value, shard, made);
  return made;
}
