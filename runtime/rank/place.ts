/**
 * @file Says where in a program a rank was, and which plan entry asked for it. Knows no fault.
 */
import type { Where } from "../../compiler/diagnostics/diagnose.ts";
import type { Program, ProgramHook, ProgramStep } from "../../program/types.ts";

/** `rank 1, step 3 of 9 (piece p2, module "blocks.0.attn")` */
export function placeOf(program: Program, rank: number, index: number): string {
  return `rank ${rank}, ${stepPlace(program, index)}`;
}

/** `step 3 of 9 (piece p2, module "blocks.0.attn")` */
export function stepPlace(program: Program, index: number): string {
  const step = program.steps[index];
  const what = step === undefined ? "" : ` (${stepName(step)}, ${moduleName(step.module)})`;
  return `step ${index + 1} of ${program.steps.length}${what}`;
}

/** `piece p2`, `ulysses in attn.q`, `hook post_forward` */
export function stepName(step: ProgramStep): string {
  if (step.kind === "piece") return `piece ${step.piece}`;
  return step.kind === "collective" ? `${step.purpose} ${step.name}` : `hook ${step.phase}`;
}

export function moduleName(module: string): string {
  return module === "" ? "the root module" : `module "${module}"`;
}

/** Span of the plan entry behind a step, and the hook that it became. */
export function originOf(program: Program, index: number): Where {
  const step = program.steps[index];
  if (step === undefined) return {};
  const hook = step.kind === "piece" ? hookBefore(program, index) : hookById(program, step.hook);
  if (hook === undefined) return {};
  const message = step.kind === "piece" ? `after ${hookName(hook)}` : hookName(hook);
  return { span: hook.origin?.span ?? undefined, related: [{ message, module: hook.module }] };
}

function hookById({ hooks }: Program, id: number | null): ProgramHook | undefined {
  return hooks.find((hook) => hook.id === id);
}

/** The plan entry that a piece works for: that of a value which it makes or takes, else the last one that took effect before it. */
function hookBefore(program: Program, index: number): ProgramHook | undefined {
  const step = program.steps[index];
  if (step?.kind !== "piece") return undefined;
  const asked = program.hooks.filter(({ origin }) => origin !== null);
  const values = new Set([...Object.values(step.inputs), ...Object.values(step.outputs)]);
  const own = asked.find(({ reads, writes }) => [...reads, ...writes].some((name) => values.has(name)));
  if (own !== undefined) return own;
  const before = program.steps.slice(0, index).flatMap((s) => (s.kind === "piece" ? [] : [hookById(program, s.hook)]));
  return before.findLast((hook) => hook !== undefined && hook.origin !== null) ?? asked[0];
}

function hookName({ id, action, phase, origin }: ProgramHook): string {
  const entry = origin === null ? "" : `, from the plan entry ${origin.pointer}`;
  return `hook ${id}, ${action} at ${phase}${entry}`;
}
