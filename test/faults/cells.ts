/**
 * @file The table of faults as data: what each fault at each place must come to in a world of threads. Knows no process.
 */
import type { After, Cell, Fault, Place } from "../../bench/faults/order.ts";

export interface ExpectedCell extends Cell {
  /** Codes of the error that the caller sees, `null` for the right result; several where the moment decides. */
  readonly codes: readonly (string | null)[];
  /** Of these, the one that must occur in many runs. */
  readonly occurs?: string;
  /** What message and diagnostics must contain. */
  readonly says: readonly RegExp[];
  readonly after: readonly After[];
  /** How the process ends, if the fault ends it; it then says nothing. */
  readonly process?: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  /** From the fault to the end of the call, or of the process. */
  readonly withinMs: number;
  /** Whether a few runs of it are part of every test run. */
  readonly quick: boolean;
}

const rank = /rank 1/;
const hook = /hook post_forward, module \\?"block\\?"/;
const entry = /\/hooks\/0/;
const inHook = [rank, hook, entry];
/** Much more than it takes: ranks may share busy cores. */
const SOON_MS = 10_000;
const all = ["attach", "piece", "collective", "between runs"] as const;

type Form = Pick<ExpectedCell, "codes" | "after"> & Partial<ExpectedCell>;

function cellsAt(fault: Fault, places: readonly Place[], form: Form): readonly ExpectedCell[] {
  return places.map((place) => ({ fault, place, says: [], withinMs: SOON_MS, quick: false, ...form }));
}

const lost = { codes: ["CP6507"], after: ["ended"], says: inHook } as const;
const lostIdle = { codes: ["CP6511"], after: ["ended"], says: [rank] } as const;
const fails = { codes: ["CP6505"], after: ["usable"], says: [...inHook, /boom/] } as const;
const right = { codes: [null], after: ["usable"] } as const;
const dies = (code: number | null, signal: NodeJS.Signals | null): Form => ({
  codes: [],
  after: [],
  process: { code, signal },
});

/** A handler's fault while the other rank is in its piece, or waits in the collective. */
const called = ["piece", "collective"] as const;

export const cells: readonly ExpectedCell[] = [
  ...cellsAt("throw", called, { ...fails, quick: true }),
  ...cellsAt("throw", ["registration"], { codes: ["CP6513"], after: ["usable"], says: [rank, /boom/], quick: true }),
  ...cellsAt("throw", ["between runs"], { ...lostIdle, says: [rank, /boom/] }),
  ...cellsAt("rejection", called, fails),
  ...cellsAt("rejection", ["registration"], { codes: ["CP6513"], after: ["usable"], says: [rank, /boom/] }),
  ...cellsAt("rejection", ["between runs"], { ...lostIdle, says: [rank, /boom/] }),
  ...cellsAt("exit", ["piece"], { ...lost, says: [...inHook, /code 7/] }),
  ...cellsAt("exit", ["collective"], { ...lost, says: [...inHook, /code 7/], quick: true }),
  ...cellsAt("exit", ["registration"], { ...lost, says: [rank, /while it loaded the handler/, /code 7/] }),
  ...cellsAt("exit", ["between runs"], { ...lostIdle, says: [rank, /code 7/] }),
  ...cellsAt("no answer", ["piece"], { codes: ["CP6508"], after: ["usable"], says: inHook }),
  ...cellsAt("no answer", ["collective"], { codes: ["CP6508"], after: ["usable"], says: inHook, quick: true }),
  ...cellsAt("no answer", ["registration"], { codes: ["CP6521"], after: ["usable"], says: [rank, /block/] }),
  ...cellsAt("endless loop", called, { codes: ["CP6508"], after: ["ended"], says: inHook }),
  ...cellsAt("endless loop", ["registration"], { codes: ["CP6521"], after: ["ended"], says: [rank, /block/] }),
  ...cellsAt("endless loop", ["between runs"], { codes: ["CP6508"], after: ["ended"], says: [rank] }),
  ...cellsAt("full heap", called, { ...lost, says: [...inHook, /memory/] }),
  ...cellsAt("full heap", ["registration"], { ...lost, says: [rank, /memory/] }),
  // It takes a while, so that the next run may have begun.
  ...cellsAt("full heap", ["between runs"], { ...lostIdle, codes: ["CP6511", "CP6507"], says: [rank, /memory/] }),
  ...cellsAt("exchange memory", ["collective"], { codes: ["CP6516"], after: ["usable"], quick: true }),
  ...cellsAt("piece memory", ["piece"], {
    codes: ["CP6504"],
    after: ["usable"],
    says: [/rank [01]/, /piece work/, /module \\?"block\\?"/, entry],
    quick: true,
  }),
  ...cellsAt("abort", ["attach"], {
    codes: ["CP6509", null],
    occurs: "CP6509",
    after: ["no session", "usable"],
    quick: true,
  }),
  ...cellsAt("abort", ["piece", "collective", "between runs"], { codes: ["CP6509"], after: ["usable"], quick: true }),
  ...cellsAt("deadline", ["attach"], {
    codes: ["CP6522", null],
    occurs: "CP6522",
    after: ["no session", "usable"],
    says: [/ranks? [01]/],
    quick: true,
  }),
  ...cellsAt("deadline", ["piece"], {
    codes: ["CP6508"],
    after: ["usable"],
    says: [/ranks? [01]/, /piece work/, entry],
  }),
  ...cellsAt("deadline", ["collective"], { codes: ["CP6508"], after: ["usable"], says: inHook, quick: true }),
  ...cellsAt("deadline", ["between runs"], { codes: ["CP6508"], after: ["usable"], says: [/waiting for its turn/] }),
  ...cellsAt("release", called, { codes: ["CP6510"], after: ["released"] }),
  ...cellsAt("release", ["between runs"], { codes: ["CP6510"], after: ["released"], quick: true }),
  ...cellsAt("blocked caller", all, right),
  ...cellsAt("SIGSTOP, SIGCONT", all, right),
  ...cellsAt("exit of the caller", ["attach", "piece"], { ...dies(7, null), quick: true }),
  ...cellsAt("exit of the caller", ["collective", "between runs"], dies(7, null)),
  ...cellsAt("error of the caller", all, dies(1, null)),
  ...cellsAt("SIGKILL", all, dies(null, "SIGKILL")),
  ...cellsAt("SIGTERM", all, dies(null, "SIGTERM")),
  ...cellsAt("SIGINT", all, dies(null, "SIGINT")),
];
