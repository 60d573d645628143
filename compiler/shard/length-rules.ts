/**
 * @file What a run checks about the shapes of its feeds, in the form of the contract, from the assumptions of propagation. Decides nothing.
 */
import type { LengthRules } from "../../program/lengths.ts";
import type { ShardedGraph } from "./types.ts";

/** The rules of a sharded graph's feeds. The same rule, found at many nodes, is checked once. */
export function lengthRules({ graph, equations, minimums }: ShardedGraph): LengthRules {
  return {
    inputs: graph.inputs.map(({ name, shape }) => ({ name, dims: shape.dims })),
    lengths: graph.lengths.map(({ name, sources, count }) => ({
      name,
      sources: sources.map(({ input, axis }) => ({ input, axis })),
      ...(count === undefined ? {} : { count }),
    })),
    equations: distinct(
      equations.map(({ left, right, leftName, rightName, origin }) => {
        const span = origin.spec?.origin.span ?? null;
        return { left, right, left_name: leftName, right_name: rightName, module: origin.module, span };
      }),
      ({ left, right, left_name, right_name }) => [left, right, left_name, right_name],
    ),
    minimums: distinct(
      minimums.map(({ extent, atLeast, name, origin }) => {
        return { length: extent, at_least: atLeast, name, span: origin.spec?.origin.span ?? null };
      }),
      ({ length, at_least }) => [length, at_least],
    ),
  };
}

/** The first of those with the same key. */
function distinct<T>(items: readonly T[], keyOf: (item: T) => unknown): readonly T[] {
  const first = new Map<string, T>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}
