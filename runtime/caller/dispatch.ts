/**
 * @file Requests to a crew, one at a time in the order of the calls, each with its own deadline and signal. Knows no program.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { createQueue, deferred } from "../deferred.ts";
import type { RankReport, ToRank } from "../messages.ts";
import { watchEnd } from "./run-options.ts";
import type { RunOptions } from "./run-options.ts";
import type { Crew, Round } from "../world/crew.ts";

export type Limits = Pick<RunOptions, "deadlineMs" | "signal">;

/** What is asked, made when the turn comes. */
export interface Job {
  readonly request: () => ToRank;
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface Dispatcher {
  /** Throws `ContextParallelError` if there is nobody to ask: released, or a rank lost. */
  readonly check: () => void;
  /** One report per rank. Rejects with the first fault, or as soon as a limit is reached, in the queue too. */
  readonly dispatch: (job: Job, limits: Limits) => Promise<readonly (RankReport | null)[]>;
  /** Ends the round in progress and those in the queue with an error, then the crew. */
  readonly close: () => Promise<void>;
}

export function createDispatcher(crew: Crew): Dispatcher {
  const enter = createQueue();
  let current: Round | undefined;
  let closed = false;

  const check = (): void => {
    if (closed) throw releasedError();
    const lost = crew.lost();
    if (lost !== null) throw new ContextParallelError([diagnose(runtimeMessages.ended, { reason: lost })]);
  };

  const dispatch: Dispatcher["dispatch"] = async (job, limits) => {
    const ending = deferred<never>();
    let over: ContextParallelError | undefined;
    let round: Round | undefined;
    const stop = watchEnd(limits, (error) => {
      over ??= error;
      ending.reject(error);
      round?.cancel(error);
    });
    const work = enter().then(async (leave) => {
      try {
        if (over !== undefined) throw over;
        check();
        round = crew.ask(job.request(), job.onProgress);
        current = round;
        return await round.reports;
      } finally {
        // The caller learns of a failure at once; the next in the queue waits until the ranks are free.
        void Promise.resolve(round?.settled).then(leave);
      }
    });
    return Promise.race([work, ending.promise]).finally(stop);
  };

  const close = async (): Promise<void> => {
    closed = true;
    current?.cancel(releasedError());
    await crew.end();
  };
  return { check, dispatch, close };
}

function releasedError(): ContextParallelError {
  return new ContextParallelError([diagnose(runtimeMessages.released, {})]);
}
