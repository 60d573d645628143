/**
 * @file What a caller may pass to `run` beside the feeds, in the forms that onnxruntime's session takes. Knows no rank.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose, settle } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import { isNames } from "../describe.ts";
import { checkOptions, runCall, wrongArgument } from "./check-options.ts";
import { describeValue, isRecord } from "../describe.ts";
import { isTensorLike } from "../tensor.ts";
import type { TensorLike } from "../tensor.ts";

export interface RunOptions {
  /** The run fails when it has not ended this long after the call, time in the queue included. `undefined` and `Infinity` are none. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after every step that rank 0 has done; what it throws, or rejects with, ends the run. */
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

/** Tells `run(feeds, fetches, options)` from `run(feeds, options)`: an object that names no output is options. All is checked. */
export function readCall(program: Program, second: unknown, third: unknown): Result<RunCall> {
  const all = program.outputs.map(({ name }) => name);
  if (second === undefined || second === null) return called(all, {}, third);
  if (isNames(second)) return called([...new Set(second)], {}, third);
  if (!isRecord(second)) {
    const expected = "a list of names of outputs, an object from names to tensors or null, or options";
    return settle<RunCall>(undefined, [wrongArgument(runCall, "the second argument", expected, describeValue(second))]);
  }
  const isFetches = third !== undefined || Object.keys(second).some((key) => all.includes(key));
  return isFetches ? called(Object.keys(second), second, third) : called(all, {}, second);
}

/** `given` are the tensors that take results, where they are tensors. */
function called(
  wanted: readonly string[],
  given: Readonly<Record<string, unknown>>,
  options: unknown,
): Result<RunCall> {
  const taken = Object.entries(given).filter(([, tensor]) => tensor !== null && tensor !== undefined);
  const tensors = taken.flatMap(([name, tensor]) => (isTensorLike(tensor) ? [[name, tensor] as const] : []));
  const wrong = taken.filter(([name]) => !tensors.some(([other]) => other === name));
  const diagnostics = [
    ...wrong.map(([name, tensor]) => wrongArgument(runCall, `the fetch "${name}"`, TENSOR, describeValue(tensor))),
    ...checkOptions(runCall, options ?? undefined),
  ];
  return settle({ wanted, preallocated: new Map(tensors), options: (options ?? {}) as RunOptions }, diagnostics);
}

const TENSOR = "a tensor with type, dims and data, or null";

export type Limits = Pick<RunOptions, "deadlineMs" | "signal">;

/**
 * Calls `end` when the signal aborts or the deadline passes, with what `overdue` says of the deadline. Returns the function that stops
 * watching.
 */
export function watchEnd(
  { signal, deadlineMs }: Limits,
  overdue: (milliseconds: number) => Diagnostic,
  end: (error: ContextParallelError) => void,
): () => void {
  const onAbort = (): void => end(new ContextParallelError([diagnose(runtimeMessages.aborted, {})], signal?.reason));
  const timer =
    deadlineMs === undefined || deadlineMs > LONGEST_TIMER
      ? undefined
      : setTimeout(() => end(new ContextParallelError([overdue(deadlineMs)])), deadlineMs);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}

/** Timers count in 32 bits; a deadline of 24 days is none. */
const LONGEST_TIMER = 2 ** 31 - 1;
