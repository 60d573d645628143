/**
 * @file `inspect`: what a plan can address in a model.
 */
import { inspectModel } from "../../compiler/bind/inspect.ts";
import { renderInspection } from "../../compiler/bind/render.ts";
import { canonicalise } from "../../compiler/canonical/canonicalise.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { selectModules } from "../explain.ts";
import { type Outcome, outcome } from "../outcome.ts";

export interface InspectOptions {
  readonly module?: string;
}

export async function inspect(file: string, { module: pattern }: InspectOptions): Promise<Outcome> {
  const model = await readModel(file);
  if (!model.ok) return outcome(model.diagnostics);
  const graph = await canonicalise(model.value);
  const diagnostics = [...model.diagnostics, ...graph.diagnostics];
  if (!graph.ok) return outcome(diagnostics);
  const { modules, attention } = inspectModel(graph.value);
  const chosen = selectModules([...graph.value.modules.keys()], pattern ?? true);
  if (!chosen.ok) return outcome([...diagnostics, ...chosen.diagnostics]);
  const result = {
    modules: modules.filter(({ path }) => chosen.value.includes(path)),
    attention: attention.filter(({ module }) => chosen.value.includes(module)),
  };
  return outcome(diagnostics, result, renderInspection(result));
}
