/**
 * @file `schema`: the JSON Schema of plans, or of the plans of one model.
 */
import { attentionSites } from "../../compiler/inspect/attention.ts";
import { modulesForSchema } from "../../compiler/inspect/inspect.ts";
import { settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { schemaText } from "../../compiler/plan/schema/files.ts";
import type { JsonSchema } from "../../compiler/plan/schema/json-schema.ts";
import { modelSchema } from "../../compiler/plan/schema/model-schema.ts";
import { planSchema } from "../../compiler/plan/schema/plan-schema.ts";
import { writeAside } from "../files.ts";
import type { Io } from "../io.ts";
import { type Outcome, outcome } from "../outcome.ts";

export interface SchemaOptions {
  readonly out?: string;
}

export async function schema(model: string | undefined, { out }: SchemaOptions, io: Io): Promise<Outcome> {
  const made = model === undefined ? settle(planSchema, []) : await schemaOf(model);
  if (!made.ok) return outcome(made.diagnostics);
  const text = schemaText(made.value);
  if (out === undefined) return outcome(made.diagnostics, made.value, text);
  await writeAside(out, text, io.commit);
  return outcome(made.diagnostics, { file: out }, `${out}\n`);
}

async function schemaOf(file: string): Promise<Result<JsonSchema>> {
  const graph = await canonicalModel(file);
  if (!graph.ok) return graph;
  const modules = modulesForSchema(graph.value).map(({ className, ...module }) => ({
    ...module,
    ...(className === null ? {} : { className }),
  }));
  const sites = attentionSites(graph.value).map(({ module }) => module);
  return settle(modelSchema(modules, sites), graph.diagnostics);
}
