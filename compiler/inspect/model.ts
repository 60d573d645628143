/**
 * @file Inspects the model in a file: the stages up to the canonical graph, without a plan. Knows no command and no schema.
 */
import { type Inspection, inspectGraph } from "./inspect.ts";
import { canonicalise } from "../canonical/canonicalise.ts";
import type { FixedShapes } from "../ir/lengths.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { caught } from "../diagnostics/error.ts";
import type { Result } from "../diagnostics/types.ts";
import { readModel } from "../graph/read.ts";

export type { InspectedModule, InspectedValue, Inspection } from "./inspect.ts";

export interface InspectOptions {
  /** Sizes of dynamic inputs, by name. */
  readonly shapes?: FixedShapes;
}

/** Modules with their inputs and outputs, and attention sites, of an ONNX file. Errors in the model are diagnostics. */
export async function inspectModel(model: string, options: InspectOptions = {}): Promise<Result<Inspection>> {
  const graph = await canonicalModel(model, options.shapes);
  return graph.ok ? { ...graph, value: inspectGraph(graph.value) } : graph;
}

/** The canonical graph of an ONNX file. */
export async function canonicalModel(file: string, shapes?: FixedShapes): Promise<Result<CanonicalGraph>> {
  const model = await readModel(file);
  if (!model.ok) return model;
  const graph = await caught(canonicalise(model.value, shapes));
  return { ...graph, diagnostics: [...model.diagnostics, ...graph.diagnostics] };
}
