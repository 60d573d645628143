/**
 * @file What the process of a fault is told, and what it says: the words that both sides share. Knows no session and no expectation.
 */
import type { Backend } from "../../runtime/attach/engine.ts";

/** Where a run, or the caller, is when the fault happens. */
export type Place = "attach" | "registration" | "piece" | "collective" | "between runs";

/** Faults of a handler, on rank 1. */
export type HandlerFault = "throw" | "rejection" | "exit" | "no answer" | "endless loop" | "full heap";

export type Fault =
  | HandlerFault
  | "exchange memory"
  | "piece memory"
  | "abort"
  | "deadline"
  | "release"
  | "blocked caller"
  | "exit of the caller"
  | "error of the caller"
  | "SIGKILL"
  | "SIGTERM"
  | "SIGINT"
  | "SIGSTOP, SIGCONT";

export interface Cell {
  readonly fault: Fault;
  readonly place: Place;
}

/** The only argument of the process, as JSON. */
export interface Order {
  /** Of `program.json` and the pieces; the process copies them into a temporary folder. */
  readonly folder: string;
  readonly backend: Backend;
  readonly cells: readonly Cell[];
  /** The numbers of the runs of each cell; moments depend on them. */
  readonly runs: readonly number[];
}

/** What the caller can do afterwards. */
export type After = "usable" | "ended" | "released" | "no session" | "no answer" | "wrong result";

/** One line of JSON each. */
export type Said =
  /** The run is where it should be: now a fault from outside may come. */
  | { readonly kind: "at" }
  | ({ readonly kind: "outcome" } & Outcome)
  /** All has been released; the process has nothing to do any more. */
  | { readonly kind: "end"; readonly threads: number };

export interface Outcome extends Cell {
  readonly run: number;
  /** `null`: the right result. */
  readonly code: string | null;
  readonly message: string;
  /** The diagnostics with plan entry and hook, as JSON. */
  readonly details: string;
  readonly after: After;
  /** From the fault, or from the call that contains it, to its end for the caller. */
  readonly milliseconds: number;
}
