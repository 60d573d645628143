/**
 * @file How a round ends on all ranks, well or not, and when a rank is given up. Knows no message.
 */
import type { Worker } from "node:worker_threads";
import { settleRound } from "../round.ts";
import type { ActiveRound } from "../round.ts";
import { abort, reset } from "./control.ts";
import type { Control } from "./control.ts";
import { condemn, isInside } from "./guard.ts";

/** What a crew does to the native calls of its ranks. */
export interface NativeCalls {
  /** Ends those in progress soon, and fails further ones, until it is called with `false`. */
  readonly interrupt: (on: boolean) => void;
  /** Called once, when the last thread has ended. */
  readonly release: () => void;
}

/** A crew of threads as it changes. */
export interface State {
  readonly ranks: readonly number[];
  /** One per rank, in the same order. */
  readonly workers: readonly Worker[];
  /** Has words for all ranks of the world. */
  readonly size: number;
  readonly control: Control;
  readonly graceMs: number;
  readonly native: NativeCalls;
  /** The process's exit need not wait for the ranks any more. */
  readonly freeExit: () => void;
  /** Whether the threads may serve another session: nothing has gone wrong, and they have loaded no code of the user. */
  reusable: boolean;
  /** Resolves when all threads have ended, once they are to end. */
  gone: Promise<void> | undefined;
  round: ActiveRound | null;
  /** False until all ranks have answered their start. */
  started: boolean;
  /** What ended a rank, in words. */
  lost: string | null;
  ended: boolean;
}

/** How often a rank inside native code is looked at, once it should have stopped. */
const NATIVE_POLL_MS = 50;

/** Only the first failure of a round is told; it also frees the ranks that wait for others. */
export function fail(state: State, round: ActiveRound, error: unknown): void {
  if (round.failed || state.round !== round) return;
  round.failed = true;
  state.reusable = false;
  round.result.reject(error);
  abort(state.control);
  state.native.interrupt(true);
  round.grace = setTimeout(() => stopWaiting(state, round), state.graceMs);
}

/** Time is up. A rank inside native code sees the abort when it returns, and then has the time once more. */
function stopWaiting(state: State, round: ActiveRound, wasInside: boolean = false): void {
  const inside = [...round.waiting].some((rank) => isInside(state.control, rank));
  if (!inside && !wasInside) return giveUp(state, round);
  const pause = inside ? NATIVE_POLL_MS : state.graceMs;
  round.grace = setTimeout(() => stopWaiting(state, round, inside), pause);
}

/** Ranks outside native code are given up, in a handler that never returns for example, and the crew with them; the others soon. */
export function giveUp(state: State, round: ActiveRound): void {
  clearTimeout(round.grace);
  const ranks = [...round.waiting].filter((rank) => condemn(state.control, rank));
  if (ranks.length > 0) {
    state.lost ??= `rank ${ranks.join(", ")} did not stop within ${state.graceMs} ms after the call had ended, and was terminated`;
  }
  for (const rank of ranks) leave(state, round, rank);
  if (round.waiting.size > 0) round.grace = setTimeout(() => giveUp(state, round), NATIVE_POLL_MS);
}

export function leave(state: State, round: ActiveRound, rank: number): void {
  round.waiting.delete(rank);
  if (round.waiting.size > 0) return;
  state.round = null;
  state.started = true;
  for (const worker of state.workers) worker.unref();
  if (state.lost !== null) void dismiss(state);
  else if (!state.ended) makeReady(state);
  settleRound(round);
}

/** For another round. */
function makeReady({ control, native }: State): void {
  reset(control);
  native.interrupt(false);
}

/** Lets every worker go: all have answered or are condemned. */
export function dismiss(state: State, how: (worker: Worker) => Promise<unknown> = terminate): Promise<void> {
  state.ended = true;
  state.gone ??= letGo(state, how);
  return state.gone;
}

async function letGo({ workers, freeExit, native }: State, how: (worker: Worker) => Promise<unknown>): Promise<void> {
  await Promise.all(workers.map(how));
  freeExit();
  native.release();
}

function terminate(worker: Worker): Promise<number> {
  return worker.terminate();
}
