/**
 * @file What the process decides for ONNX Runtime: which backend. Knows no session.
 */

/** The backend if the caller of `attach` names none: that of the variable, else the one that survives every fault of a rank. */
export function preferredBackend(): string {
  return process.env[BACKEND_VARIABLE] || "binding";
}

export const BACKEND_VARIABLE = "ONNX_CP_BACKEND";
