/**
 * @file Runs a small graph once: for folding constants and for checking single nodes. Anything run often has a session of its own.
 */
import type { Graph } from "../compiler/graph/types.ts";
import { writeModel } from "../compiler/graph/write.ts";
import { createSession } from "./session.ts";
import type { OrtTensors } from "./session.ts";

export interface EvaluateOptions {
  readonly opsets: Readonly<Record<string, number>>;
  /** Values to return beside the graph's outputs; their types need not be known. */
  readonly wanted?: readonly string[];
  /** Folder of external data. */
  readonly folder?: string | null;
}

/** Values of the graph's outputs and of `wanted`, by name. Throws `OrtError`. */
export async function evaluateGraph(graph: Graph, feeds: OrtTensors, options: EvaluateOptions): Promise<OrtTensors> {
  const { opsets, wanted = [], folder = null } = options;
  const model = writeModel(graph, { opsets, untypedOutputs: wanted });
  const session = await createSession(model, { folder, optimise: "disabled" });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}
