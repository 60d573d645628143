/**
 * @file This process's place in a job of MPI: starts the library once, sees that launcher and library belong together, and opens the post.
 * Knows no program.
 */
import { worldMessages as messages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import { setForLibraries } from "../../../ort/system/environment.ts";
import { reasonOf } from "../../reason.ts";
import { endRanks } from "../threads/exit.ts";
import { endWithoutStart, endWithTheJob } from "./exit.ts";
import { openHub } from "./hub.ts";
import type { Hub, Line } from "./hub.ts";
import { launchOf, startIsOver } from "./launch.ts";
import type { Launch } from "./launch.ts";
import { THREAD_MULTIPLE } from "./library/flavours.ts";
import type { Handle } from "./library/flavours.ts";
import { loadMpi } from "./library/load.ts";
import type { Mpi, Unstarted } from "./library/load.ts";
import { openMail } from "./mail.ts";
import { JOIN_MS } from "./watch.ts";

export interface Job {
  readonly mpi: Mpi;
  readonly rank: number;
  readonly size: number;
  readonly hub: Pick<Hub, "hurry" | "silence">;
  /** The line of the next session. `goodbye` is told when the process exits before the line is closed. */
  readonly nextLine: (goodbye: (code: number) => void) => Line;
  /** A communicator for one session's exchanges, of the same ranks as `of`. All ranks ask for the same ones in the same order. */
  readonly communicator: (of: Handle) => Promise<Handle>;
  /** Gives one back; only while no exchange is in progress on it. */
  readonly free: (comm: Handle) => void;
}

/** How long processes may take until all have started the library; it has no limit of its own. */
const START_MS = 120_000;

/** How often a process says that it is there; by the number of no session. */
const PULSE_MS = 1_000;
const PULSE = -1;

let joining: Promise<Job> | undefined;

/** The job of this process, the same at every call; at most so many milliseconds are waited for it. Throws `ContextParallelError`. */
export async function joinJob(deadlineMs: number = START_MS): Promise<Job> {
  const launch = launchOf();
  if (launch === null) throw failure(diagnose(messages.notLaunched, {}));
  joining ??= join(launch);
  return inTime(joining, launch, Math.min(deadlineMs, START_MS));
}

async function join(launch: Launch): Promise<Job> {
  try {
    // MPICH's transport replaces functions of the memory allocator otherwise, which crashes V8 now and then.
    await setForLibraries("UCX_MEM_EVENTS", "no");
    // It also prints warnings to the standard output, of messages that nobody has read when the job ends.
    await setForLibraries("UCX_LOG_LEVEL", "error");
    return await openJob(await startMpi(launch));
  } finally {
    startIsOver();
  }
}

/** What is waited for goes on after the limit: a later call may find it done. */
export async function inTime<T>(work: Promise<T>, { rank, size }: Launch, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const params = { milliseconds: Math.round(milliseconds), rank, size };
    timer = setTimeout(() => reject(failure(diagnose(messages.startLimit, params))), milliseconds);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** The library of this launcher, started and checked; tests have others than `loadMpi`. Throws `ContextParallelError`. */
export async function startMpi(launch: Launch, load: typeof loadMpi = loadMpi): Promise<Mpi> {
  const { mpi, start } = await loaded(launch, load);
  const level = await started(start(), launch);
  const [rank, size] = [mpi.rank(), mpi.size()];
  if (launch.size !== null && (size !== launch.size || rank !== launch.rank)) {
    const params = { launched: launch.size, found: size, library: mpi.version() };
    mpi.finalize();
    throw failure(diagnose(messages.mixed, params));
  }
  if (level < THREAD_MULTIPLE) throw failure(diagnose(messages.threadLevel, { library: mpi.version(), level }));
  return mpi;
}

async function loaded(launch: Launch, load: typeof loadMpi): Promise<Unstarted> {
  try {
    return await load(launch.flavour);
  } catch (error) {
    const { name, packages, sonames } = launch.flavour;
    throw failure(diagnose(messages.library, { name, packages, sonames, reason: reasonOf(error) }), error);
  }
}

async function started(starting: Promise<number>, { flavour }: Launch): Promise<number> {
  const free = endWithoutStart();
  try {
    return await starting;
  } catch (error) {
    throw failure(diagnose(messages.start, { library: flavour.name, reason: reasonOf(error) }), error);
  } finally {
    free();
  }
}

async function openJob(mpi: Mpi): Promise<Job> {
  const [rank, size] = [mpi.rank(), mpi.size()];
  const hub = openHub(openMail(mpi, await duplicate(mpi, mpi.world)));
  const peers = Array.from({ length: size }, (_, other) => other).filter((other) => (rank === 0) !== (other === 0));
  keepBeating(hub.open(PULSE), peers);
  const goodbyes = new Set<(code: number) => void>();
  endWithTheJob({
    mpi,
    comm: mpi.world,
    look: hub.look,
    endRanks,
    alone: () => peers.some((other) => hub.silence(other) > JOIN_MS),
    goodbye: (code) => {
      hub.stop();
      for (const goodbye of goodbyes) goodbye(code);
    },
  });
  return {
    mpi,
    rank,
    size,
    hub,
    nextLine: linesOf(hub, goodbyes),
    communicator: (of) => duplicate(mpi, of),
    free: (comm) => mpi.free(comm),
  };
}

/** A rank that is gone never takes part: who waits for it has a limit, and this wait alone must not keep the process alive. */
async function duplicate(mpi: Mpi, of: Handle): Promise<Handle> {
  const { pending, comm } = mpi.duplicate(of);
  while (!mpi.test(pending)) await new Promise((resolve) => void setTimeout(resolve, 1).unref());
  return comm();
}

/** Tells others from time to time that this process is there, whatever it is at. */
function keepBeating(line: Line, others: readonly number[]): void {
  let last = 0;
  line.listen(() => undefined);
  line.watch(() => {
    if (performance.now() - last < PULSE_MS) return;
    last = performance.now();
    for (const other of others) line.send(other, null);
  });
}

function linesOf(hub: Hub, goodbyes: Set<(code: number) => void>): Job["nextLine"] {
  let sessions = 0;
  return (goodbye) => {
    goodbyes.add(goodbye);
    const line = hub.open(sessions);
    sessions += 1;
    return {
      ...line,
      close: () => {
        goodbyes.delete(goodbye);
        line.close();
      },
    };
  };
}

function failure(diagnostic: ReturnType<typeof diagnose>, cause?: unknown): ContextParallelError {
  return new ContextParallelError([diagnostic], cause);
}
