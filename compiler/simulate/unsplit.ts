/**
 * @file Values of the unsplit graph, from one session of the canonical graph with every needed value as an output.
 */
import { createSession } from "../../ort/session.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { emitGraph, externalFolder } from "../emit/emit.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { writeModel } from "../graph/write.ts";
import { crossing } from "./crossing.ts";
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
  const all = { ...emitted.graph, constants };
  const whole = crossing(all, outputs, (name) => graph.shapes.get(name)?.elem);
  const session = await createSession(
    writeModel(whole.graph, { opsets: emitted.opsets, untypedOutputs: whole.outputs }),
    { folder: externalFolder(all), optimise: "disabled" },
  );
  try {
    const given = fedValues(graph, emitted.integerInputs, feeds, lengths);
    const results = whole.results(await session.run(whole.feeds(given)));
    return new Map([...Object.entries(given), ...Object.entries(results)]);
  } finally {
    await session.release();
  }
}

/** What a session of the emitted graph takes: the feeds, and integers that depend on lengths. */
export function fedValues(
  { inputs, integers }: CanonicalGraph,
  names: readonly string[],
  feeds: OrtTensors,
  lengths: Lengths,
): OrtTensors {
  return Object.fromEntries([
    ...inputs.map(({ name }) => [name, feeds[name]!] as const),
    ...names.map((name) => [name, integerTensor(integers.get(name)!, lengths)] as const),
  ]);
}
