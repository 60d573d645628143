/**
 * @file What the driver and a rank's worker say to each other. A rank answers every request exactly once, in order, the start as well. All of it can be cloned; memory that is shared is named so.
 */
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import type { Shares } from "../program/shares.ts";
import type { Program } from "../program/types.ts";
import type { OrtData, OrtElem } from "../ort/session.ts";
import type { Lengths } from "./collectives/placement.ts";
import type { PieceSettings } from "./rank/pieces.ts";
import type { Registration } from "./rank/handlers.ts";
import type { Flavour, Handle } from "./world/mpi/library/flavours.ts";
import type { Control } from "./world/threads/control.ts";

/** What a rank is started with. */
export interface RankSetup {
  readonly rank: number;
  readonly size: number;
  readonly program: Program;
  readonly pieces: PieceSettings;
  readonly control: Control;
  readonly transport: Transport;
  /** Whether the rank's outputs go to a caller: of rank 0, and of every process. */
  readonly returns: boolean;
}

/** How ranks reach each other. `spin`: every rank of the machine has a core of its own. */
export type Transport =
  | { readonly kind: "threads"; readonly spin: boolean }
  | { readonly kind: "mpi"; readonly spin: boolean; readonly flavour: Flavour["name"] };

/**
 * The memory of exchanges: outboxes that all ranks see, one per rank; or the sizes of such, where the ranks are processes, and what becomes
 * of them for one rank.
 */
export type ExchangeMemory =
  | { readonly kind: "threads"; readonly outboxes: readonly SharedArrayBuffer[] }
  | { readonly kind: "sizes"; readonly outboxBytes: readonly number[] }
  | { readonly kind: "mpi"; readonly outboxBytes: number; readonly comm: Handle };

/** A tensor inside shared memory. */
export interface PackedTensor {
  readonly name: string;
  readonly elem: OrtElem;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly bytes: number;
}

/** The feeds of a run: one copy for all ranks. */
export interface PackedFeeds {
  readonly memory: SharedArrayBuffer;
  readonly tensors: readonly PackedTensor[];
}

export interface RunRequest {
  readonly kind: "run";
  readonly feeds: PackedFeeds;
  readonly lengths: Lengths;
  /** The same for all ranks, so that all deal the lengths alike. */
  readonly shares: Shares;
  /** Outputs of the ranks that return any. */
  readonly wanted: readonly string[];
  /** Registrations whose handlers are called: those that every rank has loaded and nobody has removed. */
  readonly handlers: readonly number[];
  readonly memory: ExchangeMemory;
  /** Whether to report every step. */
  readonly progress: boolean;
}

/** Answered with one time: see `measureRank`. */
export interface MeasureRequest {
  readonly kind: "measure";
  readonly lengths: Lengths;
}

export type ToRank =
  | RunRequest
  | MeasureRequest
  | { readonly kind: "register"; readonly registration: Registration }
  /** `stay`: the thread waits for another start, and keeps nothing of this one. */
  | { readonly kind: "release"; readonly stay?: boolean };

/** The first message to a thread, and the first after a release. */
export interface StartRequest {
  readonly kind: "start";
  readonly setup: RankSetup;
}

export type ToThread = StartRequest | ToRank;

export interface OutputTensor {
  readonly name: string;
  readonly elem: OrtElem;
  readonly dims: readonly number[];
  readonly data: OrtData;
}

/** What a rank tells of a run that went well. */
export interface RankReport {
  /** The wanted outputs where the rank returns any, else none. */
  readonly outputs: readonly OutputTensor[];
  /** Milliseconds of each step. */
  readonly times: readonly number[];
  /** Bytes that left the rank at each step; 0 where the step is no collective. */
  readonly sent: readonly number[];
}

export type FromRank =
  | { readonly kind: "done"; readonly report: RankReport | null }
  | { readonly kind: "fault"; readonly diagnostics: readonly Diagnostic[] }
  /** Another rank failed, or the driver ended the run. */
  | { readonly kind: "aborted" }
  /** Not an answer: comes before it, as often as there are steps. */
  | { readonly kind: "progress"; readonly done: number };
