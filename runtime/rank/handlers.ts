/**
 * @file User hooks on one rank: loads handler modules and runs them at the program's hook points. Knows no session and no transport.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { HookStep } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { isOrtElem } from "../../ort/tensors.ts";
import { StepFault } from "./fault.ts";
import { reasonOf } from "../reason.ts";
import { byteSize, copyOf, isTensorLike, sameDims, showTensor, tensorOf, viewBytes } from "../tensor.ts";
import type { TensorLike } from "../tensor.ts";
import { orAborted } from "../world/patience.ts";
import { RunAborted } from "../world/world.ts";

/** What a handler is told beside the tensor. */
export interface HookContext {
  readonly rank: number;
  /** How the value is spread over the ranks, as `check --explain` prints it. */
  readonly layout: string;
  readonly module: string;
  readonly phase: HookStep["phase"];
  /** The ONNX value: a module may have several inputs or outputs. */
  readonly value: string;
}

/**
 * The default export of a handler module. The tensor is the rank's own part of the value, in memory that the handler may keep or
 * change; what it returns, of the same type and shape, takes the value's place.
 */
export type HookHandler = (tensor: TensorLike, context: HookContext) => HandlerResult | Promise<HandlerResult>;
type HandlerResult = TensorLike | undefined | void;

/** Where handlers are called, and by which number the driver names one. */
export interface Registration {
  readonly id: number;
  readonly module: string;
  readonly phase: HookStep["phase"];
  readonly url: string;
}

export interface Handlers {
  /** Loads the module. Throws `ContextParallelError` where that fails or it exports no function. */
  readonly register: (registration: Registration) => Promise<void>;
  /** Forgets all registrations but these: a run states those that every rank has loaded and nobody has removed. */
  readonly keep: (ids: readonly number[]) => void;
  /** The value after all handlers of the step, in order of registration. Throws `StepFault`, and what `check` throws meanwhile. */
  readonly apply: (step: HookStep, value: OrtTensor, check: () => void) => Promise<OrtTensor>;
}

interface Loaded extends Registration {
  readonly handler: HookHandler;
}

export function createHandlers(rank: number): Handlers {
  let all: readonly Loaded[] = [];
  let kept: readonly Loaded[] = [];
  return {
    register: async (registration) => {
      const handler = await load(registration, rank);
      all = [...all, { ...registration, handler }];
    },
    keep: (ids) => {
      all = all.filter(({ id }) => ids.includes(id));
      kept = all;
    },
    apply: async (step, value, check) => {
      const { layout, module, phase } = step;
      let current = value;
      for (const loaded of kept) {
        if (loaded.module !== module || loaded.phase !== phase) continue;
        current = await call(loaded, current, { rank, layout, module, phase, value: step.value }, check);
      }
      return current;
    },
  };
}

async function load({ url }: Registration, rank: number): Promise<HookHandler> {
  let reason = "its default export is not a function";
  try {
    const { default: handler }: { readonly default?: unknown } = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ url
    );
    if (typeof handler === "function") return handler as HookHandler;
  } catch (error) {
    reason = reasonOf(error);
  }
  throw new ContextParallelError([diagnose(runtimeMessages.handlerModule, { rank, url, reason })]);
}

async function call(
  { handler, url }: Loaded,
  value: OrtTensor,
  context: HookContext,
  check: () => void,
): Promise<OrtTensor> {
  const { elem, dims, data } = copyOf(value);
  let result: unknown;
  try {
    const given: unknown = handler({ type: elem, dims, data }, context);
    result = isThenable(given) ? await orAborted(check, given) : given;
  } catch (error) {
    if (error instanceof RunAborted) throw error;
    const reason = reasonOf(error);
    throw new StepFault((place, where) => diagnose(runtimeMessages.handler, { place, url, reason }, where), error);
  }
  if (result === undefined) return value;
  const fitting = fit(result, value);
  if (fitting !== null) return fitting;
  const found = { url, expected: showTensor(elem, dims), actual: describe(result) };
  throw new StepFault((place, where) => diagnose(runtimeMessages.handlerResult, { place, ...found }, where));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** The result as a tensor of its own, or `null` if it cannot stand in the place of `value`. */
function fit(result: unknown, { elem, dims }: OrtTensor): OrtTensor | null {
  if (!isTensorLike(result) || result.type !== elem || !sameDims(result.dims, dims)) return null;
  const bytes = viewBytes(result);
  return bytes?.byteLength === byteSize(elem, dims) ? copyOf(tensorOf(elem, dims, bytes)) : null;
}

function describe(result: unknown): string {
  if (!isTensorLike(result)) return result === null ? "null" : `a value of type ${typeof result}`;
  const { type, dims } = result;
  const bytes = viewBytes(result);
  if (bytes === null || !isOrtElem(type) || bytes.byteLength === byteSize(type, dims)) return showTensor(type, dims);
  return `${showTensor(type, dims)} with ${bytes.byteLength} bytes of data`;
}
