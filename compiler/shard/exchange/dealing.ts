/**
 * @file How the places that windows make are dealt to the ranks: with the rows that they are made of where that is exact, else anew. Knows no
 * operator.
 */
import { equal, exactDiv, isOpen, mul, type Expr } from "../../expr/expr.ts";
import { sayPlace } from "../origins.ts";
import { neverEmpty } from "../knowledge.ts";
import { extentOf, type Split } from "../layout.ts";
import { splitRanks, type State } from "../state.ts";
import type { Origin } from "../types.ts";

/** How an operand and the result of it are split. */
export interface Dealing {
  readonly input: Split;
  readonly output: Split;
}

/** The result of a window: `up` places for `down` rows. */
export interface Made {
  readonly name: string;
  readonly axis: number;
  readonly places: Expr;
  readonly up: number;
  readonly down: number;
}

/** `null` where a rank might have no place of a segment of the result, or where places of several segments are not those of their rows. */
export function deal(
  state: State,
  input: Split,
  { name, axis, places, up, down }: Made,
  origin: Origin,
): Dealing | null {
  if (input.segments.length === 0 || !equal(input.outer, 1)) return null;
  const ranks = splitRanks(state);
  const inner = exactDiv(mul(input.inner, up), down);
  const like = inner === null ? null : { ...input, inner };
  if (like !== null && equal(extentOf(like), places)) {
    return like.segments.every((segment) => neverEmpty(state, ranks, [segment])) ? { input, output: like } : null;
  }
  // Other places than rows are dealt anew, and each rank must get one.
  const [, ...others] = input.segments;
  const output = others.length > 0 ? null : dealAnew(state, input, { name, axis, places }, origin);
  return output && { input, output };
}

/** So many places in one segment, a chunk for each rank; `null` where a rank would have none. The rows that they are made of have the given split. */
export function dealAnew(
  state: State,
  rows: Split,
  { name, axis, places }: Pick<Made, "name" | "axis" | "places">,
  origin: Origin,
): Split | null {
  const ranks = splitRanks(state);
  if (isOpen(places) || (typeof places === "number" && places < ranks)) return null;
  const by = state.splitters.get(rows.segments[0]?.origin ?? "");
  if (by !== undefined) state.splitters.set(name, by);
  state.dealt.add(name);
  const minimum = {
    extent: places,
    atLeast: ranks,
    name: `axis ${axis} of the result of ${sayPlace(origin)}`,
    slice: null,
  };
  state.minimums.push({ ...minimum, origin: by ?? origin });
  return { outer: 1, segments: [{ length: places, origin: name }], inner: 1 };
}
