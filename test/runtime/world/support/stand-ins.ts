/**
 * @file Stand-ins for an MPI library, for the line to other processes, and for the rank of this process. Knows no test.
 */
import type { Mpi, Unstarted } from "../../../../runtime/world/mpi/library/load.ts";
import { flavours, THREAD_MULTIPLE } from "../../../../runtime/world/mpi/library/flavours.ts";
import type { Flavour } from "../../../../runtime/world/mpi/library/flavours.ts";
import type { Line } from "../../../../runtime/world/mpi/hub.ts";
import type { OwnRank, Seat } from "../../../../runtime/world/mpi/seat.ts";
import type { Round } from "../../../../runtime/world/crew.ts";

export interface Library {
  /** Why it does not load. */
  readonly load?: string;
  readonly start?: () => Promise<never>;
  readonly level?: number;
  readonly rank?: number;
  readonly size?: number;
}

/** In place of `loadMpi`; a library of a job of two, on rank 1. */
export function fakeLibrary(library: Library): (flavour: Flavour) => Promise<Unstarted> {
  const { load, level = THREAD_MULTIPLE, rank = 1, size = 2 } = library;
  const { start = () => Promise.resolve(level) } = library;
  return async (flavour) => {
    if (load !== undefined) throw new Error(load);
    const known: Partial<Mpi> = {
      flavour,
      rank: () => rank,
      size: () => size,
      version: () => "Open MPI v4.1.4",
      finalize: () => undefined,
    };
    return { mpi: known as Mpi, start };
  };
}

export interface FakeLine extends Line {
  readonly sent: readonly { readonly to: number; readonly content: unknown }[];
  /** A letter comes. */
  readonly arrive: (letter: { readonly from: number; readonly content: unknown }) => void;
  /** What is done at every look at the post. */
  readonly look: () => void;
}

/** A line on which these letters are waiting. */
export function lineTo(letters: readonly { readonly from: number; readonly content: unknown }[]): FakeLine {
  const payload = new SharedArrayBuffer(0);
  const sent: { readonly to: number; readonly content: unknown }[] = [];
  const works = new Set<() => void>();
  let hear: Parameters<Line["listen"]>[0] = () => undefined;
  return {
    sent,
    send: (to, content) => void sent.push({ to, content }),
    listen: (listener) => {
      hear = listener;
      for (const letter of letters) hear({ ...letter, payload });
    },
    arrive: (letter) => hear({ ...letter, payload }),
    pause: () => undefined,
    watch: (work) => {
      works.add(work);
      return () => works.delete(work);
    },
    look: () => works.forEach((work) => work()),
    onBroken: () => undefined,
    close: () => undefined,
  };
}

/** One of two processes on two hosts. */
export function seatAt(rank: number, line: Line): Seat {
  const exchanges = { communicator: async () => flavours[1]!.world as number, close: () => undefined };
  return {
    rank,
    size: 2,
    hosts: ["node0", "node1"],
    line,
    exchanges,
    hurry: () => () => undefined,
    silence: () => 0,
    graceMs: 5_000,
  };
}

/** A rank that answers every request at once. */
export function ownRank(): OwnRank {
  const round = (): Round => ({
    reports: Promise.resolve([null]),
    settled: Promise.resolve(),
    late: () => [],
    cancel: () => undefined,
  });
  return {
    crew: { size: 2, lost: () => null, ask: round, refuse: async () => undefined, end: async () => undefined },
    started: round(),
  };
}
