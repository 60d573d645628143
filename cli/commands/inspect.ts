/**
 * @file `inspect`: what a plan can address in a model.
 */
import { renderInspection } from "../../compiler/inspect/render.ts";
import { inspectModel } from "../../compiler/inspect/model.ts";
import { selectModules } from "../print/explain.ts";
import { type Outcome, outcome } from "../outcome.ts";

export interface InspectOptions {
  readonly module?: string;
}

export async function inspect(file: string, { module: pattern }: InspectOptions): Promise<Outcome> {
  const inspected = await inspectModel(file);
  if (!inspected.ok) return outcome(inspected.diagnostics);
  const { modules, attention } = inspected.value;
  const chosen = selectModules(
    modules.map(({ path }) => path),
    pattern ?? true,
  );
  if (!chosen.ok) return outcome([...inspected.diagnostics, ...chosen.diagnostics]);
  const result = {
    modules: modules.filter(({ path }) => chosen.value.includes(path)),
    attention: attention.filter(({ module }) => chosen.value.includes(module)),
  };
  return outcome(inspected.diagnostics, result, renderInspection(result));
}
