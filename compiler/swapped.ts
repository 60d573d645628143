/**
 * @file Recognises swapped plan and model arguments. Looks at names only.
 */
import { fileMessages } from "./diagnostics/catalog/plan.ts";
import { diagnose } from "./diagnostics/diagnose.ts";
import type { Diagnostic } from "./diagnostics/types.ts";
import { isPlanName } from "./plan/read.ts";

/** `plan` may not be a path. Undefined unless the model has the name of a plan and the plan has not. */
export function lookSwapped(plan: unknown, model: string | undefined): Diagnostic | undefined {
  if (typeof plan !== "string" || model === undefined || isPlanName(plan) || !isPlanName(model)) return undefined;
  return diagnose(fileMessages.swapped, { plan, model }, { file: plan });
}
