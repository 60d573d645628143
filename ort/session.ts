/**
 * @file Creates sessions. The one place that chooses a backend; callers know `OrtSession` only.
 */
import { createBindingSession } from "./binding.ts";
import type { OrtSession, SessionOptions } from "./types.ts";

export { createPlainSession } from "./binding.ts";
export type { OrtData, OrtElem, OrtSession, OrtTensor, OrtTensors, OrtValueInfo, SessionOptions } from "./types.ts";
export { OrtError } from "./types.ts";

/**
 * Loads a model from a file, or from bytes with the folder of its external data. Throws `OrtError`, and
 * `ContextParallelError` where onnxruntime-node itself does not load.
 * Weights in external files are mapped, so that sessions and processes share their pages.
 */
export function createSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<OrtSession> {
  return createBindingSession(model, options);
}
