/**
 * @file Whether the other processes are still there: what each has said last, and when. Knows no transport.
 */
import { worldMessages as messages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import type { FromFollower } from "./contents.ts";
import type { Seat } from "./seat.ts";

/** How long a rank may say nothing during a call. Its main thread must turn meanwhile, its rank's thread need not. */
const SILENCE_MS = 30_000;
/** How long after rank 0 the others may make a call, and how long a rank may say nothing while nobody is in one with it. */
export const JOIN_MS = 300_000;
/** How often processes say that they are there. */
export const BEAT_MS = 200;

export type Watched = Pick<Seat, "hosts" | "graceMs" | "silence">;

export interface Watch {
  readonly begin: (round: number, call: string) => void;
  /** The round has failed: ranks that are gone are now waited for only as long as the grace lasts. */
  readonly failed: () => void;
  readonly heard: (rank: number, content: FromFollower) => void;
  /** What a rank said last of its place in this round. */
  readonly indexOf: (rank: number) => number | null;
  readonly beatDue: () => boolean;
  readonly silent: (
    waiting: ReadonlySet<number>,
  ) => readonly { readonly rank: number; readonly diagnostic: Diagnostic }[];
  /** What is wrong if ranks are there and have not made the call. */
  readonly absent: (waiting: ReadonlySet<number>) => Diagnostic | null;
}

interface Seen {
  readonly round: number;
  readonly index: number | null;
}

export function watchFollowers({ hosts, graceMs, silence }: Watched): Watch {
  const seen = new Map<number, Seen>();
  let current = { round: -1, call: "", at: 0, failedAt: Infinity };
  let beat = 0;
  const others = (waiting: ReadonlySet<number>): readonly number[] => [...waiting].filter((rank) => rank !== 0);
  return {
    begin: (round, call) => {
      const at = performance.now();
      current = { round, call, at, failedAt: Infinity };
    },
    failed: () => {
      current.failedAt = performance.now();
    },
    heard: (rank, content) => {
      if (content.kind === "beat") seen.set(rank, { round: content.round, index: content.index });
    },
    indexOf: (rank) => {
      const last = seen.get(rank);
      return last?.round === current.round ? last.index : null;
    },
    beatDue: () => {
      const now = performance.now();
      if (now - beat < BEAT_MS) return false;
      beat = now;
      return true;
    },
    silent: (waiting) => {
      const now = performance.now();
      return others(waiting).flatMap((rank) => {
        const since = Math.round(Math.min(silence(rank), now - current.at));
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

/**
 * What the others say of rank 0 when it has said nothing for too long. It may take any time to make a call that is waited for, as long as it is
 * there.
 */
export function silenceOfLeader(
  { hosts, silence }: Watched,
  waits: "in a call" | "for a call" | "not",
): Diagnostic | null {
  const milliseconds = Math.round(silence(0));
  const limit = { "in a call": SILENCE_MS, "for a call": JOIN_MS, not: Infinity }[waits];
  return milliseconds < limit ? null : diagnose(messages.silent, { rank: 0, host: hosts[0] ?? "", milliseconds });
}

/** `rank 1`, `ranks 0, 2` */
export function namesOf(ranks: readonly number[]): string {
  return `rank${ranks.length === 1 ? "" : "s"} ${ranks.join(", ")}`;
}
