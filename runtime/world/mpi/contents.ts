/**
 * @file What the processes of a session say to each other. Rank 0 leads: its calls count, and the others follow. Knows no transport.
 */
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import type { Shares } from "../../../program/shares.ts";
import type { PackedTensor, RankReport, RunRequest, ToRank } from "../../messages.ts";
import type { LateRank } from "../crew.ts";
import type { Cores } from "./hosts.ts";

/** What must be the same on all ranks, by name, in words. */
export type Identity = Readonly<Record<string, string>>;

/** What all ranks know of each other, by rank. */
export interface Agreement {
  readonly hosts: readonly string[];
  readonly cores: readonly Cores[];
  /** For the sessions of each rank. */
  readonly threads: readonly number[];
  readonly notes: readonly Diagnostic[];
}

/** What a process says of itself when it attaches. */
export interface Hello {
  readonly kind: "hello";
  readonly identity: Identity;
  readonly host: string;
  /** Numbers of the cores that the process may use. */
  readonly cores: readonly number[];
  /** How many cores its control group may use at a time. */
  readonly quota: number;
}

/** A run as it is sent; its feeds lie beside it. */
export interface SentRun extends Omit<RunRequest, "feeds" | "memory"> {
  readonly tensors: readonly PackedTensor[];
  /** By rank. */
  readonly outboxBytes: readonly number[];
}

export type Sent = SentRun | Exclude<ToRank, { kind: "run" }>;

export type FromLeader =
  /** All ranks were started alike. */
  | { readonly kind: "welcome"; readonly agreement: Agreement }
  | { readonly kind: "attached"; readonly shares: Shares; readonly notes: readonly Diagnostic[] }
  /** `refused`: rank 0's own call was wrong, and there is nothing to do. `fresh`: the exchanges before did not end, so that a communicator is needed that nobody has used. */
  | {
      readonly kind: "request";
      readonly round: number;
      readonly sent: Sent;
      readonly fresh: boolean;
      readonly refused?: readonly Diagnostic[];
    }
  | { readonly kind: "done"; readonly round: number }
  | { readonly kind: "cancel"; readonly round: number; readonly diagnostics: readonly Diagnostic[] }
  /** Where the ranks are that have still to answer. */
  | { readonly kind: "beat"; readonly late: readonly LateRank[] }
  /** There will be no more requests. */
  | { readonly kind: "over"; readonly diagnostics: readonly Diagnostic[] };

export type FromFollower =
  | Hello
  | { readonly kind: "fault"; readonly round: number; readonly diagnostics: readonly Diagnostic[] }
  /** The rank is at work on it no more; the report of a run that went well is without outputs. */
  | { readonly kind: "left"; readonly round: number; readonly report: RankReport | null }
  /** The round that it has begun, and its place in it, see `Announce`. */
  | { readonly kind: "beat"; readonly round: number; readonly index: number | null }
  /** The rank serves no more. `torn`: it was not idle. */
  | { readonly kind: "lost"; readonly diagnostics: readonly Diagnostic[]; readonly torn: boolean };
