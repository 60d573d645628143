/**
 * @file What a caller may pass to `run` beside the feeds, in the forms that onnxruntime's session takes. Knows no rank.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Program } from "../../program/types.ts";
import type { TensorLike } from "../tensor.ts";

export interface RunOptions {
  /** The run fails when it has not ended this long after the call, time in the queue included. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after every step that rank 0 has done; what it throws ends the run. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Progress {
  /** Steps done, of `total`. */
  readonly done: number;
  readonly total: number;
}

/** Names of outputs, or a map from them to a tensor that takes the result, or to `null`. */
export type Fetches = readonly string[] | Readonly<Record<string, TensorLike | null>>;

export interface RunCall {
  /** Each once. */
  readonly wanted: readonly string[];
  readonly preallocated: ReadonlyMap<string, TensorLike>;
  readonly options: RunOptions;
}

/** Tells `run(feeds, fetches, options)` from `run(feeds, options)`: an object that names no output is options. */
export function readCall(
  program: Program,
  second: Fetches | RunOptions | undefined,
  third: RunOptions | undefined,
): RunCall {
  const all = program.outputs.map(({ name }) => name);
  const whole = { wanted: all, preallocated: new Map<string, TensorLike>() };
  if (second === undefined || second === null) return { ...whole, options: third ?? {} };
  if (isNames(second)) return { ...whole, wanted: [...new Set(second)], options: third ?? {} };
  const isFetches = third !== undefined || Object.keys(second).some((key) => all.includes(key));
  if (!isFetches) return { ...whole, options: second };
  const tensors = Object.entries(second).filter((entry): entry is [string, TensorLike] => Boolean(entry[1]));
  return { wanted: Object.keys(second), preallocated: new Map(tensors), options: third ?? {} };
}

/** Calls `end` once, when the signal aborts or the deadline passes. Returns the function that stops watching. */
export function watchEnd({ signal, deadlineMs }: RunOptions, end: (error: ContextParallelError) => void): () => void {
  const onAbort = (): void => end(new ContextParallelError([diagnose(runtimeMessages.aborted, {})], signal?.reason));
  const onDeadline = (milliseconds: number): void =>
    end(new ContextParallelError([diagnose(runtimeMessages.deadline, { milliseconds })]));
  const timer =
    deadlineMs === undefined || deadlineMs > LONGEST_TIMER
      ? undefined
      : setTimeout(() => onDeadline(deadlineMs), deadlineMs);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}

/** Timers count in 32 bits; a deadline of 24 days is none. */
const LONGEST_TIMER = 2 ** 31 - 1;

function isNames(fetches: Fetches | RunOptions): fetches is readonly string[] {
  return Array.isArray(fetches);
}
