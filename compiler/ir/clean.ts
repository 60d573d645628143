/**
 * @file Removes what feeds no output of a graph. Knows no operator.
 */
import { valuesReadBy } from "../graph/reads.ts";
import type { CanonicalGraph, CanonicalNode } from "./types.ts";

/** The graph without nodes, constants, integers, shapes and markers that reach no graph output. Inputs stay. */
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
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: only(graph.constants, live),
    integers: only(graph.integers, live),
    shapes: only(graph.shapes, shaped),
    markers: graph.markers.filter((m) => live.has(m.value)),
  };
}

function only<V>(map: ReadonlyMap<string, V>, names: ReadonlySet<string>): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => names.has(name)));
}
