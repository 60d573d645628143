/**
 * @file Which values a node reads, also from inside its subgraphs. Knows no operator.
 */
import type { Attributes, Graph } from "./types.ts";

interface Reader {
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
}

/** Names of the present operands, then those that subgraphs take from outside; each once, in order of first use. */
export function valuesReadBy(node: Reader): readonly string[] {
  const names = new Set(node.inputs.filter((name) => name !== ""));
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.kind === "graph") for (const name of captures(attribute.value)) names.add(name);
  }
  return [...names];
}

/** Names that a subgraph reads and does not define. */
function captures(graph: Graph): readonly string[] {
  const own = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
  for (const node of graph.nodes) for (const name of node.outputs) own.add(name);
  const read = [...graph.nodes.flatMap(valuesReadBy), ...graph.outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => !own.has(name));
}
