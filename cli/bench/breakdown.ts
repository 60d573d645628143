/**
 * @file Where the time of a split run goes. Knows what a run reports, no session.
 */
import type { Program } from "../../program/types.ts";
import type { RunStats, StepStats } from "../../runtime/caller/stats.ts";

/** Milliseconds of one run, means over ranks and runs; they add up to the time of the run. */
export interface Breakdown {
  /** Everything between collectives that is not an attention piece. */
  readonly local: number;
  readonly attention: number;
  /** The transfer itself: of each collective what the rank needed that arrived last and waited for nobody. */
  readonly exchange: number;
  /** What the other ranks spent in collectives beyond that. */
  readonly waiting: number;
  readonly hooks: number;
  /** Feeds, requests, answers and outputs. */
  readonly rest: number;
}

export function breakdown(program: Program, runs: readonly RunStats[]): Breakdown {
  const attention = new Set(program.pieces.filter(({ kind }) => kind === "attention").map(({ id }) => id));
  const isAttention = ({ index }: StepStats): boolean => {
    const step = program.steps[index];
    return step?.kind === "piece" && attention.has(step.piece);
  };
  const spent = (run: RunStats, chosen: (step: StepStats) => boolean, of: Of = meanOver): number =>
    run.steps.filter(chosen).reduce((sum, { milliseconds }) => sum + of(milliseconds), 0);
  const each = (of: (run: RunStats) => number): number => meanOver(runs.map(of));
  const isCollective = ({ kind }: StepStats): boolean => kind === "collective";
  const exchange = each((run) => spent(run, isCollective, leastOf));
  return {
    local: each((run) => spent(run, (step) => step.kind === "piece" && !isAttention(step))),
    attention: each((run) => spent(run, isAttention)),
    exchange,
    waiting: each((run) => spent(run, isCollective)) - exchange,
    hooks: each((run) => spent(run, ({ kind }) => kind === "hook")),
    rest: each((run) => run.milliseconds - spent(run, () => true)),
  };
}

type Of = (byRank: readonly number[]) => number;

function meanOver(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

function leastOf(numbers: readonly number[]): number {
  return Math.min(...numbers);
}
