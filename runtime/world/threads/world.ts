/**
 * @file A rank's world among threads of one process: shared outboxes, waits in shared memory. Its waits block the thread.
 */
import { outboxWorld } from "../outbox.ts";
import type { World } from "../world.ts";
import { abort, meet, throwIfAborted } from "./control.ts";
import type { Control } from "./control.ts";

export interface ThreadWorld {
  readonly rank: number;
  readonly size: number;
  readonly control: Control;
  readonly spin: boolean;
}

export function threadWorld(thread: ThreadWorld, outboxes: readonly SharedArrayBuffer[]): World {
  const { rank, size, control, spin } = thread;
  const meeting = {
    rank,
    size,
    barrier: async (): Promise<void> => meet(control, size, spin),
    abort: () => abort(control),
    check: () => throwIfAborted(control),
  };
  return outboxWorld(meeting, outboxes);
}
