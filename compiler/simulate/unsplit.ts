/**
 * @file Values of the unsplit graph, from one session of the canonical graph with every needed value as an output.
 */
import { createSession } from "../../ort/session.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { emitGraph, externalFolder } from "../emit/emit.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { writeModel } from "../graph/write.ts";
import { integerTensor } from "./local.ts";
import type { Lengths } from "./positions.ts";

/** The values named by `wanted` that the graph has: feeds, constants, and results of nodes. Throws `OrtError`. */
export async function unsplitValues(
  graph: CanonicalGraph,
  feeds: OrtTensors,
  lengths: Lengths,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, OrtTensor>> {
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const emitted = emitGraph(graph, []);
  const outputs = [...wanted].filter((name) => made.has(name) || graph.constants.has(name));
  const missing = outputs.filter((name) => !made.has(name) && !emitted.graph.constants.has(name));
  const constants = new Map([
    ...emitted.graph.constants,
    ...missing.map((name) => [name, graph.constants.get(name)!] as const),
  ]);
  const whole = { ...emitted.graph, constants };
  const session = await createSession(writeModel(whole, { opsets: emitted.opsets, untypedOutputs: outputs }), {
    folder: externalFolder(whole),
    optimise: "disabled",
  });
  try {
    const integers = emitted.integerInputs.map(
      (name) => [name, integerTensor(graph.integers.get(name)!, lengths)] as const,
    );
    const given = Object.fromEntries([...graph.inputs.map(({ name }) => [name, feeds[name]!] as const), ...integers]);
    const results = await session.run(given);
    return new Map([...Object.entries(given), ...Object.entries(results)]);
  } finally {
    await session.release();
  }
}
