/**
 * @file Says where in a program a rank was, and which plan entry asked for it. Knows no fault.
 */
import type { Where } from "../compiler/diagnostics/diagnose.ts";
import type { Program, ProgramHook, ProgramStep } from "../compiler/program.ts";

/** `rank 1, step 3 of 9 (piece p2, module "blocks.0.attn")` */
export function placeOf(program: Program, rank: number, index: number): string {
  const step = program.steps[index];
  const what = step === undefined ? "" : ` (${stepName(step)}, ${moduleName(step.module)})`;
  return `rank ${rank}, step ${index + 1} of ${program.steps.length}${what}`;
}

/** `piece p2`, `ulysses in attn.q`, `hook post_forward` */
export function stepName(step: ProgramStep): string {
  if (step.kind === "piece") return `piece ${step.piece}`;
  return step.kind === "exchange" ? `${step.purpose} ${step.name}` : `hook ${step.phase}`;
}

export function moduleName(module: string): string {
  return module === "" ? "the root module" : `module "${module}"`;
}

/** Span of the plan entry behind a step, and the hook that it became. */
export function originOf(program: Program, index: number): Where {
  const step = program.steps[index];
  const id = step === undefined || step.kind === "piece" ? null : step.hook;
  const hook = program.hooks.find((candidate) => candidate.id === id);
  if (hook === undefined) return {};
  return { span: hook.origin?.span ?? undefined, related: [{ message: hookName(hook), module: hook.module }] };
}

function hookName({ id, action, phase, origin }: ProgramHook): string {
  const entry = origin === null ? "" : `, from the plan entry ${origin.pointer}`;
  return `hook ${id}, ${action} at ${phase}${entry}`;
}
