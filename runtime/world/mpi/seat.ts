/**
 * @file What leader and followers have in common: the ranks of this process, the line to the others, the communicator of the exchanges, and
 * how requests travel. Knows neither side.
 */
import { worldMessages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { runtimeMessages } from "../../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { reasonOf } from "../../reason.ts";
import type { PackedFeeds, RunRequest, ToRank } from "../../messages.ts";
import type { Crew, Round } from "../crew.ts";
import type { Sent, SentRun } from "./contents.ts";
import { passesTo } from "./hosts.ts";
import type { Line } from "./hub.ts";
import type { Handle } from "./library/flavours.ts";

/** A process in a session, before its rank has started. */
export interface Seat {
  readonly rank: number;
  readonly size: number;
  /** By rank. */
  readonly hosts: readonly string[];
  readonly line: Line;
  readonly exchanges: Exchanges;
  /** See `Hub`. */
  readonly hurry: () => () => void;
  /** Milliseconds since this process has heard of another one, which says something every second while its main thread turns. */
  readonly silence: (rank: number) => number;
  /** How long ranks may take to stop after a run has ended for its caller. */
  readonly graceMs: number;
}

/** The rank of this process, as a crew of one. */
export interface OwnRank {
  readonly crew: Crew;
  readonly started: Round;
}

/** The communicator over which ranks exchange blocks. */
export interface Exchanges {
  /**
   * `fresh`: one that nobody has used, since exchanges on the last one did not end. All ranks ask for the same ones in the same order, whatever
   * has happened to the call that needs it: each is made only when all have asked.
   */
  readonly communicator: (fresh: boolean) => Promise<Handle>;
  /** Only while no exchange is in progress. */
  readonly close: () => void;
}

export function exchangesOver(
  first: Handle,
  duplicate: (of: Handle) => Promise<Handle>,
  free: (comm: Handle) => void,
): Exchanges {
  // Messages may be on their way over an old one as long as the process lives: it is not given back.
  let current = Promise.resolve(first);
  let failed = 0;
  return {
    communicator: (fresh) => {
      if (!fresh) return current;
      failed += 1;
      const count = failed;
      current = current.then(duplicate).catch((error: unknown) => {
        throw usedUpBy(error, count);
      });
      // Nobody may have made the call that needs it.
      current.catch(() => undefined);
      return current;
    },
    close: () => void current.then(free),
  };
}

/** The first error counts for all later runs. */
function usedUpBy(error: unknown, failed: number): ContextParallelError {
  if (error instanceof ContextParallelError) return error;
  return new ContextParallelError([diagnose(worldMessages.usedUp, { failed, reason: reasonOf(error) })], error);
}

/** What is said of the sessions of a job whose library fails. */
export function brokenBy(error: unknown): Diagnostic {
  return diagnose(worldMessages.broken, { reason: reasonOf(error) });
}

/** What the caller's own export function threw is no diagnostic. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  return error instanceof ContextParallelError ? error.diagnostics : [diagnose(runtimeMessages.aborted, {})];
}

/** What is said of this process when it serves no more. */
export function gone({ rank, hosts }: Seat, reason: string): Diagnostic {
  return diagnose(worldMessages.gone, { rank, host: hosts[rank] ?? "", reason });
}

/** Sends a letter on to the ranks that get it from this one. */
export function passOn({ line, hosts, rank }: Seat, content: unknown, payload: Uint8Array): void {
  for (const to of passesTo(hosts, rank)) line.send(to, content, payload);
}

export interface Packed {
  readonly sent: Sent;
  readonly payload: Uint8Array;
}

/** What others need of a request; their feeds lie beside it. */
export function pack(request: ToRank): Packed {
  if (request.kind !== "run") return { sent: request, payload: new Uint8Array(0) };
  const { feeds, memory, ...rest } = request;
  const bytes = Math.max(0, ...feeds.tensors.map((tensor) => tensor.offset + tensor.bytes));
  const outboxBytes = memory.kind === "sizes" ? memory.outboxBytes : [];
  const sent: SentRun = { ...rest, tensors: feeds.tensors, outboxBytes };
  return { sent, payload: new Uint8Array(feeds.memory, 0, bytes) };
}

/** The request for the rank of this process. */
export function unpack(sent: Sent, payload: SharedArrayBuffer, rank: number, comm: Handle): ToRank {
  if (sent.kind !== "run") return sent;
  const { tensors, outboxBytes, ...rest } = sent;
  const feeds: PackedFeeds = { memory: payload, tensors };
  const request: RunRequest = { ...rest, feeds, memory: { kind: "mpi", outboxBytes: outboxBytes[rank] ?? 0, comm } };
  return request;
}

/**
 * The request to do; `null` where the two calls are not the same. A handler lies at the URL that was given on this host, and has the number
 * that rank 0 has given it.
 */
export function agreed(sent: Sent, own: ToRank): Sent | null {
  if (sent.kind !== own.kind) return null;
  if (sent.kind !== "register" || own.kind !== "register") return sent;
  const [a, b] = [sent.registration, own.registration];
  return a.module === b.module && a.phase === b.phase ? { ...own, registration: { ...b, id: a.id } } : null;
}

/** What a user has called that makes a request, or answers one. */
export const callNames: Readonly<Record<ToRank["kind"], string>> = {
  run: "run",
  register: "hooks.register",
  measure: "attach",
  release: "release",
};
