/**
 * @file `check`: one or several plans, once or whenever their files change.
 */
import { checkPlan, type CheckOptions as PlanOptions } from "../check/plan.ts";
import { combined, type Named } from "../check/several.ts";
import { filesOf, watch } from "../check/watch.ts";
import type { CommandIo } from "../io.ts";
import type { Format } from "../options.ts";
import { type Outcome, type Show, UsageError } from "../outcome.ts";
import { DASH } from "../request.ts";

export type { Explanation } from "../print/explain.ts";

export interface CheckOptions extends PlanOptions {
  readonly watch?: boolean;
  readonly format?: Format;
}

export async function check(
  plans: readonly string[],
  options: CheckOptions,
  io: CommandIo,
  show: Show,
): Promise<Outcome> {
  if (plans.filter((plan) => plan === DASH).length > 1)
    throw new UsageError("standard input holds one plan: give - once");
  if (options.inputs !== undefined && options.simulate !== true) {
    throw new UsageError("--inputs is for the simulation: add --simulate");
  }
  if (options.watch !== true) return (await checkAll(plans, options, io)).outcome;
  if (plans.includes(DASH)) throw new UsageError("--watch needs files: standard input does not change");
  const { format = "text" } = options;
  if (format !== "text") throw new UsageError(`--watch prints text, not one document of ${format}`);
  return watch(async () => {
    const { outcome, files } = await checkAll(plans, options, io);
    if (!io.signal.aborted) show(outcome);
    return [...files, ...(await filesOf(plans))];
  }, io);
}

interface All {
  readonly outcome: Outcome;
  readonly files: readonly string[];
}

async function checkAll(plans: readonly string[], options: CheckOptions, io: CommandIo): Promise<All> {
  const named: Named[] = [];
  const files: string[] = [];
  for (const plan of plans) {
    const { outcome, sources } = await checkPlan(plan, options, io);
    named.push({ plan, outcome });
    files.push(...sources);
    if (io.signal.aborted) break;
  }
  return { outcome: combined(named), files };
}
