/**
 * @file Lengths at which single pieces of a program can run: chosen so that its equations hold and little memory is read. Knows no session.
 */
import { evaluate, RANK, startsIn, symbolsOf, withinLimits } from "../compiler/expr/expr.ts";
import type { Expr } from "../compiler/expr/expr.ts";
import { chooseLengths } from "../program/choose-lengths.ts";
import type { Lengths } from "../program/lengths.ts";
import { ranksOf } from "../program/mesh.ts";
import { equalCut } from "../program/shares.ts";
import type { Program, ProgramProbe } from "../program/types.ts";

export interface Small {
  /** Where lengths begin, as multiples of the number of ranks, in order of preference. */
  readonly scales: readonly number[];
  /** The elements that the piece may read, only counted along the extents that `counts` says. */
  readonly most: number;
  readonly counts: (dim: Expr) => boolean;
  /** Whether lengths that no rank has a chunk of are as short as a batch. */
  readonly uncutShort: boolean;
}

/** `null` where no lengths were found. */
export function lengthsFor(program: Program, probe: ProgramProbe, small: Small): Lengths | null {
  const batch = new Set([...batchLengths(program), ...(small.uncutShort ? uncutLengths(program) : [])]);
  for (const scale of small.scales) {
    const lengths = withinLimits(() => chooseLengths({ ...program, batch }, scale));
    const elements = lengths === null ? null : withinLimits(() => elementsRead(program, probe, lengths, small));
    if (lengths !== null && elements !== null && elements <= small.most && satisfies(program, lengths)) return lengths;
  }
  return null;
}

/** Names of the lengths that the ranks deal among batch groups. */
function batchLengths({ derived }: Program): ReadonlySet<string> {
  const starts = Object.values(derived).flatMap(({ elements }) => elements.flatMap(startsIn));
  return new Set(starts.filter(({ axis }) => axis === "batch").flatMap(({ length }) => symbolsOf(length)));
}

/** None where nothing is cut: all lengths are alike then. */
function uncutLengths({ lengths, derived, steps }: Program): readonly string[] {
  const exprs = [
    ...Object.values(derived).flatMap(({ elements }) => elements),
    ...steps.flatMap((step) => (step.kind === "collective" ? step.transfers.flatMap(({ dims }) => dims) : [])),
  ];
  const cut = new Set(exprs.flatMap(startsIn).flatMap(({ length }) => symbolsOf(length)));
  return cut.size === 0 ? [] : lengths.map(({ name }) => name).filter((name) => !cut.has(name));
}

function elementsRead({ mesh }: Program, { reads }: ProgramProbe, lengths: Lengths, { counts }: Small): number {
  const ranks = Array.from({ length: ranksOf(mesh) }, (_, rank) => ({ ...lengths, [RANK]: rank }));
  const largest = (names: Lengths): number =>
    reads.reduce(
      (sum, { dims }) =>
        sum + dims.filter(counts).reduce<number>((size, dim) => size * evaluate(dim, names, equalCut), 1),
      0,
    );
  return Math.max(...ranks.map(largest));
}

function satisfies({ equations, minimums }: Program, lengths: Lengths): boolean {
  return (
    equations.every(({ left, right }) => evaluate(left, lengths) === evaluate(right, lengths)) &&
    minimums.every(({ length, at_least: least }) => evaluate(length, lengths) >= least)
  );
}
