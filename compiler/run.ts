/**
 * @file What the stages of one compilation share: the diagnostics so far, and the pauses between stages. Knows no stage.
 */
import { hasErrors, strictly } from "./diagnostics/diagnose.ts";
import { saidOnce } from "./diagnostics/once.ts";
import type { Diagnostic, Result } from "./diagnostics/types.ts";
import { isImplicit } from "./strict.ts";
import { turn } from "./turn.ts";

interface RunOptions {
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
}

/** The diagnostics of one compilation, and what its stages do with a result. */
export interface Run {
  readonly found: Diagnostic[];
  /** The value of a result, unless there is an error so far. */
  readonly keep: <T>(result: Result<T>) => T | undefined;
  /** Most stages are one synchronous computation: events are served between them, so that the signal can abort. */
  readonly pause: () => Promise<void>;
}

/** `before` are diagnostics that are found already. */
export function newRun({ strict, signal }: RunOptions, before: readonly Diagnostic[] = []): Run {
  const found: Diagnostic[] = [...before];
  const keep = <T>(result: Result<T>): T | undefined => {
    // One by one: the arguments of a call are on the stack, which hundreds of thousands of diagnostics exhaust.
    const said = saidOnce(result.diagnostics);
    for (const one of strict ? strictly(said, isImplicit) : said) found.push(one);
    return result.ok && !hasErrors(found) ? result.value : undefined;
  };
  return { found, keep, pause: () => turn(signal) };
}
