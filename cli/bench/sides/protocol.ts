/**
 * @file Messages between a measurement and its sides. A side is what is measured, in a process: the unsplit model in one session, or a
 * program on its ranks. Messages are cloned, so tensors keep their types.
 */
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import type { DeviceName } from "../../../ort/devices/names.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import type { Backend } from "../../../runtime/attach/engine.ts";
import type { RunStats } from "../../../runtime/caller/stats.ts";
import type { OperatorTime } from "../operators.ts";

interface Common {
  /** An .npz file. */
  readonly feeds: string;
  /** Folder for profiles of the operators, which the side then measures instead of itself. */
  readonly profile: string | null;
}

/** The unsplit model in one session with the settings of onnxruntime-node. */
export interface PlainSide extends Common {
  readonly kind: "plain";
  readonly model: string;
  readonly threads: number;
  readonly device: string;
}

/** A compiled program on its ranks. */
export interface SplitSide extends Common {
  readonly kind: "split";
  /** Folder of the program. */
  readonly program: string;
  /** `null`: the default of `attach`. */
  readonly devices: readonly DeviceName[] | null;
  readonly backend: Backend | null;
}

export type SideConfig = PlainSide | SplitSide;

export type ToSide =
  | { readonly kind: "start"; readonly config: SideConfig }
  /** `outputs`: whether to answer with them. */
  | { readonly kind: "run"; readonly outputs: boolean }
  /** Ends a side that profiles. */
  | { readonly kind: "profile" };

export interface Started {
  readonly kind: "started";
  /** To create the session, or to load and attach the program. */
  readonly milliseconds: number;
  /** `null` for a plain side. */
  readonly backend: Backend | null;
  readonly notes: readonly Diagnostic[];
}

export interface Ran {
  readonly kind: "ran";
  readonly milliseconds: number;
  /** Milliseconds of processor time, all threads of the process together. */
  readonly processor: number;
  /** Largest resident set so far, bytes. */
  readonly resident: number;
  /** `null` for a plain side. */
  readonly stats: RunStats | null;
  /** Empty unless requested. */
  readonly outputs: OrtTensors;
}

export type FromSide =
  | Started
  | Ran
  | { readonly kind: "profiled"; readonly operators: readonly OperatorTime[] }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };
