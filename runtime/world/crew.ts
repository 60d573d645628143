/**
 * @file The driver's side of a world: one request at a time to all ranks, and their answers. Knows neither threads nor programs.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { RankReport, ToRank } from "../messages.ts";

export interface LateRank {
  readonly rank: number;
  /** What it announced last, see `Announce`; `null` before the first. */
  readonly index: number | null;
}

/** Ends the round in which a rank was lost. A crew knows no step: whoever asked can say what the rank was doing. */
export class RankLost extends ContextParallelError {
  readonly late: LateRank;
  readonly reason: string;

  constructor(late: LateRank, reason: string) {
    super([diagnose(runtimeMessages.exited, { rank: late.rank, doing: "", reason })]);
    this.late = late;
    this.reason = reason;
  }
}

export interface Round {
  /** One report per rank, in order of rank; rejects with the first fault, or with what `cancel` was given. */
  readonly reports: Promise<readonly (RankReport | null)[]>;
  /** Resolves when no rank is at work on it any more, however it ended. */
  readonly settled: Promise<void>;
  /** The ranks that have still to answer. */
  readonly late: () => readonly LateRank[];
  /** Ends the round with this error, on the caller at once and on the ranks at their next step. */
  readonly cancel: (error: unknown) => void;
}

export interface Crew {
  readonly size: number;
  /** What ended a rank, in words, after which the crew serves no more; `null` while all are there. */
  readonly lost: () => string | null;
  /** Only after the round before has settled, and while no rank is lost. `onProgress` gets the steps that rank 0 has done. */
  readonly ask: (request: ToRank, onProgress?: (done: number) => unknown) => Round;
  /**
   * A call of the caller fails before it is asked. Where other processes make the same call, it fails for them with this error too. Resolves when no
   * rank waits for it, at once where a rank is lost.
   */
  readonly refuse: (error: unknown) => Promise<void>;
  /** Ends all ranks and returns their memory; a round in progress must have been cancelled. */
  readonly end: () => Promise<void>;
}
