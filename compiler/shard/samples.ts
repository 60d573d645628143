/**
 * @file Whether two extents of a sharded graph agree: as expressions, else in numbers, for lengths that a run accepts, dealt equally and not.
 * Numbers refute and do not prove; the proof is elsewhere.
 */
import { PEER, RANK, equal, evaluate, isOpen, symbolsOf, type Cut, type Expr } from "../expr/expr.ts";
import type { Count } from "../ir/types.ts";
import { ranksOf } from "../../program/mesh.ts";
import { cutOf } from "../../program/shares.ts";
import type { Equation, ShardedGraph } from "./types.ts";

/** Two shapes that agree for every sampled length and rank; an extent that depends on data agrees with any. */
export type Agree = (a: readonly Expr[], b: readonly Expr[]) => boolean;

type Lengths = Readonly<Record<string, number>>;

/** Lengths to try: the ranks divide none of them, or all. */
const BASES = [24, 37, 101] as const;

export function agreement(graph: ShardedGraph): Agree {
  const ranks = ranksOf(graph.mesh);
  const all = BASES.flatMap((base) => sample(graph, base) ?? []);
  const uneven = Array.from({ length: ranks }, (_, rank) => 1 + ((5 * rank) % 7));
  const cuts = [cutOf(graph.mesh, null), cutOf(graph.mesh, uneven)];
  const places = all.flatMap((lengths) =>
    Array.from({ length: ranks }, (_, rank) => ({ ...lengths, [RANK]: rank, [PEER]: ranks - 1 - rank })).flatMap(
      (names) => cuts.map((cut) => ({ names, cut })),
    ),
  );
  return (a, b) => a.length === b.length && a.every((left, i) => same(left, b[i]!, places));
}

interface Place {
  readonly names: Lengths;
  readonly cut: Cut;
}

function same(a: Expr, b: Expr, places: readonly Place[]): boolean {
  if (equal(a, b)) return true;
  if (typeof a === "number" && typeof b === "number") return a < 0 || b < 0;
  if ([...symbolsOf(a), ...symbolsOf(b)].some((s) => s.startsWith("?"))) return true;
  return places.every(({ names, cut }) => evaluate(a, names, cut) === evaluate(b, names, cut));
}

/** Times that lengths are doubled to satisfy the minimums. */
const DOUBLINGS = 6;

/** Lengths near `base`, or a multiple of it, that a run accepts; `null` if none is found. */
function sample(graph: ShardedGraph, base: number): readonly Lengths[] | null {
  for (let i = 0; i <= DOUBLINGS; i++) {
    const lengths = solved(graph, base * 2 ** i);
    if (lengths !== null && isAccepted(graph, lengths)) return [lengths];
  }
  return null;
}

/** Different lengths near `base`, moved until every equation holds; `null` if assigning single lengths does not achieve that. */
function solved({ graph, equations }: ShardedGraph, base: number): Lengths | null {
  const lengths: Record<string, number> = {};
  for (const [i, { name, count }] of graph.lengths.entries())
    lengths[name] = count === undefined ? base + 5 * i : Math.ceil((2 / 3) * rangeOf(count, lengths));
  for (let round = 0; round <= equations.length; round++) {
    const open = equations.find((e) => !holds(e, lengths));
    if (open === undefined) return lengths;
    const [name, other] = typeof open.left === "string" ? [open.left, open.right] : [open.right, open.left];
    if (typeof name !== "string" || !Object.hasOwn(lengths, name)) return null;
    lengths[name] = evaluate(other, lengths);
  }
  return null;
}

/** Elements that are counted. */
function rangeOf({ from, to }: Count, lengths: Lengths): number {
  return evaluate(to, lengths) - evaluate(from, lengths);
}

/** Counts count no more than there is, and every rank gets its rows. */
function isAccepted({ graph, minimums }: ShardedGraph, lengths: Lengths): boolean {
  const isCounted = graph.lengths.every(
    ({ name, count }) => count === undefined || lengths[name]! <= rangeOf(count, lengths),
  );
  return isCounted && minimums.every(({ extent, atLeast }) => isOpen(extent) || evaluate(extent, lengths) >= atLeast);
}

function holds({ left, right }: Equation, lengths: Lengths): boolean {
  const known = [...symbolsOf(left), ...symbolsOf(right)].every((s) => Object.hasOwn(lengths, s));
  return !known || evaluate(left, lengths) === evaluate(right, lengths);
}
