/**
 * @file Cuts the flow where user hooks may attach: at the values that enter or leave the matched modules. Knows no handler.
 */
import { lowerMessages } from "../diagnostics/catalog/lower.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { isOperand, makersOf, moduleOf, readsOf, renameReads, renameValues } from "./flow.ts";
import { depthOf, isWithin, matchesPattern } from "../ir/module-paths.ts";
import type { Flow, FlowStep, UserHook } from "./flow.ts";

/**
 * Inserts the hooks of the modules that match `patterns`. On the way from its producer to a reader a value passes the post-forward hooks of
 * the modules that it leaves, inner ones first, then the pre-forward hooks of those that it enters, outer ones first.
 */
export function insertUserHooks(
  flow: Flow,
  modules: readonly string[],
  patterns: readonly string[],
): { readonly flow: Flow; readonly diagnostics: readonly Diagnostic[] } {
  const { hooked, diagnostics } = matched(modules, patterns);
  if (hooked.length === 0) return { flow, diagnostics };
  const points = hookPoints(flow, hooked);
  const steps: FlowStep[] = [];
  for (const step of flow.steps) {
    const names = new Map(readsOf(step).map((name) => [name, points.passTo(name, moduleOf(step))]));
    steps.push(
      ...points.takeNew(),
      renameReads(step, (name) => names.get(name) ?? name),
    );
  }
  const outputs = new Map(flow.outputs.map((name) => [points.passTo(name, null), name]));
  steps.push(...points.takeNew());
  const silent = hooked.filter((module) => !points.all().some((hook) => hook.module === module));
  return {
    flow: withOutputNames(flow, steps, points.all(), outputs),
    diagnostics: [...diagnostics, ...silent.map((module) => diagnose(lowerMessages.hookSeesNothing, { module }))],
  };
}

/** Matched modules, outer ones first. */
function matched(
  modules: readonly string[],
  patterns: readonly string[],
): { hooked: readonly string[]; diagnostics: readonly Diagnostic[] } {
  const none = patterns.filter((pattern) => !modules.some((module) => matchesPattern(pattern, module)));
  const hooked = modules.filter((module) => patterns.some((pattern) => matchesPattern(pattern, module)));
  return {
    hooked: [...hooked].sort((a, b) => depthOf(a) - depthOf(b)),
    diagnostics: none.map((pattern) =>
      diagnose(lowerMessages.hookMatchesNothing, { pattern, suggestion: suggest(pattern, modules) }),
    ),
  };
}

interface HookPoints {
  /** The name under which a reader in `module` (`null`: the caller of the model) reads the value. */
  readonly passTo: (value: string, module: string | null) => string;
  /** Hooks made since the last call. */
  readonly takeNew: () => readonly UserHook[];
  readonly all: () => readonly UserHook[];
}

function hookPoints(flow: Flow, hooked: readonly string[]): HookPoints {
  const makers = makersOf(flow.steps);
  const made = new Map<string, UserHook>();
  let taken = 0;
  const pass = (value: string, origin: string, module: string, phase: UserHook["phase"]): string => {
    const result = `${origin}@${module === "" ? "root" : module}.${phase}`;
    if (!made.has(result)) made.set(result, { kind: "hook", module, phase, value, result });
    return result;
  };
  const passTo: HookPoints["passTo"] = (value, reader) => {
    // Blocks in flight have no layout to pass to a handler.
    if (isOperand(flow, value) || !flow.layouts.has(value)) return value;
    const maker = makers.get(value);
    const producer = maker === undefined ? null : moduleOf(maker);
    const holds = (outer: string, module: string | null): boolean => module !== null && isWithin(module, outer);
    const left = hooked.filter((module) => holds(module, producer) && !holds(module, reader)).toReversed();
    const entered = hooked.filter((module) => !holds(module, producer) && holds(module, reader));
    const outside = left.reduce((name, module) => pass(name, value, module, "post_forward"), value);
    return entered.reduce((name, module) => pass(name, value, module, "pre_forward"), outside);
  };
  const takeNew = (): readonly UserHook[] => {
    const fresh = [...made.values()].slice(taken);
    taken = made.size;
    return fresh;
  };
  return { passTo, takeNew, all: () => [...made.values()] };
}

/** The caller finds the last value under the output's name; the one before the hooks gets another. */
function withOutputNames(
  flow: Flow,
  steps: readonly FlowStep[],
  hooks: readonly UserHook[],
  outputs: ReadonlyMap<string, string>,
): Flow {
  const names = new Map<string, string>();
  for (const [last, output] of outputs) {
    if (last === output) continue;
    names.set(output, `${output}@before`);
    names.set(last, output);
  }
  const nameOf = (name: string): string => names.get(name) ?? name;
  const knownAs = <T>(known: ReadonlyMap<string, T>): ReadonlyMap<string, T> => {
    const all = new Map(known);
    for (const { value, result } of hooks) {
      const entry = all.get(value);
      if (entry !== undefined) all.set(result, entry);
    }
    return new Map([...all].map(([name, entry]) => [nameOf(name), entry]));
  };
  return {
    ...flow,
    steps: steps.map((step) => renameValues(step, nameOf)),
    localShapes: knownAs(flow.localShapes),
    layouts: knownAs(flow.layouts),
  };
}
