/**
 * @file A side that is ready to run, whatever it is.
 */
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import type { Backend } from "../../../runtime/attach/engine.ts";
import type { RunStats } from "../../../runtime/caller/stats.ts";

export interface Opened {
  readonly backend: Backend | null;
  readonly notes: readonly Diagnostic[];
  /** `stats` is `null` where nothing is split, or where the operators are profiled. */
  readonly run: () => Promise<{ readonly outputs: OrtTensors; readonly stats: RunStats | null }>;
  readonly close: () => Promise<void>;
}
