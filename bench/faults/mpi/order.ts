/**
 * @file What the processes of a job are told, in which one fault happens, and what each says: the words that both sides share. Knows no
 * session and no expectation.
 */
import type { After, HandlerFault } from "../order.ts";

/** Where the rank with the fault is, or the whole job. */
export type JobPlace = "attach" | "piece" | "collective" | "between runs";

/** What the process of a rank does to itself. */
export type OwnFault =
  | "error of the script"
  | "rejection in the script"
  | "exit 0 of the script"
  | "exit 3 of the script"
  | "endless loop of the script"
  | "full heap of the script"
  | "SIGKILL"
  | "SIGSTOP"
  | "SIGSTOP, SIGCONT"
  | "late end";

/** What is done to the whole job from outside. */
export type OuterFault = "link down" | "packets lost" | "few packets lost" | "launcher killed" | "launcher stopped";

export type JobFault = Exclude<HandlerFault, "rejection"> | OwnFault | OuterFault | "exchange memory" | "piece memory";

export interface JobCell {
  readonly fault: JobFault;
  readonly place: JobPlace;
  /** The rank in which it happens. */
  readonly rank: number;
}

/** The only argument of each process, as JSON. */
export interface JobOrder extends JobCell {
  /** Of `program.json` and the pieces. */
  readonly folder: string;
  /** Each rank writes what it says to `rankN.jsonl` in this folder. */
  readonly reports: string;
  /** Of `attach` and of each run; `null`: none. */
  readonly deadlineMs: number | null;
  /** The number of the run; moments of the attach depend on it. */
  readonly run: number;
}

/** One line of JSON each. */
export type RankSaid =
  | { readonly kind: "started"; readonly pid: number; readonly job: string }
  /** Here and now the fault happens, or is to come from outside; by `Date.now()`. */
  | { readonly kind: "at"; readonly time: number }
  | RankOutcome;

export interface RankOutcome {
  readonly kind: "outcome";
  /** `null`: no error. */
  readonly code: string | null;
  readonly message: string;
  /** The diagnostics, as JSON. */
  readonly details: string;
  readonly after: After;
  /** By `Date.now()`. */
  readonly time: number;
}
