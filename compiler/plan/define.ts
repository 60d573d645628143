/**
 * @file `definePlan`: returns a plan unchanged, and makes the TypeScript compiler check it. Knows no form of the language: `draft.ts` has what
 * an editor offers, `checked.ts` what is wrong.
 */
import type { CheckedPlan } from "./checked.ts";
import type { PlanDraft } from "./draft.ts";

/**
 * Declares a plan: `export default definePlan({ "": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } })`.
 * In a `*.plan.ts` file the call is evaluated statically; at run time it returns its argument.
 */
export function definePlan<const P extends PlanDraft>(plan: P & CheckedPlan<P>): P {
  return plan;
}
