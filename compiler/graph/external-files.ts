/**
 * @file Which data files a graph's constants lie in. Opens none of them.
 */
import type { Attribute, Graph, Tensor } from "./types.ts";

/** Absolute paths, each once, sorted. */
export function externalFiles(graph: Graph): readonly string[] {
  const files = tensorsOf(graph).flatMap(({ data }) => (data.kind === "external" ? [data.file] : []));
  return [...new Set(files)].sort();
}

/** All constants, also those in attributes and subgraphs. */
function tensorsOf({ constants, nodes }: Graph): readonly Tensor[] {
  const attributes = nodes.flatMap((node) => Object.values(node.attributes));
  return [...constants.values(), ...attributes.flatMap(tensorsIn)];
}

function tensorsIn(attribute: Attribute): readonly Tensor[] {
  if (attribute.kind === "tensor") return [attribute.value];
  return attribute.kind === "graph" ? tensorsOf(attribute.value) : [];
}
