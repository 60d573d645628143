/**
 * @file Models whose inputs and outputs all have types that cross the interface of ONNX Runtime: others cross as a wider type, which holds
 * each of their numbers. Knows no steps and no ranks.
 */
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { int } from "../graph/attributes.ts";
import { crossingElem, elemCode } from "../graph/elements.ts";
import type { ElemType, Graph, GraphValue, Node } from "../graph/types.ts";

export interface Crossing {
  /** The graph with a cast behind each input, and before each output, that does not cross as it is. */
  readonly graph: Graph;
  /** What `outputs` are called there, for `untypedOutputs`. */
  readonly outputs: readonly string[];
  /** Tensors by the names of the values, from and to those of the graph. */
  readonly feeds: (tensors: OrtTensors) => OrtTensors;
  readonly results: (tensors: OrtTensors) => OrtTensors;
}

/** `elemOf` gives the type of each input and output in the model. */
export function crossing(
  graph: Graph,
  outputs: readonly string[],
  elemOf: (value: string) => ElemType | undefined,
): Crossing {
  const own = (name: string): ElemType => elemOf(name) ?? "float32";
  const casts = (name: string): boolean => crossingElem(own(name)) !== own(name);
  const taken = new Set([...graph.inputs.map(({ name }) => name), ...graph.nodes.flatMap((node) => node.outputs)]);
  const fed = renames(
    graph.inputs.flatMap(({ name }) => (casts(name) ? [name] : [])),
    ".fed",
    taken,
  );
  const shown = renames(outputs.filter(casts), ".wider", taken);
  const inputs = graph.inputs.map((input): GraphValue => {
    const name = fed.get(input.name);
    return name === undefined ? input : { name, type: { ...input.type, elem: crossingElem(own(input.name)) } };
  });
  const before = [...fed].map(([name, outside]) => cast(outside, name, own(name)));
  const after = [...shown].map(([name, outside]) => cast(name, outside, crossingElem(own(name))));
  return {
    graph: { ...graph, inputs, nodes: [...before, ...graph.nodes, ...after] },
    outputs: outputs.map((name) => shown.get(name) ?? name),
    feeds: (tensors) => renamed(tensors, fed),
    results: (tensors) => renamed(tensors, new Map([...shown].map(([name, outside]) => [outside, name]))),
  };
}

function renames(names: readonly string[], suffix: string, taken: Set<string>): ReadonlyMap<string, string> {
  const entries = names.map((name): readonly [string, string] => {
    let outside = name + suffix;
    while (taken.has(outside)) outside += "'";
    taken.add(outside);
    return [name, outside];
  });
  return new Map(entries);
}

function cast(from: string, to: string, elem: ElemType): Node {
  const attributes = { to: int(elemCode(elem)) };
  return { name: `${to}.Cast`, op: "Cast", domain: "", inputs: [from], outputs: [to], attributes, metadata: {} };
}

function renamed(tensors: OrtTensors, names: ReadonlyMap<string, string>): OrtTensors {
  if (names.size === 0) return tensors;
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]): [string, OrtTensor] => [names.get(name) ?? name, tensor]),
  );
}
