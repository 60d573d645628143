/**
 * @file The driver's side of hooks: the program's own registrations, and the user's handlers at its hook points. Knows no rank's state.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { HookStep, Program, ProgramHook } from "../../program/types.ts";
import { checkOptions, registerCall, wrongArgument } from "./check-options.ts";
import { describeValue } from "../describe.ts";
import { checkedBy } from "./dispatch.ts";
import type { Dispatcher, Job } from "./dispatch.ts";
import { lateHandler, lostHandler } from "./late.ts";
import { moduleName } from "../rank/place.ts";
import type { Registration } from "../rank/handlers.ts";

/** A registration of the program, with the handlers that the user has added there. */
export interface HookEntry extends ProgramHook {
  readonly handlers: readonly string[];
}

export interface SessionHooks {
  /** Every registration, in order. */
  readonly list: () => readonly HookEntry[];
  /**
   * Loads the module at `handler`, an absolute URL, in every rank and calls its default export (a `HookHandler`) in each run that is
   * asked for from now on. Resolves to the function that removes it. Throws `ContextParallelError` where the program has no such hook
   * point, where the module does not load, and where it has not loaded by the deadline; then no run calls it.
   */
  readonly register: (
    module: string,
    phase: HookStep["phase"],
    handler: string | URL,
    options?: RegisterOptions,
  ) => Promise<() => Promise<void>>;
}

export interface RegisterOptions {
  /** As for a run, time in the queue included. Without one, 30 seconds from when the ranks begin to load. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LOADING_MS = 30_000;

interface Entry {
  readonly registration: Registration;
  /** Whether every rank has loaded it. */
  loaded: boolean;
}

export interface DriverHooks {
  readonly hooks: SessionHooks;
  /** The registrations as they are now; the function gives, later, the numbers of those that every rank has loaded. */
  readonly current: () => () => readonly number[];
}

/** `dispatch` has all ranks do something, when the calls before it have ended. */
export function createHooks(
  program: Program,
  { dispatch, refuse }: Pick<Dispatcher, "dispatch" | "refuse">,
): DriverHooks {
  let entries: readonly Entry[] = [];
  let next = 0;
  const remove = (entry: Entry): void => {
    entries = entries.filter((other) => other !== entry);
  };
  const register: SessionHooks["register"] = async (module, phase, handler, options) => {
    const url = checkedBy(refuse, registerCall, () => checkRegistration(program, { module, phase, handler, options }));
    const entry: Entry = { registration: { id: next++, module, phase, url }, loaded: false };
    const { registration } = entry;
    entries = [...entries, entry];
    const job: Job = {
      request: () => ({ kind: "register", registration }),
      onDone: () => {
        entry.loaded = true;
      },
      overdue: (milliseconds, late) => lateHandler(registration, milliseconds, late),
      lost: (error) => lostHandler(registration, error),
      defaultMs: LOADING_MS,
    };
    try {
      await dispatch(job, options ?? {});
    } catch (error) {
      remove(entry);
      throw error;
    }
    // Ranks forget it at their next run.
    return async () => remove(entry);
  };
  return {
    hooks: {
      list: () => program.hooks.map((hook) => ({ ...hook, handlers: handlersAt(program, hook, entries) })),
      register,
    },
    current: () => {
      const now = entries;
      return () => now.filter(({ loaded }) => loaded).map(({ registration }) => registration.id);
    },
  };
}

interface Asked {
  readonly module: string;
  readonly phase: HookStep["phase"];
  readonly handler: string | URL;
  readonly options: RegisterOptions | undefined;
}

/** The URL, if all that a caller gave is right. Throws `ContextParallelError`. */
function checkRegistration(program: Program, { module, phase, handler, options }: Asked): string {
  const wrong = [
    ...(typeof module === "string" ? [] : [wrongArgument(registerCall, "module", "a name", describeValue(module))]),
    ...(typeof phase === "string" ? [] : [wrongArgument(registerCall, "phase", "a name", describeValue(phase))]),
    ...(typeof handler === "string" || handler instanceof URL
      ? []
      : [wrongArgument(registerCall, "handler", "an absolute URL", describeValue(handler))]),
    ...checkOptions(registerCall, options),
  ];
  if (wrong.length > 0) throw new ContextParallelError(wrong);
  const url = String(handler);
  const misplaced = checkPlace(program, module, phase, url);
  if (misplaced.length > 0) throw new ContextParallelError(misplaced);
  return url;
}

function checkPlace(program: Program, module: string, phase: HookStep["phase"], url: string): readonly Diagnostic[] {
  const steps = program.steps.filter((step) => step.kind === "hook");
  if (!steps.some((step) => step.module === module && step.phase === phase)) {
    const points = [...new Set(steps.map((step) => `${moduleName(step.module)}, ${step.phase}`))];
    return [diagnose(runtimeMessages.noHookPoint, { module, phase, points })];
  }
  return URL.canParse(url) ? [] : [diagnose(runtimeMessages.handlerUrl, { url })];
}

function handlersAt(program: Program, hook: ProgramHook, entries: readonly Entry[]): readonly string[] {
  const here = program.steps.some((step) => step.kind === "hook" && step.hook === hook.id);
  if (!here) return [];
  return entries
    .filter(({ registration }) => registration.module === hook.module && registration.phase === hook.phase)
    .map(({ registration }) => registration.url);
}
