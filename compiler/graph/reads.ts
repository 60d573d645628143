/**
 * @file Which values a node reads, also from inside its subgraphs, and the same node with another value in place of one. Knows no operator.
 */
import type { Attribute, Attributes, Graph } from "./types.ts";

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

/** The node, reading `to` wherever it read `from`. No subgraph of it may define `to`: see `definedInside`. */
export function reading<T extends Reader>(node: T, from: string, to: string): T {
  const inputs = node.inputs.map((name) => (name === from ? to : name));
  const attributes = Object.entries(node.attributes).map(([name, attribute]): readonly [string, Attribute] =>
    attribute.kind === "graph" && captures(attribute.value).includes(from)
      ? [name, { kind: "graph", value: capturing(attribute.value, from, to) }]
      : [name, attribute],
  );
  return { ...node, inputs, attributes: Object.fromEntries(attributes) };
}

function capturing(graph: Graph, from: string, to: string): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => reading(node, from, to)),
    outputs: graph.outputs.map((output) => (output.name === from ? { ...output, name: to } : output)),
  };
}

/** Names of values that the subgraphs of a node define, at any depth. */
export function definedInside({ attributes }: Pick<Reader, "attributes">): readonly string[] {
  return Object.values(attributes).flatMap((attribute) => (attribute.kind === "graph" ? defined(attribute.value) : []));
}

function defined({ inputs, constants, nodes }: Graph): readonly string[] {
  const made = nodes.flatMap((node) => [...node.outputs, ...definedInside(node)]);
  return [...inputs.map(({ name }) => name), ...constants.keys(), ...made];
}
