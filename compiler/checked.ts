/**
 * @file Whether each stage's result is verified when it is made: an inconsistency is then an internal error at its cause, not a strange
 * failure later. Off by default, since it adds about a third to the compile time; all tests turn it on (test/setup/verify-stages.ts).
 */
import { invariant } from "./diagnostics/diagnose.ts";
import type { Result } from "./diagnostics/types.ts";

/** Limit of printed findings per result. */
const SHOWN = 20;

let isOn = false;

/** For all compilations in this process from now on. */
export function verifyStages(on: boolean): void {
  isOn = on;
}

/** The result of a stage, verified. `what` names it in the error: `the sharded graph`. */
export function checked<T>(what: string, verify: (value: T) => readonly string[], result: Result<T>): Result<T> {
  const problems = isOn && result.ok ? verify(result.value) : [];
  invariant(problems.length === 0, `${what} is inconsistent: ${problems.slice(0, SHOWN).join("; ")}`);
  return result;
}
