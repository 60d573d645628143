/**
 * @file What the server and the thread of checks say to each other. Data only.
 */
import type { Inspection } from "../../compiler/inspect/model.ts";
import type { Diagnostic, Span } from "../../compiler/diagnostics/types.ts";
import type { ContextParallelConfig, ParallelConfig } from "../../compiler/plan/types.ts";

/** How plans are checked: the settings of the editor. */
export interface CheckSettings {
  /** Path of the model of plans that name none, or `null`. */
  readonly model: string | null;
  readonly parallel: ParallelConfig | ContextParallelConfig | null;
  readonly strict: boolean;
}

export interface CheckRequest {
  readonly kind: "check";
  readonly id: number;
  readonly file: string;
  readonly text: string;
  /** Texts that the editor has and the disk may not, by path: of imported files. */
  readonly buffers: ReadonlyMap<string, string>;
  readonly settings: CheckSettings;
}

export interface OutlineRequest {
  readonly kind: "outline";
  readonly id: number;
  readonly model: string;
}

export type ToChecker = CheckRequest | OutlineRequest;

/** A spec of the plan at a module: what it is in the model. */
export interface Bound {
  /** Of the spec. */
  readonly span: Span;
  readonly keySpan: Span | null;
  readonly action: "split" | "gather";
  readonly module: string;
  /** `null` where the export has no such value. */
  readonly value: string | null;
  readonly evidence: string;
  readonly elem: string;
  /** Extents of the whole value. */
  readonly shape: readonly string[];
  /** The axis that is split or gathered; not negative. */
  readonly axis: number;
  /** For a gather, the axes that are split, each with the entry that split it; empty before the proof. */
  readonly from: readonly { readonly pointer: string; readonly span: Span | null }[];
}

export interface CheckReply {
  readonly kind: "checked";
  readonly id: number;
  /** `bound`: the proof follows. `dropped`: a later text replaced this one meanwhile. */
  readonly stage: "bound" | "done" | "dropped";
  readonly diagnostics: readonly Diagnostic[];
  readonly bounds: readonly Bound[];
  /** Path of the model, if one is named; its state, so that a change is noticed. */
  readonly model: ModelState | null;
  /** Files that the plan was read from, beside itself. */
  readonly imports: readonly string[];
}

export interface ModelState {
  readonly file: string;
  /** Changes with the file. */
  readonly version: string;
}

export interface OutlineReply {
  readonly kind: "outline";
  readonly id: number;
  readonly model: ModelState;
  /** `null` if the model cannot be read. */
  readonly inspection: Inspection | null;
}

/** A request that ended by an internal error. */
export interface FailedReply {
  readonly kind: "failed";
  readonly id: number;
  readonly problem: string;
}

export type FromChecker = CheckReply | OutlineReply | FailedReply;
