/**
 * @file Requests to a crew, one at a time in the order of the calls, each with its own deadline and signal. Knows no program.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { createQueue, deferred } from "../deferred.ts";
import type { Queue } from "../deferred.ts";
import type { RankReport, ToRank } from "../messages.ts";
import { looking } from "./check-options.ts";
import type { Call } from "./check-options.ts";
import { watchEnd } from "./run-options.ts";
import type { Limits } from "./run-options.ts";
import { RankLost } from "../world/crew.ts";
import type { Crew, LateRank, Round } from "../world/crew.ts";

export interface Job {
  /** What is asked, made when the turn comes. */
  readonly request: () => ToRank;
  readonly onProgress?: ((done: number) => unknown) | undefined;
  /** Called when all ranks have done it, before anyone else has a turn. */
  readonly onDone?: (() => void) | undefined;
  /** What is said when a deadline passes, with the ranks that have not answered; `null` before the turn has come. */
  readonly overdue: (milliseconds: number, late: readonly LateRank[] | null) => Diagnostic;
  /** What is said when a rank is lost meanwhile. */
  readonly lost: (error: RankLost) => Diagnostic;
  /** Where the caller gives no deadline; it counts from the turn. */
  readonly defaultMs?: number | undefined;
}

export interface Dispatcher {
  /** Throws `ContextParallelError` if there is nobody to ask: released, or a rank lost. */
  readonly check: () => void;
  /** One report per rank. Rejects with the first fault, or as soon as a limit is reached, in the queue too. */
  readonly dispatch: (job: Job, limits: Limits) => Promise<readonly (RankReport | null)[]>;
  /** The caller's own call is wrong: see `Crew`. */
  readonly refuse: (error: unknown) => Promise<void>;
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
    const overdue = (milliseconds: number): Diagnostic => job.overdue(milliseconds, round?.late() ?? null);
    const end = (error: ContextParallelError): void => {
      over ??= error;
      ending.reject(error);
      round?.cancel(error);
    };
    const stops = [watchEnd(limits, overdue, end)];
    const work = enter().then(async (leave) => {
      try {
        if (over === undefined) check();
        const request = requestOf(job, over);
        if (!request.ok) await crew.refuse(request.error);
        if (!request.ok) throw request.error;
        round = crew.ask(request.value, job.onProgress);
        current = round;
        if (limits.deadlineMs === undefined) stops.push(watchEnd({ deadlineMs: job.defaultMs }, overdue, end));
        const reports = await round.reports.catch((error: unknown) => rethrow(job, error));
        job.onDone?.();
        return reports;
      } finally {
        // The caller learns of a failure at once; the next in the queue waits until the ranks are free.
        void Promise.resolve(round?.settled).then(leave);
      }
    });
    return Promise.race([work, ending.promise]).finally(() => stops.forEach((stop) => stop()));
  };

  const close = async (): Promise<void> => {
    closed = true;
    current?.cancel(releasedError());
    await crew.end();
  };
  return { check, dispatch, refuse: (error) => inTurn(enter, () => crew.refuse(error)), close };
}

/** What `check` says of a caller's arguments; what it throws, the other ranks hear as well. Throws `ContextParallelError`. */
export function checkedBy<T>(refuse: Dispatcher["refuse"], call: Call, check: () => T): T {
  try {
    return looking(call, check);
  } catch (error) {
    void refuse(error);
    throw error;
  }
}

/** The loss of a rank is said in the words of the job. */
function rethrow(job: Job, error: unknown): never {
  throw error instanceof RankLost ? new ContextParallelError([job.lost(error)]) : error;
}

async function inTurn(enter: Queue, work: () => Promise<void>): Promise<void> {
  const leave = await enter();
  await work().finally(leave);
}

type Asked = { readonly ok: true; readonly value: ToRank } | { readonly ok: false; readonly error: unknown };

/** `over`: what has ended the call while it waited for its turn. */
function requestOf(job: Job, over: unknown): Asked {
  try {
    if (over !== undefined) throw over;
    return { ok: true, value: job.request() };
  } catch (error) {
    return { ok: false, error };
  }
}

function releasedError(): ContextParallelError {
  return new ContextParallelError([diagnose(runtimeMessages.released, {})]);
}
