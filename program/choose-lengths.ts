/**
 * @file Lengths for a simulation, or to measure ranks, where the caller gives none: chosen so that the equations hold and splits are uneven.
 * Runs nothing.
 */
import { evaluate, symbolsOf, type Expr } from "../compiler/expr/expr.ts";
import type { Lengths } from "./lengths.ts";
import { groupSize, type Mesh } from "./mesh.ts";
import type { ProgramCount, ProgramLength } from "./types.ts";

interface Equation {
  readonly left: Expr;
  readonly right: Expr;
}

export interface LengthsWanted {
  readonly lengths: readonly Pick<ProgramLength, "name" | "count">[];
  readonly equations: readonly Equation[];
  readonly mesh: Mesh;
  /** Names of the lengths that are split as a batch. */
  readonly batch: ReadonlySet<string>;
  /** Numbers to begin with instead, which are moved as little as the equations need. */
  readonly start?: Lengths;
}

/** How far a length is moved to make an equation hold, alone and together with another. */
const REACH = { one: 1024, two: 16 } as const;

/** Multiples of the number of ranks near which lengths begin. */
const FIRST = 3;

/**
 * A number for every length: a different one each, above the number of ranks that it is split over and no multiple of it, moved as little
 * as all equations need. A batch is as small as that allows. If none is found some equations stay violated; `checkLengths` reports which.
 */
export function chooseLengths(
  { lengths: named, equations, mesh, batch, start }: LengthsWanted,
  first: number = FIRST,
): Lengths {
  const ranks = groupSize("sequence", mesh);
  const batches = groupSize("batch", mesh);
  const uneven = (i: number): number => ranks * (i + first) + (ranks === 1 ? 0 : 1 + (i % (ranks - 1)));
  const least = (name: string): number => (batch.has(name) ? batches : ranks);
  const begun: Record<string, number> = {};
  for (const [i, { name, count }] of named.entries()) {
    const own = batch.has(name) ? batches + 1 : uneven(i);
    // Of the elements that are counted, most but not all.
    begun[name] = start?.[name] ?? (count === undefined ? own : Math.ceil(0.75 * rangeOf(count, begun)));
  }
  let lengths: Lengths = begun;
  for (;;) {
    const broken = equations.filter((equation) => !holds(equation, lengths));
    const better = improvement(broken, lengths, least, (changed) => brokenBy(equations, changed) < broken.length);
    if (better === null) return lengths;
    lengths = better;
  }
}

function rangeOf({ from, to }: ProgramCount, lengths: Lengths): number {
  return evaluate(to, lengths) - evaluate(from, lengths);
}

function improvement(
  broken: readonly Equation[],
  lengths: Lengths,
  least: (name: string) => number,
  isBetter: (changed: Lengths) => boolean,
): Lengths | null {
  for (const equation of broken) {
    for (const change of changes(equation, lengths)) {
      const changed = { ...lengths, ...change };
      if (Object.entries(change).some(([name, x]) => x < least(name)) || !holds(equation, changed)) continue;
      if (isBetter(changed)) return changed;
    }
  }
  return null;
}

/**
 * Candidates that may satisfy an equation: substituting one side for a length that is the other, then small moves of one length, then of
 * two.
 */
function* changes({ left, right }: Equation, lengths: Lengths): Generator<Lengths> {
  if (typeof left === "string") yield { [left]: evaluate(right, lengths) };
  if (typeof right === "string") yield { [right]: evaluate(left, lengths) };
  const names = [...new Set([...symbolsOf(left), ...symbolsOf(right)])];
  for (const name of names) for (const move of moves(REACH.one)) yield { [name]: lengths[name]! + move };
  for (const [i, one] of names.entries())
    for (const two of names.slice(i + 1))
      for (const a of moves(REACH.two))
        for (const b of moves(REACH.two)) yield { [one]: lengths[one]! + a, [two]: lengths[two]! + b };
}

/** 1, -1, 2, -2 and so on: near numbers first, larger ones before smaller. */
function moves(reach: number): readonly number[] {
  return Array.from({ length: 2 * reach }, (_, i) => (i % 2 === 0 ? 1 : -1) * (Math.floor(i / 2) + 1));
}

function holds({ left, right }: Equation, lengths: Lengths): boolean {
  return evaluate(left, lengths) === evaluate(right, lengths);
}

function brokenBy(equations: readonly Equation[], lengths: Lengths): number {
  return equations.filter((equation) => !holds(equation, lengths)).length;
}
