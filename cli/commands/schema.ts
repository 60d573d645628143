/**
 * @file `schema`: the JSON Schema of plans, or of the plans of one model.
 */
import { inspectGraph, type InspectedValue } from "../../compiler/inspect/inspect.ts";
import { settle } from "../../compiler/diagnostics/diagnose.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { outlineForSchema } from "../../compiler/inspect/outlines.ts";
import { modelSchemaText, schemaText } from "../../compiler/plan/schema/files.ts";
import type { JsonSchema } from "../../compiler/plan/schema/json-schema.ts";
import { modelSchema } from "../../compiler/plan/schema/model-schema.ts";
import { modelTypes } from "../../compiler/plan/schema/model-types.ts";
import { planSchema } from "../../compiler/plan/schema/plan-schema.ts";
import { writeAside } from "../files.ts";
import type { Io } from "../io.ts";
import { type Outcome, outcome, UsageError } from "../outcome.ts";

export interface SchemaOptions {
  readonly out?: string;
  /** TypeScript types instead of a schema. */
  readonly types?: boolean;
}

export async function schema(model: string | undefined, { out, types }: SchemaOptions, io: Io): Promise<Outcome> {
  if (types === true) return typesOf(model, out, io);
  const made = model === undefined ? settle(planSchema, []) : await schemaOf(model);
  if (!made.ok) return outcome(made.diagnostics);
  const text = model === undefined ? schemaText(made.value) : modelSchemaText(made.value);
  if (out === undefined) return outcome(made.diagnostics, made.value, text);
  await writeAside(out, text, io.commit);
  return outcome(made.diagnostics, { file: out }, `${out}\n`);
}

async function typesOf(model: string | undefined, out: string | undefined, io: Io): Promise<Outcome> {
  if (model === undefined) throw new UsageError("--types needs a MODEL: the types are those of its modules");
  const graph = await canonicalModel(model);
  if (!graph.ok) return outcome(graph.diagnostics);
  const { modules, attention } = inspectGraph(graph.value);
  const typed = modules.map(({ path, className, inputs, outputs }) => ({
    name: path,
    className,
    inputs: inputs.flatMap((input): readonly (readonly [string, string])[] =>
      input.name === null || /\[[1-9]\d*\]$/.test(input.name)
        ? []
        : [[input.name.replace(/\[0\]$/, ""), shapeText(input)]],
    ),
    outputs: outputs.filter(({ isShared }) => !isShared).map(shapeText),
  }));
  const text = modelTypes(
    typed,
    attention.map(({ module }) => module),
  );
  if (out === undefined) return outcome(graph.diagnostics, text, text);
  await writeAside(out, text, io.commit);
  return outcome(graph.diagnostics, { file: out }, `${out}\n`);
}

function shapeText({ elem, shape }: InspectedValue): string {
  return `${elem} [${shape.join(", ")}]`;
}

async function schemaOf(file: string): Promise<Result<JsonSchema>> {
  const graph = await canonicalModel(file);
  if (!graph.ok) return graph;
  const { modules, sites } = outlineForSchema(graph.value);
  const outlines = modules.map(({ className, ...module }) => ({
    ...module,
    ...(className === null ? {} : { className }),
  }));
  return settle(modelSchema(outlines, sites), graph.diagnostics);
}
