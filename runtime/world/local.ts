/**
 * @file A world of ranks in one thread: the waits are promises, the outboxes ordinary memory. For tests and profiles of operators. Knows no
 * session.
 */
import { outboxCapacity, outboxWorld } from "./outbox.ts";
import { RunAborted } from "./world.ts";
import type { World } from "./world.ts";
import { deferred } from "../deferred.ts";

/** One world per rank; every outbox holds exchanges of up to `outboxBytes`. */
export function localWorlds(size: number, outboxBytes: number): readonly World[] {
  let arrived = 0;
  let aborted = false;
  let gate = deferred<void>();
  const check = (): void => {
    if (aborted) throw new RunAborted();
  };
  const abort = (): void => {
    aborted = true;
    gate.resolve();
  };
  const barrier = async (): Promise<void> => {
    check();
    arrived += 1;
    const mine = gate;
    if (arrived === size) {
      arrived = 0;
      gate = deferred<void>();
      mine.resolve();
    }
    await mine.promise;
    check();
  };
  const outboxes = Array.from({ length: size }, () => new ArrayBuffer(outboxCapacity(outboxBytes)));
  return outboxes.map((_, rank) => outboxWorld({ rank, size, barrier, abort, check }, outboxes));
}
