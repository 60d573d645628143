/**
 * @file The unsplit model as onnxruntime runs it: the reference for a split run.
 */
import { removeMarkers } from "../../compiler/canonical/passes/markers.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { elementsIn } from "../../ort/tensors.ts";
import { countLengths } from "../../program/lengths.ts";
import { createPlainSession, createSession, OrtError } from "../../ort/session.ts";
import type { OrtSession, OrtTensor, OrtTensors, PlainOptions } from "../../ort/types.ts";

type Create<Options> = (model: Uint8Array | string, options: Options) => Promise<OrtSession>;

/** Loads the model of `file`. Throws `OrtError`. */
export function unsplitSession(file: string, threads: number): Promise<OrtSession> {
  return unsplitBy(createSession, file, { threads });
}

/** Loads the model of `file` with the settings of onnxruntime-node. Throws `OrtError`. */
export function plainSession(file: string, options: PlainOptions): Promise<OrtSession> {
  return unsplitBy(createPlainSession, file, options);
}

async function unsplitBy<Options>(create: Create<Options>, file: string, options: Options): Promise<OrtSession> {
  try {
    return await create(file, options);
  } catch (error) {
    const bytes = error instanceof OrtError ? await withoutMarkers(file) : null;
    if (bytes === null) throw error;
    return create(bytes.model, { ...options, folder: bytes.folder });
  }
}

/**
 * The outputs of the model in its canonical form, for a model that onnxruntime refuses as exported (for example, an `Attention` with a
 * broadcast mask). `null` where that does not run either.
 */
export async function canonicalOutputs(file: string, inputs: OrtTensors): Promise<OrtTensors | null> {
  const model = await canonicalModel(file);
  if (!model.ok) return null;
  const { outputs } = model.value;
  const values = await canonicalValues(model.value, inputs, new Set(outputs));
  return values === null ? null : Object.fromEntries(outputs.map((name) => [name, values.get(name)!]));
}

/** Values of the canonical graph; `null` where onnxruntime does not run it. */
export async function canonicalValues(
  graph: CanonicalGraph,
  inputs: OrtTensors,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, OrtTensor> | null> {
  try {
    return await unsplitValues(graph, inputs, lengthsIn(graph, inputs), wanted);
  } catch (error) {
    if (error instanceof OrtError) return null;
    throw error;
  }
}

/** The named lengths of a graph as the inputs have them. */
export function lengthsIn({ lengths }: CanonicalGraph, inputs: OrtTensors): Readonly<Record<string, number>> {
  const entries = lengths.map(({ name, sources: [source] }) => {
    return [name, source === undefined ? 0 : (inputs[source.input]?.dims[source.axis] ?? 0)] as const;
  });
  const ofAxes = Object.fromEntries(entries);
  return { ...ofAxes, ...countLengths({ lengths }, ofAxes, (input, from, to) => elementsIn(inputs[input], from, to)) };
}

/** onnxruntime does not know the boundary markers that an export may have; `null` where there are none. */
async function withoutMarkers(file: string): Promise<{ readonly model: Uint8Array; readonly folder: string } | null> {
  const read = await readModel(file);
  if (!read.ok) return null;
  const { graph: marked, folder, opsets, irVersion } = read.value;
  const { graph, markers } = removeMarkers(marked);
  return markers.length === 0 ? null : { model: writeModel(graph, { opsets, irVersion }), folder };
}
