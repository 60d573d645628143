/**
 * @file The report of `bench`: a program and a plain session, number by number. Measures nothing.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Comparison } from "../../runtime/verify.ts";
import type { BenchResult, SideResult } from "../bench/result.ts";
import type { Breakdown } from "../bench/breakdown.ts";
import { EXIT, type Outcome, outcome } from "../outcome.ts";
import { failure, written } from "./verification.ts";
import { meshText } from "../../program/mesh.ts";
import { short, table } from "./table.ts";

/** Operators that are listed one by one. */
const OPERATORS = 8;

export function benchOutcome(
  result: BenchResult,
  notes: readonly Diagnostic[],
  comparisons: readonly Comparison[],
): Outcome {
  const failures = comparisons.filter(({ ok }) => !ok).map(failure);
  const all = { ...result, verification: comparisons.map(written) };
  const text = [header(result), sides(result), agreement(comparisons), bytes(result), parts(result), operators(result)];
  const base = outcome([...notes, ...failures], all, text.join("\n"));
  return failures.length === 0 ? base : { ...base, exitCode: EXIT.unverified };
}

function header({ mesh, ranks, backend, threads, inputs, rounds }: BenchResult): string {
  const shapes = inputs.map(({ name, shape }) => `${name} (${shape.join(", ")})`);
  return [
    `split: ${count(ranks, "rank")} (${meshText(mesh)}) of ${count(threads.rank, "thread")} each, backend ${backend}`,
    `plain: one session of the unsplit model with ${count(threads.plain, "thread")}; ${count(threads.cores, "core")}`,
    `inputs: ${shapes.join(", ")}`,
    `${count(rounds, "round")} in turn, after one that is not counted\n`,
  ].join("\n");
}

/** Name of the row, its cell for a side, and its ratio. */
type Row = readonly [string, (side: SideResult) => string, number | null];

function sides({ plain, split, ratios }: BenchResult): string {
  const rows: readonly Row[] = [
    ["ms, median", (side) => short(side.milliseconds.median), ratios.milliseconds],
    ["ms, lowest to highest", ({ milliseconds: { lowest, highest } }) => `${short(lowest)}-${short(highest)}`, null],
    ["processor ms", (side) => short(side.processor_milliseconds.median), ratios.processor_milliseconds],
    ["peak RSS, MiB", (side) => mebibytes(side.peak_rss), ratios.peak_rss],
    ["peak PSS, MiB", (side) => mebibytes(side.peak_pss), ratios.peak_pss],
    ["session or attach, ms", (side) => short(side.attach_milliseconds), null],
    ["extra of the first run, ms", (side) => short(side.first_run_extra_milliseconds), null],
  ];
  const cells = rows.map(([name, of, ratio]) => [name, of(plain), of(split), ratio === null ? "" : ratio.toFixed(2)]);
  return table(["", "plain", "split", "ratio"], cells, [1, 2, 3]);
}

function agreement(comparisons: readonly Comparison[]): string {
  const largest = Math.max(0, ...comparisons.map(({ largest_absolute }) => largest_absolute));
  const isExact = comparisons.every(({ ok }) => ok);
  return `outputs: ${isExact ? "agree" : "DIFFER"}, largest difference ${short(largest)}\n`;
}

function bytes({ bytes_sent: sent }: BenchResult): string {
  return `bytes that each rank sends in a run, equal to the formula: ${sent.map((one) => one.toLocaleString("en")).join(", ")}\n`;
}

const PARTS: Readonly<Record<keyof Breakdown, string>> = {
  local: "local pieces",
  attention: "attention pieces",
  exchange: "exchange",
  waiting: "waiting for other ranks",
  hooks: "hooks",
  rest: "feeds, outputs, messages",
};

function parts({ breakdown }: BenchResult): string {
  const total = Object.values(breakdown).reduce((a: number, b: number) => a + b, 0);
  const rows = Object.entries(PARTS).map(([key, name]) => {
    const milliseconds = breakdown[key as keyof Breakdown];
    return [name, short(milliseconds), `${((100 * milliseconds) / total).toFixed(1)} %`];
  });
  return table(["a split run, mean of ranks", "ms", "share"], rows, [1, 2]);
}

function operators({ operators: all }: BenchResult): string {
  const rest = all.slice(OPERATORS);
  const sum = (of: "plain" | "split"): number => rest.reduce((sum, row) => sum + row[of], 0);
  const others =
    rest.length === 0 ? [] : [{ operator: `${rest.length} others`, plain: sum("plain"), split: sum("split") }];
  const rows = [...all.slice(0, OPERATORS), ...others].map(({ operator, plain, split }) => [
    operator,
    short(plain),
    short(split),
  ]);
  return table(["operator, ms in a profiled run", "plain", "per rank"], rows, [1, 2]);
}

function mebibytes(bytes: number | null): string {
  return bytes === null ? "only on Linux" : (bytes / 2 ** 20).toFixed(0);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
