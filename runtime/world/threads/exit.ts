/**
 * @file What a process that exits owes its ranks: Node stops their threads then, and onnxruntime-node takes the process down (SIGABRT)
 * when that happens inside a call. So the exit waits until every rank is outside native code. Knows no request.
 */
import { abort } from "./control.ts";
import type { Control } from "./control.ts";
import { condemn, waitOutside } from "./guard.ts";

interface Ranks {
  readonly control: Control;
  readonly size: number;
  /** Ends native calls in progress soon, where the backend can. */
  readonly interrupt: () => void;
}

/**
 * How long an exit may be held up in all. Node joins its threads before it ends, and so waits for the same calls in any case; this
 * bounds only what would never return.
 */
const LIMIT_MS = 300_000;

const live = new Set<Ranks>();
let watching = false;

/** Has the end of this thread's process (or of this worker thread) wait for the ranks. Returns what ends that. */
export function holdExit(control: Control, size: number, interrupt: () => void): () => void {
  const ranks = { control, size, interrupt };
  live.add(ranks);
  if (!watching) process.on("exit", endRanks);
  watching = true;
  return () => live.delete(ranks);
}

/** Has all ranks leave native code for good, and waits for that; all hear of it before the first is waited for. */
export function endRanks(): void {
  for (const { control, interrupt } of live) {
    abort(control);
    interrupt();
  }
  const until = performance.now() + LIMIT_MS;
  for (const { control, size } of live) {
    for (let rank = 0; rank < size; rank++) {
      while (!condemn(control, rank) && performance.now() < until) waitOutside(control, rank);
    }
  }
}
