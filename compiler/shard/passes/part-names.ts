/**
 * @file Renames the outputs of a graph inside it: what one rank computes of an output has another name than the output that the caller
 * gets. Knows no layout.
 */
import { valuesReadBy } from "../../graph/reads.ts";
import type { CanonicalGraph } from "../../ir/types.ts";

export interface PartNames {
  /** Its outputs have the new names. */
  readonly graph: CanonicalGraph;
  /** Output to its name inside; an output that is an input, or that a subgraph reads by name, has none. */
  readonly partOf: ReadonlyMap<string, string>;
}

export function withPartNames(graph: CanonicalGraph): PartNames {
  const captured = new Set(graph.nodes.flatMap(({ attributes }) => valuesReadBy({ inputs: [], attributes })));
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const partOf = new Map<string, string>();
  for (const output of graph.outputs) {
    if (made.has(output) && !captured.has(output)) partOf.set(output, freshName(graph, `${output}::part`));
  }
  const nameOf = (name: string): string => partOf.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(nameOf),
    outputs: node.outputs.map(nameOf),
  }));
  const shapes = new Map(graph.shapes);
  for (const [output, part] of partOf) shapes.set(part, graph.shapes.get(output)!);
  return { graph: { ...graph, nodes, outputs: graph.outputs.map(nameOf), shapes }, partOf };
}

function freshName({ shapes }: CanonicalGraph, preferred: string): string {
  let name = preferred;
  for (let i = 2; shapes.has(name); i++) name = `${preferred}.${i}`;
  return name;
}
