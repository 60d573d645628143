/**
 * @file Where the time of a run goes, and the bytes that it moves.
 */
import { expect, test } from "vitest";
import { breakdown } from "../../../cli/bench/breakdown.ts";
import { bytesByFormula, checkedBytes } from "../../../cli/bench/bytes.ts";
import { compileStages } from "../../../compiler/compile.ts";
import type { Program } from "../../../program/types.ts";
import { placer } from "../../../runtime/collectives/placement.ts";
import type { RunStats } from "../../../runtime/caller/stats.ts";
import { fixture } from "../../support/fixtures.ts";
import { equalCut } from "../../../program/shares.ts";

const steps = [
  { kind: "piece", piece: "p0", module: "" },
  { kind: "collective", name: "ulysses in attn", module: "attn" },
  { kind: "piece", piece: "a0", module: "attn" },
  { kind: "hook", module: "attn" },
];
const pieces = [
  { id: "p0", kind: "local" },
  { id: "a0", kind: "attention" },
];
const tiny = { steps, pieces } as unknown as Program;

function statsOf(milliseconds: number, byStep: readonly (readonly number[])[]): RunStats {
  return {
    milliseconds,
    collectives: [],
    steps: byStep.map((times, index) => {
      const { kind } = steps[index] as { readonly kind: "piece" };
      return { index, kind, name: "", module: "", milliseconds: times };
    }),
  };
}

test("the parts add up to the time of the run", () => {
  // Rank 0 arrives at the exchange 4 ms before rank 1, which needs 1 ms for the transfer itself.
  const run = statsOf(22, [
    [10, 14],
    [5, 1],
    [3, 3],
    [1, 1],
  ]);
  const parts = breakdown(tiny, [run]);
  expect(parts).toEqual({ local: 12, exchange: 1, waiting: 2, attention: 3, hooks: 1, rest: 3 });
  expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(22);
});

test("several runs give means", () => {
  const run = (ms: number): RunStats => statsOf(4 * ms, [[ms, ms], [ms, ms], [ms, ms], [0, 0]]); // prettier-ignore
  expect(breakdown(tiny, [run(1), run(3)])).toMatchObject({ local: 2, exchange: 2, waiting: 0, attention: 2, rest: 2 });
});

async function compiled(parallel: object): Promise<Program> {
  const model = fixture("flux/flux.dynamo18-dynamic.onnx");
  const { stages } = await compileStages({ model, plan: "plans/flux.plan.json", parallel });
  return stages.lowered!.program;
}

test("Ulysses sends queries, keys, values and results of each attention, and the output", async () => {
  const [S, T, U, H, D, channels, sites] = [96, 40, 2, 4, 8, 16, 4];
  const program = await compiled({ ulysses_degree: U });
  const attention = (((4 * sites * (S + T)) / U) * H * D * 4 * (U - 1)) / U;
  const gather = (S / U) * channels * 4 * (U - 1);
  expect(bytesByFormula(program, { img: S, txt: T })).toEqual([attention + gather, attention + gather]);
});

test("a ring sends keys and values to all others, whether it gathers or rotates them", async () => {
  const [S, T, R, H, D, channels, sites] = [96, 42, 3, 4, 8, 16, 4];
  const expected = (2 * sites * ((S + T) / R) * H * D * 4 + (S / R) * channels * 4) * (R - 1);
  for (const rotate_method of ["allgather", "alltoall"]) {
    const program = await compiled({ ring_degree: R, rotate_method });
    expect(bytesByFormula(program, { img: S, txt: T })).toEqual([expected, expected, expected]);
  }
});

test.each([
  { ulysses_degree: 3 },
  { ring_degree: 3, rotate_method: "alltoall" },
  { ring_degree: 2, ulysses_degree: 2, rotate_method: "alltoall" },
  { ring_degree: 2, ulysses_degree: 2 },
])("%o: the formula is what the runtime counts, at uneven lengths too", async (parallel) => {
  const program = await compiled(parallel);
  const lengths = { img: 67, txt: 13 };
  const place = placer(program.mesh, lengths, equalCut);
  const formula = bytesByFormula(program, lengths);
  const collectives = program.steps.flatMap((step) =>
    step.kind === "collective" ? [{ bytes: formula.map((_, rank) => place(step, rank).sent) }] : [],
  );
  const stats = { milliseconds: 1, steps: [], collectives } as unknown as RunStats;
  expect(checkedBytes(stats, formula)).toEqual(formula);
  const [first, ...rest] = formula;
  expect(() => checkedBytes(stats, [first! + 1, ...rest])).toThrow(/rank 0 sent \d+ bytes, and the formula gives \d+/);
});
