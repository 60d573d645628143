/**
 * @file Inputs for a model of which only the graph is known: the first that it should accept, and others for a model that says no. Runs
 * nothing.
 */
import { isOrtElem, ortTensor } from "../../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../../ort/types.ts";
import { sizeOf } from "../../graph/elements.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import type { ShardedGraph } from "../../shard/types.ts";
import type { Lengths } from "../positions.ts";
import { numberOf } from "./intervals.ts";
import { lengthsToTry } from "./lengths.ts";
import { roleOf } from "./masks.ts";
import { generator, numbersFor, type Recipe } from "./recipes.ts";
import { recipesFor } from "./values.ts";

/** One tensor per input, the same for the same graph; the first of `inputsToTry`. */
export function chosenInputs(sharded: ShardedGraph): OrtTensors {
  for (const inputs of inputsToTry(sharded)) return inputs;
  return {};
}

/** In the order to try them: other lengths, and for each, grids of numbers that fit the lengths. */
export function* inputsToTry(sharded: ShardedGraph): Generator<OrtTensors> {
  const { graph } = sharded;
  const grids = gridsOf(graph);
  for (const lengths of lengthsToTry(sharded)) {
    const recipes = recipesFor(graph, lengths);
    yield tensors(graph, lengths, recipes);
    if (grids.length === 0) continue;
    for (const sizes of gridSizes(lengths)) {
      const given = grids.map(({ name, count }) => [name, { kind: "given", numbers: sizes(count) }] as const);
      yield tensors(graph, lengths, new Map<string, Recipe>([...recipes, ...given]));
    }
  }
}

function tensors(graph: CanonicalGraph, lengths: Lengths, recipes: ReadonlyMap<string, Recipe>): OrtTensors {
  const random = generator();
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }): [string, OrtTensor] => {
      const dims = shape.dims.map((dim) => numberOf(dim, lengths) ?? 1);
      const elem = isOrtElem(shape.elem) ? shape.elem : "float32";
      return [name, ortTensor(elem, dims, numbersFor(recipes.get(name)!, dims, random))];
    }),
  );
}

interface Grid {
  readonly name: string;
  readonly count: number;
}

/** Inputs of two or three whole numbers that are neither indices nor a mask: sizes, perhaps, of which the product is a length. */
function gridsOf(graph: CanonicalGraph): readonly Grid[] {
  return graph.inputs.flatMap(({ name, shape: { elem, dims } }) => {
    if (elem !== "int64" && elem !== "int32") return [];
    const fixed = dims.filter((dim) => typeof dim === "number");
    const count = sizeOf(fixed);
    const isGrid = fixed.length === dims.length && (count === 2 || count === 3) && roleOf(graph, name) === "number";
    return isGrid ? [{ name, count }] : [];
  });
}

/** For each length: its two factors that are nearest to each other, the larger first or last, after ones. */
function gridSizes(lengths: Lengths): readonly ((count: number) => readonly number[])[] {
  return [...new Set(Object.values(lengths))].flatMap((length) => {
    let height = Math.floor(Math.sqrt(length));
    while (height > 1 && length % height > 0) height -= 1;
    const sizes = [Math.max(1, height), length / Math.max(1, height)];
    return [(count: number) => [...Array.from({ length: count - 2 }, () => 1), ...sizes]];
  });
}
