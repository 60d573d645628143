/**
 * @file Removes what feeds no output of a graph. Knows no operator.
 */
import { symbolsOf } from "../expr/expr.ts";
import { valuesReadBy } from "../graph/reads.ts";
import type { CanonicalGraph, CanonicalNode, Length } from "./types.ts";

/** The graph without nodes, constants, integers, shapes, markers and counts that reach no graph output. Inputs stay. */
export function removeDead(graph: CanonicalGraph): CanonicalGraph {
  const live = new Set<string>(graph.outputs);
  const nodes: CanonicalNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((o) => live.has(o))) continue;
    nodes.push(node);
    for (const value of valuesReadBy(node)) live.add(value);
  }
  for (const { name } of graph.inputs) live.add(name);
  const shaped = new Set([...live, ...nodes.flatMap((n) => n.outputs)]);
  const integers = only(graph.integers, live);
  const shapes = only(graph.shapes, shaped);
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: only(graph.constants, live),
    integers,
    shapes,
    lengths: withoutUnused(graph.lengths, { integers, shapes }),
    markers: graph.markers.filter((m) => live.has(m.value)),
  };
}

function only<V>(map: ReadonlyMap<string, V>, names: ReadonlySet<string>): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => names.has(name)));
}

/** Lengths of inputs stay. */
function withoutUnused(
  lengths: readonly Length[],
  { integers, shapes }: Pick<CanonicalGraph, "integers" | "shapes">,
): readonly Length[] {
  if (lengths.every(({ count }) => count === undefined)) return lengths;
  const exprs = [...[...shapes.values()].map(({ dims }) => dims), ...[...integers.values()].map((i) => i.elements)];
  const used = new Set(exprs.flat().flatMap(symbolsOf));
  return lengths.filter(({ name, count }) => count === undefined || used.has(name));
}
