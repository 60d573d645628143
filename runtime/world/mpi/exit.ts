/**
 * @file How a process of a job ends. A process that goes without a word leaves the others waiting, and no library of MPI has a time limit:
 * so it says goodbye, waits for the others to end as well, and else ends the whole job. Knows no session.
 */
import type { Handle } from "./library/flavours.ts";
import type { Mpi } from "./library/load.ts";

/** How long a process that ends with an error waits for the others, so that each can still tell its user what went wrong. */
const FAREWELL_MS = 5_000;
/** Between looks: at first, and when the others take their time. */
const PAUSE_MS = 1;
const LONG_PAUSE_MS = 20;
const SHORT_MS = 1_000;
/** How long the library may take to end, or to end the job: the launcher, or the network to it, may be gone. */
const FINALIZE_S = 30;
const ABORT_S = 10;

export interface Leaving {
  readonly mpi: Mpi;
  /** Nobody else sends messages over it. */
  readonly comm: Handle;
  /** Told with the exit code, before the wait. */
  readonly goodbye: (code: number) => void;
  /** Has the ranks of this process leave the library; returns when they have. */
  readonly endRanks: () => void;
  /** Sends and takes in what is under way. */
  readonly look: () => void;
  /** Whether another process has not been heard of for so long that it is taken for gone. */
  readonly alone: () => boolean;
}

const nothing = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

export function endWithTheJob(leaving: Leaving): void {
  process.on("exit", (code) => {
    const { mpi } = leaving;
    try {
      if (allEnd(leaving, code)) {
        mpi.endIn(FINALIZE_S);
        return mpi.finalize();
      }
    } catch {
      // The library itself fails: there is nothing left but to end.
    }
    endJob(mpi, code === 0 ? 1 : code);
  });
}

/** Whether all processes of the job have come to their end. One that ends well waits as long as the others are at work. */
function allEnd({ mpi, comm, goodbye, endRanks, look, alone }: Leaving, code: number): boolean {
  goodbye(code);
  endRanks();
  const all = mpi.barrier(comm);
  const begun = performance.now();
  for (;;) {
    if (mpi.test(all)) return true;
    const waited = performance.now() - begun;
    if (code === 0 ? alone() : waited > FAREWELL_MS) return false;
    look();
    Atomics.wait(nothing, 0, 0, waited < SHORT_MS ? PAUSE_MS : LONG_PAUSE_MS);
  }
}

function endJob(mpi: Mpi, code: number): void {
  try {
    mpi.endIn(ABORT_S);
    mpi.abort(code);
  } catch {
    // As above; the launcher ends the others when it sees how this one has ended.
  }
  process.kill(process.pid, "SIGKILL");
}

/** How often a process that waits for the start of the library is looked at, and what it has open that keeps no process alive. */
const IDLE_MS = 200;
const STREAMS: ReadonlySet<string> = new Set(["PipeWrap", "TTYWrap"]);

/**
 * A thread inside `MPI_Init_thread` cannot be stopped, and would hold up the exit of its process for ever. It would also keep a process alive
 * that has given up waiting and has nothing else to do. Returns what is to be called when the library has started.
 */
export function endWithoutStart(): () => void {
  const end = (): void => void process.kill(process.pid, "SIGKILL");
  process.on("exit", end);
  // What waits for the start has a timer.
  const idle = setInterval(() => {
    if (process.getActiveResourcesInfo().every((name) => STREAMS.has(name))) process.exit();
  }, IDLE_MS).unref();
  return () => {
    clearInterval(idle);
    process.off("exit", end);
  };
}
