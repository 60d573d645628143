/**
 * @file Whether the other processes are still there: what each has said last, and when. Knows no transport.
 */
import { worldMessages as messages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import type { FromFollower } from "./contents.ts";

/** How long a rank may say nothing during a call. Its main thread must turn meanwhile, its rank's thread need not. */
export const SILENCE_MS = 30_000;
/** How long after rank 0 the others may make a call. */
const JOIN_MS = 300_000;
/** How often processes say that they are there. */
const BEAT_MS = 200;

/** Whether it is time to say so again. */
export function createBeat(): () => boolean {
  let last = 0;
  return () => {
    const now = performance.now();
    if (now - last < BEAT_MS) return false;
    last = now;
    return true;
  };
}

export interface Watch {
  readonly begin: (round: number, call: string) => void;
  /** The round has failed: ranks that are gone are now waited for only as long as the grace lasts. */
  readonly failed: () => void;
  readonly heard: (rank: number, content: FromFollower) => void;
  readonly forget: (rank: number) => void;
  /** What a rank said last of its place in this round. */
  readonly indexOf: (rank: number) => number | null;
  readonly silent: (
    waiting: ReadonlySet<number>,
  ) => readonly { readonly rank: number; readonly diagnostic: Diagnostic }[];
  /** What is wrong if ranks are there and have not made the call. */
  readonly absent: (waiting: ReadonlySet<number>) => Diagnostic | null;
}

interface Seen {
  /** By `performance.now()`. */
  at: number;
  round: number;
  index: number | null;
}

export function watchFollowers(hosts: readonly string[], graceMs: number): Watch {
  const seen = new Map<number, Seen>();
  let current = { round: -1, call: "", at: 0, failedAt: Infinity };
  const others = (waiting: ReadonlySet<number>): readonly number[] => [...waiting].filter((rank) => rank !== 0);
  return {
    begin: (round, call) => {
      const at = performance.now();
      current = { round, call, at, failedAt: Infinity };
      hosts.forEach((_, rank) => seen.set(rank, { at, round: seen.get(rank)?.round ?? -1, index: null }));
    },
    failed: () => {
      current.failedAt = performance.now();
    },
    heard: (rank, content) => {
      const last = seen.get(rank) ?? { at: 0, round: -1, index: null };
      const place = content.kind === "beat" ? { round: content.round, index: content.index } : {};
      seen.set(rank, { ...last, ...place, at: performance.now() });
    },
    forget: (rank) => seen.delete(rank),
    indexOf: (rank) => {
      const last = seen.get(rank);
      return last?.round === current.round ? last.index : null;
    },
    silent: (waiting) => {
      const now = performance.now();
      return others(waiting).flatMap((rank) => {
        const since = Math.round(now - (seen.get(rank)?.at ?? -Infinity));
        const gone = since > SILENCE_MS || Math.min(now - current.failedAt, since) > graceMs;
        if (!gone) return [];
        const params = { rank, host: hosts[rank] ?? "", milliseconds: since };
        return [{ rank, diagnostic: diagnose(messages.silent, params) }];
      });
    },
    absent: (waiting) => {
      const milliseconds = Math.round(performance.now() - current.at);
      const ranks = others(waiting).filter((rank) => (seen.get(rank)?.round ?? -1) < current.round);
      if (milliseconds < JOIN_MS || ranks.length === 0) return null;
      return diagnose(messages.notCalled, { ranks: namesOf(ranks), call: current.call, milliseconds });
    },
  };
}

/** `rank 1`, `ranks 0, 2` */
export function namesOf(ranks: readonly number[]): string {
  return `rank${ranks.length === 1 ? "" : "s"} ${ranks.join(", ")}`;
}
