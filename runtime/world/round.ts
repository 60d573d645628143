/**
 * @file The state of one round: who has still to answer, whether it has failed. Knows neither workers nor messages.
 */
import { deferred } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import type { RankReport } from "../messages.ts";

export interface ActiveRound {
  readonly waiting: Set<number>;
  readonly reports: (RankReport | null)[];
  readonly result: Deferred<readonly (RankReport | null)[]>;
  readonly settled: Deferred<void>;
  readonly onProgress: (done: number) => unknown;
  failed: boolean;
  /** Runs out when ranks that should have stopped have not. */
  grace: NodeJS.Timeout | undefined;
}

/** `ranks` are those that answer, of `size`; the reports of others stay `null`. */
export function startRound(ranks: readonly number[], size: number, onProgress: (done: number) => unknown): ActiveRound {
  const result = deferred<readonly (RankReport | null)[]>();
  // A failure may come before anyone waits for it.
  result.promise.catch(() => undefined);
  return {
    waiting: new Set(ranks),
    reports: Array.from({ length: size }, () => null),
    result,
    settled: deferred<void>(),
    onProgress,
    failed: false,
    grace: undefined,
  };
}

/** Everyone has answered or is gone. */
export function settleRound(round: ActiveRound): void {
  clearTimeout(round.grace);
  if (!round.failed) round.result.resolve(round.reports);
  round.settled.resolve();
}
