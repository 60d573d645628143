/**
 * @file The speed of a rank: milliseconds of one piece of the program on values of zeros, over a time long enough to notice who else uses
 * the core. Knows no other rank.
 */
import { RANK, evaluate, type Cut } from "../../compiler/expr/expr.ts";
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { isOrtElem, newData } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/session.ts";
import type { Program, ProgramTensor } from "../../program/types.ts";
import type { Lengths } from "../collectives/placement.ts";
import type { Derived } from "./derived.ts";
import type { Pieces } from "./pieces.ts";
import { createTable } from "./table.ts";

/** All ranks measure at once, each for this long. */
const WINDOW_MS = 400;

export interface Measuring {
  readonly program: Program;
  readonly rank: number;
  readonly pieces: Pieces;
  readonly derived: Derived;
  readonly lengths: Lengths;
  readonly cut: Cut;
  /** Throws if the measurement is to end. */
  readonly check: () => void;
}

/** Milliseconds of a run of the probed piece, the mean over the window. */
export async function measureRank({ program, rank, pieces, derived, lengths, cut, check }: Measuring): Promise<number> {
  const { probe } = program;
  const step = probe === null ? undefined : program.steps[probe.step];
  const runner = step?.kind === "piece" ? pieces.runners.get(step.piece) : undefined;
  invariant(probe !== null && step?.kind === "piece" && runner !== undefined, "the program has nothing to measure");
  const table = createTable();
  try {
    for (const tensor of probe.reads) {
      table.set(tensor.name, pieces.values.hold(zeros(tensor, { ...lengths, [RANK]: rank }, cut)));
    }
    for (const [name, tensor] of derived.integers) table.set(name, pieces.values.hold(tensor));
    const feeds = Object.fromEntries(Object.entries(step.inputs).map(([name, value]) => [name, table.get(value)]));
    const outputs = Object.fromEntries(Object.keys(step.outputs).map((name) => [name, null]));
    const once = async (): Promise<void> => {
      check();
      const results = await runner.run(feeds, outputs);
      for (const value of Object.values(results)) value.release();
    };
    // The first takes its memory.
    await once();
    const begun = performance.now();
    let runs = 0;
    for (; runs === 0 || performance.now() - begun < WINDOW_MS; runs++) await once();
    return (performance.now() - begun) / runs;
  } finally {
    table.clear();
  }
}

function zeros({ elem, dims }: ProgramTensor, names: Lengths, cut: Cut): OrtTensor {
  invariant(isOrtElem(elem), `no tensor of type ${elem}`);
  const extents = dims.map((dim) => evaluate(dim, names, cut));
  const size = extents.reduce((a, b) => a * b, 1);
  return { elem, dims: extents, data: newData(elem, size) };
}
