/**
 * @file How a process of a job ends. A process that goes without a word leaves the others waiting, and no library of MPI has a time limit:
 * so it says goodbye, waits a moment for the others to end as well, and else ends the whole job. Knows no session.
 */
import type { Handle } from "./library/flavours.ts";
import type { Mpi } from "./library/load.ts";

/** How long a process that ends waits for the others, so that each can still tell its user what went wrong. */
const FAREWELL_MS = 5_000;
const PAUSE_MS = 1;

export interface Leaving {
  readonly mpi: Mpi;
  /** Nobody else sends messages over it. */
  readonly comm: Handle;
  /** Told with the exit code, before the wait. */
  readonly goodbye: (code: number) => void;
  /** Sends and takes in what is under way. */
  readonly look: () => void;
}

const nothing = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

export function endWithTheJob({ mpi, comm, goodbye, look }: Leaving): void {
  process.on("exit", (code) => {
    try {
      goodbye(code);
      const all = mpi.barrier(comm);
      const until = performance.now() + FAREWELL_MS;
      while (!mpi.test(all) && performance.now() < until) {
        look();
        Atomics.wait(nothing, 0, 0, PAUSE_MS);
      }
      if (mpi.test(all)) return mpi.finalize();
    } catch {
      // The library itself fails: there is nothing left but to end.
    }
    mpi.abort(code === 0 ? 1 : code);
  });
}

/** A thread inside `MPI_Init_thread` cannot be stopped, and would hold up the exit of its process for ever. */
export function endWithoutStart(): () => void {
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  process.on("exit", end);
  return () => void process.off("exit", end);
}
