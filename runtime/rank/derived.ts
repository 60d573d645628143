/**
 * @file What follows from the lengths of a run on one rank: integer inputs of pieces and placements of collectives. Kept while the
 * lengths stay, since a sampler runs the same lengths many times. Knows no session.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { evaluate, RANK, type Cut } from "../../compiler/expr/expr.ts";
import { cutOf, type Shares } from "../../program/shares.ts";
import type { CollectiveStep, Program, ProgramIntegers } from "../../program/types.ts";
import { placer } from "../collectives/placement.ts";
import type { Lengths, Placement } from "../collectives/placement.ts";
import type { OrtTensor } from "../../ort/session.ts";

export interface Derived {
  readonly integers: ReadonlyMap<string, OrtTensor>;
  readonly placement: (step: CollectiveStep) => Placement;
}

/** Returns what `lengths` give on `rank`, dealt by `shares`; the last of both asked for are remembered. */
export function deriver(program: Program, rank: number): (lengths: Lengths, shares: Shares) => Derived {
  let last: { readonly key: string; readonly derived: Derived } | undefined;
  return (lengths, shares) => {
    const key = JSON.stringify([lengths, shares]);
    if (last?.key !== key) last = { key, derived: derive(program, rank, lengths, cutOf(program.mesh, shares)) };
    return last.derived;
  };
}

function derive(program: Program, rank: number, lengths: Lengths, cut: Cut): Derived {
  const names = { ...lengths, [RANK]: rank };
  const place = placer(program.mesh, lengths, cut);
  const integers = Object.entries(program.derived).map(([name, value]): [string, OrtTensor] => [
    name,
    integerTensor(value, names, cut),
  ]);
  return { integers: new Map(integers), placement: (step) => place(step, rank) };
}

function integerTensor({ elem, dims, elements }: ProgramIntegers, names: Lengths, cut: Cut): OrtTensor {
  const numbers = elements.map((element) => evaluate(element, names, cut));
  const size = dims.reduce((a, b) => a * b, 1);
  invariant(numbers.length === size, `${numbers.length} elements for an integer tensor of ${size}`);
  return { elem, dims, data: elem === "int64" ? BigInt64Array.from(numbers, BigInt) : Int32Array.from(numbers) };
}
