/**
 * @file Compares what a process showed with what its cell must come to, in words. Starts nothing.
 */
import type { Outcome } from "../../bench/faults/order.ts";
import type { ExpectedCell } from "./cells.ts";
import type { Observed } from "./observe.ts";

/** What is wrong; nothing for a process as it should be. */
export function judge(cells: readonly ExpectedCell[], runs: number, seen: Observed): readonly string[] {
  const wrong = [
    ...(seen.hung ? ["it hung"] : []),
    ...(seen.orphans ? ["it left a process"] : []),
    ...seen.files.map((file) => `it left ${file}`),
  ];
  const [first] = cells;
  if (first?.process !== undefined) return [...wrong, ...judgeEnd(first, seen)];
  const { code, signal, threads, outcomes } = seen;
  if (code !== 0 || signal !== null) wrong.push(`it ended with ${signal ?? code}: ${seen.stderr.slice(0, 500)}`);
  if (threads === null || threads > 0) wrong.push(`it has ${threads} threads more than before`);
  return [...wrong, ...cells.flatMap((cell) => judgeCell(cell, runs, outcomes))];
}

function judgeEnd({ process, withinMs }: ExpectedCell, { code, signal, endMs }: Observed): readonly string[] {
  const right = code === process?.code && signal === process?.signal;
  return [
    ...(right ? [] : [`it ended with ${signal ?? code} instead of ${process?.signal ?? process?.code}`]),
    ...(endMs <= withinMs ? [] : [`it took ${endMs} ms to end`]),
  ];
}

/** Runs whose moments are from the first to the last of a start. */
const MANY = 10;

function judgeCell(cell: ExpectedCell, runs: number, outcomes: readonly Outcome[]): readonly string[] {
  const own = outcomesOf(cell, outcomes);
  const { occurs } = cell;
  return [
    ...(own.length === runs ? [] : [`${own.length} of ${runs} runs`]),
    ...own.flatMap((outcome) => judgeOutcome(cell, outcome)),
    ...(runs < MANY || occurs === undefined || own.some(({ code }) => code === occurs)
      ? []
      : [`${occurs} never occurs`]),
  ];
}

export function outcomesOf(cell: ExpectedCell, outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ fault, place }) => fault === cell.fault && place === cell.place);
}

function judgeOutcome({ codes, says, after, withinMs }: ExpectedCell, outcome: Outcome): readonly string[] {
  const { run, code, message, details, milliseconds } = outcome;
  const text = `${message} ${details}`;
  const missing = code === null ? [] : says.filter((part) => !part.test(text));
  return [
    ...(codes.includes(code) ? [] : [`run ${run} came to ${code}: ${message}`]),
    ...missing.map((part) => `run ${run} does not say ${String(part)}: ${message}`),
    ...(after.includes(outcome.after) ? [] : [`run ${run}: the session is ${outcome.after} (${message})`]),
    ...(milliseconds <= withinMs ? [] : [`run ${run} took ${milliseconds} ms`]),
  ];
}
