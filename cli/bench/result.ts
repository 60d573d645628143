/**
 * @file The result of a comparison as plain data, for JSON and for text. Measures and prints nothing.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import { ranksOf } from "../../program/mesh.ts";
import type { Program } from "../../program/types.ts";
import type { Backend } from "../../runtime/attach/engine.ts";
import { breakdown } from "./breakdown.ts";
import type { Breakdown } from "./breakdown.ts";
import { bytesByFormula, checkedBytes } from "./bytes.ts";
import type { Comparison, InputShape, Threads } from "./comparison.ts";
import type { Alone } from "./measure.ts";
import type { OperatorTime } from "./operators.ts";
import type { Ran } from "./sides/protocol.ts";
import { median, ratio, statistics } from "./statistics.ts";
import type { Statistics } from "./statistics.ts";

/** Times in milliseconds, memory in bytes. */
export interface SideResult {
  readonly milliseconds: Statistics & { readonly rounds: readonly number[] };
  /** Processor time of all threads. */
  readonly processor_milliseconds: Statistics;
  readonly peak_rss: number;
  /** `null` except on Linux. */
  readonly peak_pss: number | null;
  /** To create the session, or to load and attach the program. */
  readonly attach_milliseconds: number;
  /** What the first run took beyond the median. */
  readonly first_run_extra_milliseconds: number;
}

/** The split side divided by the plain one; the first two are medians of the ratios of each round. */
export interface Ratios {
  readonly milliseconds: number;
  readonly processor_milliseconds: number;
  readonly peak_rss: number;
  readonly peak_pss: number | null;
}

/** Milliseconds of one run by operator: of the plain session, and of a rank on average. */
export interface OperatorRow {
  readonly operator: string;
  readonly plain: number;
  readonly split: number;
}

export interface BenchResult {
  readonly mesh: Program["mesh"];
  readonly ranks: number;
  readonly backend: Backend;
  readonly threads: Threads;
  readonly inputs: readonly InputShape[];
  readonly rounds: number;
  readonly plain: SideResult;
  readonly split: SideResult;
  readonly ratios: Ratios;
  /** Bytes that a run moves from each rank to others, by rank; equal to what the program's extents give. */
  readonly bytes_sent: readonly number[];
  readonly breakdown: Breakdown;
  readonly operators: readonly OperatorRow[];
}

export interface Measured {
  readonly alone: Alone;
  readonly runs: readonly Ran[];
}

interface Profiled extends Measured {
  readonly operators: readonly OperatorTime[];
}

export function resultOf(
  { program, lengths, inputs, threads }: Comparison,
  { plain, split }: { readonly plain: Profiled; readonly split: Profiled },
): BenchResult {
  const { backend } = split.alone.started;
  invariant(backend !== null, "the split side does not say what runs its pieces");
  const [base, measured] = [sideResult(plain), sideResult(split)];
  return {
    mesh: program.mesh,
    ranks: ranksOf(program.mesh),
    backend,
    threads,
    inputs,
    rounds: split.runs.length,
    plain: base,
    split: measured,
    ratios: ratiosOf(plain, split),
    ...costOf(program, lengths, split.runs),
    operators: operatorRows(plain.operators, split.operators, ranksOf(program.mesh)),
  };
}

/** Where a program's time goes, and the bytes that it moves. Every run must move the bytes of the formula. */
export function costOf(
  program: Program,
  lengths: Comparison["lengths"],
  runs: readonly Ran[],
): Pick<BenchResult, "bytes_sent" | "breakdown"> {
  const stats = runs.map(({ stats }) => {
    invariant(stats !== null, "a run of a program has no statistics");
    return stats;
  });
  const formula = bytesByFormula(program, lengths);
  for (const run of stats) checkedBytes(run, formula);
  return { bytes_sent: formula, breakdown: breakdown(program, stats) };
}

export function sideResult({ alone, runs }: Measured): SideResult {
  const times = runs.map(({ milliseconds }) => milliseconds);
  return {
    milliseconds: { ...statistics(times), rounds: times },
    processor_milliseconds: statistics(runs.map(({ processor }) => processor)),
    peak_rss: alone.memory.resident,
    peak_pss: alone.memory.proportional,
    attach_milliseconds: alone.started.milliseconds,
    first_run_extra_milliseconds: alone.first.milliseconds - median(times),
  };
}

export function ratiosOf(plain: Measured, split: Measured): Ratios {
  const times = (of: "milliseconds" | "processor"): number =>
    ratio(
      split.runs.map((run) => run[of]),
      plain.runs.map((run) => run[of]),
    );
  const { resident, proportional } = split.alone.memory;
  const base = plain.alone.memory;
  return {
    milliseconds: times("milliseconds"),
    processor_milliseconds: times("processor"),
    peak_rss: resident / base.resident,
    peak_pss: proportional === null || base.proportional === null ? null : proportional / base.proportional,
  };
}

function operatorRows(
  plain: readonly OperatorTime[],
  split: readonly OperatorTime[],
  ranks: number,
): readonly OperatorRow[] {
  const of = (times: readonly OperatorTime[], operator: string): number =>
    times.find((time) => time.operator === operator)?.milliseconds ?? 0;
  const names = [...new Set([...plain, ...split].map(({ operator }) => operator))];
  const rows = names.map((operator) => ({
    operator,
    plain: of(plain, operator),
    split: of(split, operator) / ranks,
  }));
  return rows.sort((a, b) => Math.max(b.plain, b.split) - Math.max(a.plain, a.split));
}
