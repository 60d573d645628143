/**
 * @file What the process decides for ONNX Runtime: which backend. Knows no session.
 */

/** Which backend to take where the caller of `attach` names none; `undefined` if the variable is not set, or empty. */
export function preferredBackend(): string | undefined {
  return process.env[BACKEND_VARIABLE] || undefined;
}

export const BACKEND_VARIABLE = "ONNX_CP_BACKEND";
