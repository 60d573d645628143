/**
 * @file The driver's side of hooks: the program's own registrations, and the user's handlers at its hook points. Knows no rank's state.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { HookStep, Program, ProgramHook } from "../../program/types.ts";
import type { ToRank } from "../messages.ts";
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
   * Loads the module at `handler`, an absolute URL, in every rank and calls its default export (a `HookHandler`) in each run from now
   * on. Resolves to the function that removes it. Throws `ContextParallelError` where the program has no such hook point, or where
   * the module does not load.
   */
  readonly register: (module: string, phase: HookStep["phase"], handler: string | URL) => Promise<() => Promise<void>>;
}

/** `tell` has all ranks do something, after the runs that were asked for before. */
export function createHooks(program: Program, tell: (request: ToRank) => Promise<void>): SessionHooks {
  let registrations: readonly Registration[] = [];
  let next = 0;
  const remove = async (id: number): Promise<void> => {
    if (!registrations.some((registration) => registration.id === id)) return;
    registrations = registrations.filter((registration) => registration.id !== id);
    await tell({ kind: "remove", id });
  };
  return {
    list: () => program.hooks.map((hook) => ({ ...hook, handlers: handlersAt(program, hook, registrations) })),
    register: async (module, phase, handler) => {
      const url = String(handler);
      checkPlace(program, module, phase, url);
      const registration: Registration = { id: next++, module, phase, url };
      registrations = [...registrations, registration];
      try {
        await tell({ kind: "register", registration });
      } catch (error) {
        // Some ranks may have loaded it.
        await remove(registration.id).catch(() => undefined);
        throw error;
      }
      return () => remove(registration.id);
    },
  };
}

function checkPlace(program: Program, module: string, phase: HookStep["phase"], url: string): void {
  const steps = program.steps.filter((step) => step.kind === "hook");
  if (!steps.some((step) => step.module === module && step.phase === phase)) {
    const points = [...new Set(steps.map((step) => `${moduleName(step.module)}, ${step.phase}`))];
    throw new ContextParallelError([diagnose(runtimeMessages.noHookPoint, { module, phase, points })]);
  }
  if (!URL.canParse(url)) throw new ContextParallelError([diagnose(runtimeMessages.handlerUrl, { url })]);
}

function handlersAt(program: Program, hook: ProgramHook, registrations: readonly Registration[]): readonly string[] {
  const here = program.steps.some((step) => step.kind === "hook" && step.hook === hook.id);
  if (!here) return [];
  return registrations
    .filter(({ module, phase }) => module === hook.module && phase === hook.phase)
    .map(({ url }) => url);
}
