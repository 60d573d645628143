/**
 * @file Checks the options of attach, run and hooks.register for their types, since a caller in JavaScript may pass anything. Knows no rank.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose, InternalError } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { describeValue, isNames, isRecord } from "../describe.ts";
import { reasonOf } from "../reason.ts";

interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

/** A call of the API, with its options by name. */
export interface Call {
  readonly name: string;
  readonly options: Readonly<Record<string, Rule>>;
}

const deadlineMs: Rule = {
  expected: "a number of milliseconds above 0",
  holds: (value) => typeof value === "number" && value > 0,
};
const signal: Rule = { expected: "an AbortSignal", holds: isSignal };
const onProgress: Rule = { expected: "a function", holds: (value) => typeof value === "function" };
const devices: Rule = { expected: 'a list of names such as "cpu"', holds: isNames };

const shares: Rule = {
  expected: 'a list of numbers, one per rank, or "auto"',
  holds: (value) => value === "auto" || isNumbers(value),
};
const backend: Rule = { expected: 'the name "binding"', holds: (value) => typeof value === "string" };

const world: Rule = { expected: 'the name "threads" or "mpi"', holds: (value) => typeof value === "string" };

const sessionOptions: Rule = { expected: "an object", holds: isRecord };
const worker: Rule = { expected: "a URL of the scheme file:", holds: isFileUrl };
const model: Rule = { expected: "the path of an ONNX file", holds: (value) => typeof value === "string" };

export const attachCall: Call = {
  name: "attach",
  options: { devices, shares, deadlineMs, signal, backend, world, sessionOptions, worker, model },
};
export const runCall: Call = { name: "run", options: { deadlineMs, signal, onProgress } };
export const registerCall: Call = { name: "hooks.register", options: { deadlineMs, signal } };

/** Every option that is there and of another type; `undefined` is none. */
export function checkOptions(call: Call, options: unknown): readonly Diagnostic[] {
  if (options === undefined) return [];
  if (!isRecord(options)) return [wrongArgument(call, "options", "an object", describeValue(options))];
  return Object.entries(call.options).flatMap(([name, { expected, holds }]) => {
    const value = options[name];
    return value === undefined || holds(value) ? [] : [wrongArgument(call, name, expected, describeValue(value))];
  });
}

export function wrongArgument({ name: call }: Call, name: string, expected: string, actual: string): Diagnostic {
  return diagnose(runtimeMessages.argument, { call, name, expected, actual });
}

/** What `work` gives, which looks at arguments. Their getters and proxies may throw: that is a wrong argument. Throws `ContextParallelError`. */
export function looking<T>(call: Call, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ContextParallelError || error instanceof InternalError) throw error;
    const wrong = wrongArgument(
      call,
      "an argument",
      "an object that can be read",
      `one that throws: ${reasonOf(error)}`,
    );
    throw new ContextParallelError([wrong], error);
  }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && Array.from<unknown>(value).every((number) => typeof number === "number");
}

/** Of whatever realm: a test runner may have its own class. */
function isFileUrl(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as Partial<URL>).protocol === "file:";
}

/** Of whatever realm or library: what is called of it is there. */
function isSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<Record<keyof AbortSignal, unknown>>;
  const listens = typeof addEventListener === "function" && typeof removeEventListener === "function";
  return typeof aborted === "boolean" && listens;
}
