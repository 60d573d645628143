/**
 * @file Lengths that a model accepts, as far as its graph says: those of the plan's proof, moved until the model's own equations hold too.
 */
import type { ShardedGraph } from "../../shard/types.ts";
import { lengthsFor } from "../choose.ts";
import type { Lengths } from "../positions.ts";
import { equationsOf, fillsAll } from "./equations.ts";

/** Multiples of the number of ranks near which lengths begin: longer ones where convolutions would leave nothing. */
const FIRST = [3, 6, 12, 24, 48] as const;
/** Multiples to which every length is raised in turn, for what the graph does not say: grids of patches, levels of a U-Net. */
const EVEN = [2, 4, 8, 16, 32, 64] as const;

/** The first of `lengthsToTry`. */
export function chosenLengths(sharded: ShardedGraph): Lengths {
  for (const lengths of lengthsToTry(sharded)) return lengths;
  return {};
}

/** The first choice, then others for a model that refuses it; each once. */
export function* lengthsToTry(sharded: ShardedGraph): Generator<Lengths> {
  const equations = equationsOf(sharded.graph);
  const choose = (first: number, start?: Lengths): Lengths => lengthsFor(sharded, start, { equations, first });
  const fits = FIRST.find((first) => fillsAll(sharded.graph, choose(first))) ?? FIRST[0];
  const plain = choose(fits);
  const seen = new Set<string>();
  for (const multiple of [1, ...EVEN]) {
    const raised = Object.entries(plain).map(([name, x]) => [name, Math.ceil(x / multiple) * multiple] as const);
    const lengths = multiple === 1 ? plain : choose(fits, Object.fromEntries(raised));
    const key = JSON.stringify(lengths);
    if (!seen.has(key)) yield lengths;
    seen.add(key);
  }
}
