/**
 * @file Ranks as worker threads: starts them, speaks to them, and turns whatever happens to one into the end of the round for all.
 * Knows no step of a program.
 */
import type { Worker } from "node:worker_threads";
import { runtimeMessages } from "../../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose, invariant } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import { atMost } from "../../deferred.ts";
import type { FromRank, RankSetup, StartRequest, ToRank } from "../../messages.ts";
import { reasonOf } from "../../reason.ts";
import { startWorker } from "../../start-worker.ts";
import { RankLost } from "../crew.ts";
import type { Crew, Round } from "../crew.ts";
import { createControl } from "./control.ts";
import type { Control } from "./control.ts";
import { clearPlaces, indexAt } from "./places.ts";
import { dismiss, fail, giveUp, leave } from "./ending.ts";
import type { NativeCalls, State } from "./ending.ts";
import { holdExit } from "./exit.ts";
import { bury } from "./guard.ts";
import { keepThread, takeThread } from "./idle.ts";
import { startRound } from "../round.ts";
import type { ActiveRound } from "../round.ts";

/** What the ranks of one crew differ in is made from the rank. */
export type SetupOf = (rank: number, control: Control) => RankSetup;

/** The ranks of this process, all of the world unless others live elsewhere. */
export interface Ranks {
  readonly ranks: readonly number[];
  readonly size: number;
  /** The script that they start from, where the caller names one. */
  readonly worker?: URL | undefined;
}

export function allRanks(size: number): Ranks {
  return { ranks: Array.from({ length: size }, (_, rank) => rank), size };
}

/** Starts one worker per rank; the round settles when all have their pieces. `graceMs`: see `stopWaiting`. */
export function startThreads(
  { ranks, size, worker: script }: Ranks,
  setupOf: SetupOf,
  native: NativeCalls,
  graceMs: number,
): { readonly crew: Crew; readonly started: Round } {
  const control = createControl(size);
  const setups = ranks.map((rank) => setupOf(rank, control));
  const workers = startAll(setups, native, script);
  const freeExit = holdExitFor({ ranks, workers, control, native, size });
  const fresh = { round: null, started: false, lost: null, ended: false, gone: undefined };
  const state: State = {
    ranks,
    workers,
    size,
    control,
    graceMs,
    native,
    freeExit,
    reusable: setups.every(reusable),
    ...fresh,
  };
  const started = begin(state, () => undefined);
  workers.forEach((worker, i) => listen(state, worker, ranks[i]!));
  const crew: Crew = {
    size,
    lost: () => state.lost,
    ask: (request, onProgress = () => undefined) => {
      const round = begin(state, onProgress);
      // Modules of the user stay loaded.
      if (request.kind === "register") state.reusable = false;
      for (const worker of workers) worker.postMessage(request, []);
      return round;
    },
    // Nobody else has made the call.
    refuse: async () => undefined,
    end: () => end(state),
  };
  return { crew, started };
}

/** The other backend leaves nothing behind: its threads end. */
function reusable({ pieces }: RankSetup): boolean {
  return pieces.backend === "native";
}

/** All or none. A thread that cannot be made, where the terminal of the process is gone for example, is the failure of its rank. */
function startAll(setups: readonly RankSetup[], native: NativeCalls, script: URL | undefined): readonly Worker[] {
  const made: Worker[] = [];
  for (const setup of setups) {
    const { rank } = setup;
    try {
      const worker = (reusable(setup) ? takeThread : startWorker)(rank, script);
      made.push(worker);
      worker.postMessage({ kind: "start", setup } satisfies StartRequest, []);
    } catch (error) {
      void Promise.all(made.map((worker) => worker.terminate())).then(native.release);
      throw new ContextParallelError([diagnose(runtimeMessages.start, { rank, reason: reasonOf(error) })], error);
    }
  }
  return made;
}

/** The process's exit waits for ranks inside native code, as long as they live. Returns what ends that before. */
function holdExitFor({
  ranks,
  workers,
  size,
  control,
  native,
}: Pick<State, "ranks" | "workers" | "size" | "control" | "native">): () => void {
  const release = holdExit(control, size, () => native.interrupt(true));
  let alive = workers.length;
  workers.forEach((worker, i) =>
    worker.on("exit", () => {
      bury(control, ranks[i]!);
      alive -= 1;
      if (alive === 0) release();
    }),
  );
  return release;
}

function begin(state: State, onProgress: (done: number) => unknown): Round {
  invariant(state.round === null && state.lost === null && !state.ended, "a crew was asked while it could not serve");
  const round = startRound(state.ranks, state.size, onProgress);
  state.round = round;
  clearPlaces(state.control, state.size);
  // A process stays alive for work in progress, not for idle ranks.
  for (const worker of state.workers) worker.ref();
  return {
    reports: round.result.promise,
    settled: round.settled.promise,
    late: () => [...round.waiting].map((rank) => ({ rank, index: indexAt(state.control, rank) })),
    cancel: (error) => fail(state, round, error),
  };
}

function listen(state: State, worker: Worker, rank: number): void {
  let reason: string | undefined;
  worker.on("message", (message: FromRank) => hear(state, rank, message));
  worker.on("error", (error) => {
    reason = reasonOf(error);
  });
  worker.on("exit", (code) => {
    if (!state.ended) loseRank(state, rank, reason ?? `its thread exited with code ${code}`);
  });
}

function hear(state: State, rank: number, message: FromRank): void {
  const { round } = state;
  // A rank that was given up may still answer.
  if (round === null || !round.waiting.has(rank)) return;
  if (message.kind === "progress") {
    if (rank === 0 && !round.failed) tell(state, round, message.done);
    return;
  }
  if (message.kind === "done") round.reports[rank] = message.report;
  if (message.kind === "fault") fail(state, round, new ContextParallelError(message.diagnostics));
  leave(state, round, rank);
}

/** What the caller's function throws, or rejects with, is the caller's: it ends the run with that. */
function tell(state: State, round: ActiveRound, done: number): void {
  const stop = (error: unknown): void => fail(state, round, error);
  try {
    Promise.resolve(round.onProgress(done)).catch(stop);
  } catch (error) {
    stop(error);
  }
}

function loseRank(state: State, rank: number, reason: string): void {
  const error = state.started
    ? new RankLost({ rank, index: indexAt(state.control, rank) }, reason)
    : new ContextParallelError([diagnose(runtimeMessages.start, { rank, reason })]);
  state.lost ??= error.diagnostics[0]!.message;
  const { round } = state;
  if (round === null) return void dismiss(state);
  fail(state, round, error);
  leave(state, round, rank);
}

async function end(state: State): Promise<void> {
  if (state.round === null && !state.ended) {
    const round = begin(state, () => undefined);
    const request: ToRank = { kind: "release", stay: state.reusable };
    for (const worker of state.workers) worker.postMessage(request, []);
    await atMost(state.graceMs, round.settled);
    if (state.round === null && state.reusable) return void (await dismiss(state, keepThread));
  }
  state.ended = true;
  if (state.round !== null) {
    const { settled } = state.round;
    giveUp(state, state.round);
    await settled.promise;
  }
  await dismiss(state);
}
