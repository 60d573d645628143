/**
 * @file Whether ONNX Runtime can compute on a device of this machine. Knows no program.
 */
import type { Graph } from "../compiler/graph/types.ts";
import { writeModel } from "../compiler/graph/write.ts";
import { createSession, OrtError } from "./session.ts";

/** The smallest model there is: one number that passes through. */
const graph: Graph = {
  name: "device",
  inputs: [{ name: "x", type: { elem: "float32", dims: [1] } }],
  outputs: [{ name: "y", type: { elem: "float32", dims: [1] } }],
  nodes: [{ name: "n", op: "Identity", domain: "", inputs: ["x"], outputs: ["y"], attributes: {}, metadata: {} }],
  constants: new Map(),
  types: new Map(),
};

/** `cpu`, `cuda:0`, ...: why no session can be made there, or `null` if one can. */
export async function deviceProblem(device: string): Promise<string | null> {
  try {
    const session = await createSession(writeModel(graph, { opsets: { "": 18 } }), { device });
    await session.release();
    return null;
  } catch (error) {
    if (error instanceof OrtError) return error.message;
    throw error;
  }
}
