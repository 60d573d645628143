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

/** Where handlers are called, and by which number the driver removes one. */
export interface Registration {
  readonly id: number;
  readonly module: string;
  readonly phase: HookStep["phase"];
  readonly url: string;
}

export interface Handlers {
  /** Loads the module. Throws `ContextParallelError` where that fails or it exports no function. */
  readonly register: (registration: Registration) => Promise<void>;
  readonly remove: (id: number) => void;
  /** The value after all handlers of the step, in order of registration. Throws `StepFault`. */
  readonly apply: (step: HookStep, value: OrtTensor) => Promise<OrtTensor>;
}

interface Loaded extends Registration {
  readonly handler: HookHandler;
}

export function createHandlers(rank: number): Handlers {
  let all: readonly Loaded[] = [];
  return {
    register: async (registration) => {
      const handler = await load(registration, rank);
      all = [...all, { ...registration, handler }];
    },
    remove: (id) => {
      all = all.filter((loaded) => loaded.id !== id);
    },
    apply: async (step, value) => {
      const { layout, module, phase } = step;
      let current = value;
      for (const loaded of all) {
        if (loaded.module !== module || loaded.phase !== phase) continue;
        current = await call(loaded, current, { rank, layout, module, phase, value: step.value });
      }
      return current;
    },
  };
}

async function load({ url }: Registration, rank: number): Promise<HookHandler> {
  let reason = "its default export is no function";
  try {
    const { default: handler }: { readonly default?: unknown } = await import(url);
    if (typeof handler === "function") return handler as HookHandler;
  } catch (error) {
    reason = reasonOf(error);
  }
  throw new ContextParallelError([diagnose(runtimeMessages.handlerModule, { rank, url, reason })]);
}

async function call({ handler, url }: Loaded, value: OrtTensor, context: HookContext): Promise<OrtTensor> {
  const { elem, dims, data } = copyOf(value);
  let result: unknown;
  try {
    result = await handler({ type: elem, dims, data }, context);
  } catch (error) {
    const reason = reasonOf(error);
    throw new StepFault((place, where) => diagnose(runtimeMessages.handler, { place, url, reason }, where), error);
  }
  if (result === undefined) return value;
  const fitting = fit(result, value);
  if (fitting !== null) return fitting;
  const found = { url, expected: showTensor(elem, dims), actual: describe(result) };
  throw new StepFault((place, where) => diagnose(runtimeMessages.handlerResult, { place, ...found }, where));
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
