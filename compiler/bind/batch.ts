/**
 * @file Resolves `$batch`: inputs of the model by name, and the axis of each that has the batch. Knows no layout.
 */
import { bindBatch } from "../diagnostics/catalog/splitting/reserved.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import type { PlanBatch } from "../plan/types.ts";
import { showShape } from "./describe.ts";
import type { BatchBinding } from "./types.ts";

export function batchBindings(
  { inputs }: CanonicalGraph,
  stated: readonly PlanBatch[],
): { readonly batch: readonly BatchBinding[]; readonly diagnostics: readonly Diagnostic[] } {
  const batch: BatchBinding[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { input, dim, span } of stated) {
    const shape = inputs.find(({ name }) => name === input)?.shape;
    const where = { span: span ?? undefined };
    if (shape === undefined) {
      const known = inputs.map(({ name }) => name);
      diagnostics.push(diagnose(bindBatch.unknownInput, { input, known, suggestion: suggest(input, known) }, where));
      continue;
    }
    const rank = shape.dims.length;
    const axis = dim < 0 ? dim + rank : dim;
    if (axis >= 0 && axis < rank) batch.push({ input, axis, span });
    else diagnostics.push(diagnose(bindBatch.outOfRange, { input, dim, rank, shape: showShape(shape) }, where));
  }
  return { batch, diagnostics };
}
