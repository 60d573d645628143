/**
 * @file Finds the outputs of one module without markers. Exporters keep neither their order nor their number: an unread output is dropped,
 * and a shared subexpression looks like one.
 */
import { bindValues } from "../../diagnostics/catalog/bind.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { PlanSpec } from "../../plan/types.ts";
import { ownResults, type Boundary } from "../boundaries/boundaries.ts";
import { ABSENT, nameOf, outputsSeen, type Context, type Place, type Verdict } from "../context.ts";
import { describe, pasteFixes, pasteLine } from "../describe.ts";
import { whereOf } from "./known.ts";

/** `places` are outputs of one module without certain evidence. `taken` are values of other places. */
export function findOutputs(
  places: readonly Place[],
  taken: ReadonlySet<string>,
  context: Context,
): ReadonlyMap<Place, Verdict> {
  const module = places[0]?.module ?? "";
  const all = context.boundaries.of(module).outputs;
  const results = ownResults(all);
  const free = results.filter(({ value }) => !taken.has(value));
  const certain: Verdict = all.length === 1 ? found(all[0], "only output") : found(free[0]);
  const expected = outputsSeen(module, context);
  const answer = (verdict: (place: Place, i: number) => Verdict): ReadonlyMap<Place, Verdict> =>
    new Map(places.map((place, i) => [place, verdict(place, i)]));

  if (all.length === 0) return answer(() => ABSENT);
  const isComplete = places.length + taken.size === expected && places.every((place) => isWithinRange(place, expected));
  // Identical specs for every output need no order, and it does not matter which outputs the export folded or dropped.
  const isCovered = isComplete || (places.length + taken.size > expected && coversFromZero(places, taken.size));
  if (isCovered && allAlike(places, free)) return answer((_, i) => (i === 0 ? certain : found(free[i])));
  const outside = outOfRange(places, results, expected);
  if (outside !== null) return answer(() => outside);
  return (
    (isComplete && free.length === places.length ? byRank(places, free) : null) ??
    answer((place) => undecided(place, free))
  );
}

function found(boundary: Boundary | undefined, evidence: "only output" | "inferred" = "inferred"): Verdict {
  return boundary === undefined ? ABSENT : { value: boundary.value, evidence };
}

/** The index exists, and a list has one spec per output. */
function isWithinRange({ index, spec }: Place, outputs: number): boolean {
  return (index ?? 0) < outputs && (spec.count ?? outputs) === outputs;
}

/** Outputs named individually (not in a list, whose length must be right), from 0 without a gap, more than one. */
function coversFromZero(places: readonly Place[], known: number): boolean {
  const count = places.length + known;
  return count > 1 && places.every(({ index, spec }) => spec.count === null && (index ?? 0) < count);
}

function outOfRange(places: readonly Place[], results: readonly Boundary[], expected: number): Verdict {
  const [first] = places;
  if (first === undefined) return null;
  const values = results.map(({ value }) => value);
  const listed = places.find(({ spec }) => spec.count !== null && spec.count !== expected);
  if (listed !== undefined) {
    const params = { module: first.module, specs: listed.spec.count ?? 1, outputs: expected, values };
    return { error: diagnose(bindValues.outputCount, params, whereOf(listed)) };
  }
  const beyond = places.find(({ index }) => (index ?? 0) >= expected);
  if (beyond === undefined) return null;
  const params = { module: first.module, index: beyond.index ?? 0, outputs: expected, values };
  return { error: diagnose(bindValues.outputIndex, params, whereOf(beyond, "key")) };
}

/** All specs do the same, whichever result they apply to: also where one counts its axis from the end, or does not state the rank. */
function allAlike(places: readonly Place[], free: readonly Boundary[]): boolean {
  const ranks = new Set(free.map(({ shape }) => shape.dims.length));
  const [rank] = ranks.size === 1 ? ranks : [];
  return new Set(places.map(({ spec }) => JSON.stringify(effect(spec, rank)))).size <= 1;
}

/** The effect of a spec on a result of this rank; unchanged where the rank is open. */
function effect({ action, dim, expectedDims, count }: PlanSpec, rank: number | undefined): readonly unknown[] {
  if (rank === undefined || dim < -rank || (expectedDims !== null && expectedDims !== rank)) {
    return [action, dim, expectedDims, count];
  }
  return [action, dim < 0 ? dim + rank : dim, rank, count];
}

/** Assigns each place the only result of its expected rank, if no two places then have the same one. */
function byRank(places: readonly Place[], free: readonly Boundary[]): ReadonlyMap<Place, Verdict> | null {
  const fitting = places.map(({ spec }) => free.filter(({ shape }) => shape.dims.length === spec.expectedDims));
  const isUnique = fitting.every((fits) => fits.length === 1);
  const isDistinct = new Set(fitting.map((fits) => fits[0]?.value)).size === places.length;
  return isUnique && isDistinct ? new Map(places.map((place, i) => [place, found(fitting[i]?.[0])])) : null;
}

function undecided(place: Place, free: readonly Boundary[]): Verdict {
  const related = free.map((boundary) => describe(boundary, place.module));
  const line = pasteLine(place, free[0]?.value ?? "");
  const candidates = pasteFixes(
    place,
    free.map(({ value }) => value),
  );
  const params = { where: nameOf(place), count: free.length, line, candidates };
  return { error: diagnose(bindValues.ambiguousOutput, params, { ...whereOf(place), related }) };
}
