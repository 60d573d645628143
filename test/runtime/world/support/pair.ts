/**
 * @file Rank 0 and rank 1 of a session in one process: their crews, joined by lines of memory in place of MPI, over ranks that the test ends. Knows
 * no test.
 */
import { deferred } from "../../../../runtime/deferred.ts";
import type { Deferred } from "../../../../runtime/deferred.ts";
import type { RankReport, RunRequest } from "../../../../runtime/messages.ts";
import type { Crew } from "../../../../runtime/world/crew.ts";
import { followCrew } from "../../../../runtime/world/mpi/follower.ts";
import type { Line } from "../../../../runtime/world/mpi/hub.ts";
import { leadCrew } from "../../../../runtime/world/mpi/leader.ts";
import { exchangesOver } from "../../../../runtime/world/mpi/seat.ts";
import type { Exchanges, OwnRank, Seat } from "../../../../runtime/world/mpi/seat.ts";

export interface Pair {
  readonly leader: Crew;
  readonly follower: Crew;
  /** What each rank is at: the communicators of the runs that it has begun. */
  readonly begun: readonly (readonly unknown[])[];
  /** How long a process has heard nothing of the other; by rank of the listener. */
  readonly silence: [number, number];
  /** Every process looks at its post. */
  readonly look: () => void;
  /** The library fails in both. */
  readonly breakDown: (error: unknown) => void;
}

export const anyRun: RunRequest = {
  kind: "run",
  feeds: { memory: new SharedArrayBuffer(0), tensors: [] },
  lengths: {},
  shares: null,
  wanted: [],
  handlers: [],
  memory: { kind: "sizes", outboxBytes: [0, 0] },
  progress: false,
};

interface End extends Line {
  readonly arrive: (content: unknown) => void;
  readonly look: () => void;
  readonly fail: (error: unknown) => void;
}

/** Ranks have started, and do a run as long as `work` takes. `communicators`: how many the library makes. */
export async function createPair(
  work: () => Promise<void> = () => Promise.resolve(),
  communicators: number = Infinity,
): Promise<Pair> {
  const ends: End[] = [];
  for (const rank of [0, 1]) ends.push(endOf(rank, () => ends[1 - rank]!));
  const silence: [number, number] = [0, 0];
  const begun: unknown[][] = [[], []];
  const made = meetings(communicators);
  const seats = ends.map((line, rank): Seat => {
    const exchanges = made.of(rank);
    const common = { size: 2, hosts: ["node0", "node1"], hurry: () => () => undefined, graceMs: 200 };
    return { ...common, rank, line, exchanges, silence: () => silence[rank]! };
  });
  const lead = leadCrew(seats[0]!, rankOf(0, work, begun[0]!));
  const follow = followCrew(seats[1]!, rankOf(1, work, begun[1]!));
  await Promise.all([lead.started.settled, follow.started.settled]);
  lead.attached({ kind: "attached", shares: null, notes: [] });
  await follow.attached;
  return {
    leader: lead.crew,
    follower: follow.crew,
    begun,
    silence,
    look: () => ends.forEach(({ look }) => look()),
    breakDown: (error) => ends.forEach(({ fail }) => fail(error)),
  };
}

function endOf(rank: number, other: () => End): End {
  const works = new Set<() => void>();
  const payload = new SharedArrayBuffer(0);
  const waiting: unknown[] = [];
  let hear: Parameters<Line["listen"]>[0] | undefined;
  let broken: ((error: unknown) => void) | undefined;
  return {
    send: (_, content) => setImmediate(() => other().arrive(content)),
    arrive: (content) => {
      if (hear === undefined) waiting.push(content);
      else hear({ from: 1 - rank, content, payload });
    },
    listen: (listener) => {
      hear = listener;
      for (const content of waiting.splice(0)) hear({ from: 1 - rank, content, payload });
    },
    pause: () => undefined,
    watch: (work) => {
      works.add(work);
      return () => works.delete(work);
    },
    onBroken: (listener) => {
      broken = listener;
    },
    look: () => [...works].forEach((work) => work()),
    fail: (error) => broken?.(error),
    close: () => undefined,
  };
}

/** Communicators 1, 2, ...: each is made when both ranks have asked for it, as MPI does. */
function meetings(limit: number): { readonly of: (rank: number) => Exchanges } {
  const all: { readonly ready: Deferred<number>; asked: number }[] = [];
  return {
    of: () => {
      let next = 0;
      const duplicate = (): Promise<number> => {
        const meeting = (all[next] ??= { ready: deferred<number>(), asked: 0 });
        next += 1;
        meeting.asked += 1;
        if (next > limit) meeting.ready.reject(new Error("MPI_Test failed with the code 15"));
        else if (meeting.asked === 2) meeting.ready.resolve(next);
        return meeting.ready.promise;
      };
      return exchangesOver(0, duplicate, () => undefined);
    },
  };
}

function rankOf(rank: number, work: () => Promise<void>, begun: unknown[]): OwnRank {
  const ask: Crew["ask"] = (request) => {
    if (request.kind === "run" && request.memory.kind === "mpi") begun.push(request.memory.comm);
    const stop = deferred<never>();
    stop.promise.catch(() => undefined);
    const done = Promise.race([work(), stop.promise]);
    const report: RankReport = { outputs: [], times: [], sent: [] };
    return {
      reports: done.then(() => [0, 1].map((other) => (other === rank ? report : null))),
      settled: done.catch(() => undefined),
      late: () => [],
      cancel: stop.reject,
    };
  };
  const nothing = {
    reports: Promise.resolve([null, null]),
    settled: Promise.resolve(),
    late: () => [],
    cancel: () => 0,
  };
  return {
    crew: { size: 2, lost: () => null, ask, refuse: async () => undefined, end: async () => undefined },
    started: nothing,
  };
}
