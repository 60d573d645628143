/**
 * @file The unsplit model as onnxruntime runs it: the reference for a split run.
 */
import { removeMarkers } from "../../compiler/canonical/passes/markers.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { createSession, OrtError } from "../../ort/session.ts";
import type { OrtSession, OrtTensors } from "../../ort/types.ts";

/** Loads the model of `file`. Throws `OrtError`. */
export async function unsplitSession(file: string, threads: number): Promise<OrtSession> {
  try {
    return await createSession(file, { threads });
  } catch (error) {
    const bytes = error instanceof OrtError ? await withoutMarkers(file) : null;
    if (bytes === null) throw error;
    return createSession(bytes.model, { threads, folder: bytes.folder });
  }
}

/**
 * The outputs of the model in its canonical form, for a model that onnxruntime refuses as exported (for example, an `Attention` with a
 * broadcast mask). `null` where that does not run either.
 */
export async function canonicalOutputs(file: string, inputs: OrtTensors): Promise<OrtTensors | null> {
  const model = await canonicalModel(file);
  if (!model.ok) return null;
  const graph = model.value;
  const lengths = graph.lengths.map(({ name, sources }) => {
    const [source] = sources;
    return [name, source === undefined ? 0 : (inputs[source.input]?.dims[source.axis] ?? 0)] as const;
  });
  try {
    const values = await unsplitValues(graph, inputs, Object.fromEntries(lengths), new Set(graph.outputs));
    return Object.fromEntries(graph.outputs.map((name) => [name, values.get(name)!]));
  } catch (error) {
    if (error instanceof OrtError) return null;
    throw error;
  }
}

/** onnxruntime does not know the boundary markers that an export may have; `null` where there are none. */
async function withoutMarkers(file: string): Promise<{ readonly model: Uint8Array; readonly folder: string } | null> {
  const read = await readModel(file);
  if (!read.ok) return null;
  const { graph: marked, folder, opsets, irVersion } = read.value;
  const { graph, markers } = removeMarkers(marked);
  return markers.length === 0 ? null : { model: writeModel(graph, { opsets, irVersion }), folder };
}
