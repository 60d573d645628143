/**
 * @file The unsplit model as onnxruntime runs it: what a split run is compared with.
 */
import { removeMarkers } from "../compiler/canonical/markers.ts";
import { readModel } from "../compiler/graph/read.ts";
import { writeModel } from "../compiler/graph/write.ts";
import { createSession, OrtError } from "../ort/session.ts";
import type { OrtSession } from "../ort/types.ts";

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

/** onnxruntime does not know the boundary markers that an export may have; `null` where there are none. */
async function withoutMarkers(file: string): Promise<{ readonly model: Uint8Array; readonly folder: string } | null> {
  const read = await readModel(file);
  if (!read.ok) return null;
  const { graph: marked, folder, opsets, irVersion } = read.value;
  const { graph, markers } = removeMarkers(marked);
  return markers.length === 0 ? null : { model: writeModel(graph, { opsets, irVersion }), folder };
}
