/**
 * @file The error that carries diagnostics where a caller expects an exception: attaching, running, applying a plan in one call.
 * Knows no stage and no exit code.
 */
import { invariant } from "./diagnose.ts";
import type { Diagnostic, Result } from "./types.ts";

/** Thrown for errors that a user can fix or must know; `code` is that of the first error among `diagnostics`. */
export class ContextParallelError extends Error {
  readonly code: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], cause?: unknown) {
    const errors = diagnostics.filter((d) => d.severity === "error");
    const [first] = errors;
    invariant(first !== undefined, "an error without an error among its diagnostics");
    const others = errors.length === 1 ? "" : ` (and ${errors.length - 1} more, see diagnostics)`;
    super(`${first.code}: ${first.message}${others}`, cause === undefined ? {} : { cause });
    this.name = "ContextParallelError";
    this.code = first.code;
    this.diagnostics = diagnostics;
  }
}

/** The result of `work`, or the diagnostics that it throws, for callers who expect a value. */
export async function caught<T>(work: Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ContextParallelError) return { ok: false, diagnostics: error.diagnostics };
    throw error;
  }
}
