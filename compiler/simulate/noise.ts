/**
 * @file How far the unsplit model itself moves when its first floating values carry a little noise: the measure of what rounding can do to
 * values behind a rounding to whole numbers. Knows no ranks.
 */
import { createSession } from "../../ort/session.ts";
import { numbersIn } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { emitGraph, externalFolder } from "../emit/emit.ts";
import { float, int } from "../graph/attributes.ts";
import { elemCode } from "../graph/elements.ts";
import { valuesReadBy } from "../graph/reads.ts";
import type { ElemType, Graph, Node } from "../graph/types.ts";
import { writeModel } from "../graph/write.ts";
import { isFloatElem, weakestTypes } from "../ir/rounding.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { crossing } from "./crossing.ts";
import type { Lengths } from "./positions.ts";
import type { Spread } from "./types.ts";
import { fedValues } from "./unsplit.ts";

/** Relative size of the noise: some ten times what another order of sums does to float32. */
export const NOISE = 1e-6;
/** Where a model computes in float16, whose numbers have fewer digits than that. */
const HALF_NOISE = 1e-3;
/** Runs with other noise each. */
const RUNS = 4;

/** The spread of each of the values `wanted`, whose numbers without noise are in `exact`. Throws `OrtError`. */
export async function spreadsOf(
  graph: CanonicalGraph,
  feeds: OrtTensors,
  lengths: Lengths,
  wanted: ReadonlySet<string>,
  exact: ReadonlyMap<string, OrtTensor>,
): Promise<ReadonlyMap<string, Spread>> {
  const outputs = graph.nodes.flatMap((node) => node.outputs).filter((name) => wanted.has(name) && exact.has(name));
  const emitted = emitGraph(graph, []);
  const noisy = crossing(withNoise(emitted.graph, graph), outputs, (name) => graph.shapes.get(name)?.elem);
  const session = await createSession(
    writeModel(noisy.graph, { opsets: emitted.opsets, untypedOutputs: noisy.outputs }),
    { folder: externalFolder(emitted.graph), optimise: "disabled" },
  );
  try {
    const given = noisy.feeds(fedValues(graph, emitted.integerInputs, feeds, lengths));
    const moves = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const results = noisy.results(await session.run(given));
      for (const name of outputs) {
        moves.set(name, Math.max(moves.get(name) ?? 0, distance(results[name]!, exact.get(name)!)));
      }
    }
    return new Map(
      [...moves].map(([name, moved]) => [name, { moves: moved, deviation: deviation(exact.get(name)!) }] as const),
    );
  } finally {
    await session.release();
  }
}

/** Noise on the floating inputs, and on what the graph makes of the others where that is floating: the rows of a table, for example. */
function withNoise(graph: Graph, canonical: CanonicalGraph): Graph {
  const noisy = new Set(firstFloats(canonical));
  const fed = new Set(graph.inputs.map(({ name }) => name));
  // An input keeps its name, and its readers read another; a result takes another name, and its readers keep theirs.
  const size = [...weakestTypes(canonical).values()].includes("float16") ? HALF_NOISE : NOISE;
  const read = (name: string): string => (noisy.has(name) && fed.has(name) ? `${name}.noisy` : name);
  const made = (name: string): string => (noisy.has(name) ? `${name}.exact` : name);
  const added = [...noisy].map((name, i): readonly [string, readonly Node[]] => {
    const from = fed.has(name) ? name : made(name);
    return [name, noise(from, read(name), canonical.shapes.get(name)!.elem, size, i)];
  });
  const behind = new Map(added);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => [
    { ...node, inputs: node.inputs.map(read), outputs: node.outputs.map(made) },
    ...node.outputs.flatMap((name) => behind.get(name) ?? []),
  ]);
  const first = added.flatMap(([name, own]) => (fed.has(name) ? own : []));
  return { ...graph, nodes: [...first, ...nodes] };
}

/** Floating inputs, and floating results of nodes that read inputs, or what follows from inputs, in other types only. */
function firstFloats(graph: CanonicalGraph): readonly string[] {
  const { nodes, inputs, shapes } = graph;
  const isFloat = (name: string): boolean => {
    const elem = shapes.get(name)?.elem;
    return isFloatElem(elem) && elem !== "bfloat16";
  };
  const weakest = weakestTypes(graph);
  const first = inputs.map(({ name }) => name).filter(isFloat);
  for (const node of nodes) {
    const above = valuesReadBy(node).filter((name) => weakest.has(name));
    if (above.length === 0 || above.some((name) => weakest.get(name) !== null)) continue;
    first.push(...node.outputs.filter(isFloat));
  }
  return first;
}

/** `to` = `from` * (1 + or - the noise), at random. Only `Dropout` draws random numbers in every operator set that onnxruntime has kernels for. */
function noise(from: string, to: string, elem: ElemType, size: number, seed: number): readonly Node[] {
  const part = (name: string): string => `${to}.noise.${name}`;
  const node = (op: string, inputs: readonly string[], output: string, attributes: Node["attributes"] = {}): Node => {
    return { name: `${output}.noise.${op}`, op, domain: "", inputs, outputs: [output], attributes, metadata: {} };
  };
  const number = (name: string, value: number, type: ElemType): readonly Node[] => [
    node("Constant", [], part(`${name}.value`), { value_float: float(value) }),
    node("Cast", [part(`${name}.value`)], part(name), { to: int(elemCode(type)) }),
  ];
  const dropout = node("Dropout", [from, part("half"), part("training")], part("kept"), { seed: int(seed + 1) });
  return [
    ...number("half", 0.5, "float32"),
    ...number("training", 1, "bool"),
    ...number("low", 1 - size, elem),
    ...number("high", 1 + size, elem),
    { ...dropout, outputs: [part("kept"), part("mask")] },
    node("Where", [part("mask"), part("high"), part("low")], part("factor")),
    node("Mul", [from, part("factor")], to),
  ];
}

function distance(a: OrtTensor, b: OrtTensor): number {
  const [left, right] = [numbersIn(a), numbersIn(b)];
  let largest = 0;
  for (let i = 0; i < right.length; i++) {
    const apart = Math.abs(left[i]! - right[i]!);
    if (apart > largest && apart < Infinity) largest = apart;
  }
  return largest;
}

/** Of the elements; one alone counts as that far from 0. */
function deviation(tensor: OrtTensor): number {
  const numbers = numbersIn(tensor);
  let [sum, squares, count] = [0, 0, 0];
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i]!;
    if (!Number.isFinite(x)) continue;
    sum += x;
    squares += x * x;
    count += 1;
  }
  if (count < 2) return Math.abs(sum);
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
