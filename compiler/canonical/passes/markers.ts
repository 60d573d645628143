/**
 * @file Removes the boundary markers that our export tool writes (`cp::Boundary`, an identity) from a graph and returns what they marked.
 * Knows nothing of plans.
 */
import { malformedMarker } from "../../diagnostics/catalog/canonical.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import type { Attribute, Attributes, Graph, Node } from "../../graph/types.ts";
import { CP, type Marker } from "../../ir/types.ts";

export interface Unmarked {
  readonly graph: Graph;
  /** In the order of the nodes. Several may name one value. */
  readonly markers: readonly Marker[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The graph with every reader of a marker reading what the marker reads. Names of graph outputs stay. */
export function removeMarkers(graph: Graph): Unmarked {
  const marked = graph.nodes.filter(isMarker);
  if (marked.length === 0) return { graph, markers: [], diagnostics: [] };
  const sources = new Map<string, string>();
  for (const { inputs, outputs } of marked) sources.set(outputs[0]!, sources.get(inputs[0]!) ?? inputs[0]!);
  const { renamed, copied } = nameOutputs(graph, sources);
  const rename = (value: string): string => {
    const source = copied.has(value) ? value : (sources.get(value) ?? value);
    return renamed.get(source) ?? source;
  };
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!isMarker(node)) return [renameNode(node, rename)];
    const [output] = node.outputs;
    if (output === undefined || !copied.has(output)) return [];
    return [{ ...node, op: "Identity", domain: "", attributes: {}, inputs: [rename(sources.get(output)!)] }];
  });
  const read = marked.map((node) => readMarker(node, rename(sources.get(node.outputs[0]!)!)));
  return {
    graph: { ...graph, nodes, types: renameTypes(graph, rename) },
    markers: read.filter((m) => "value" in m),
    diagnostics: read.filter((m) => "code" in m),
  };
}

function isMarker(node: Node): boolean {
  return node.domain === CP && node.op === "Boundary";
}

/**
 * Graph outputs made by a marker: the marker's source takes the output's name if a node makes it and it is no output itself; otherwise the
 * marker stays as a copy.
 */
function nameOutputs(
  graph: Graph,
  sources: ReadonlyMap<string, string>,
): { readonly renamed: ReadonlyMap<string, string>; readonly copied: ReadonlySet<string> } {
  const made = new Set(graph.nodes.filter((n) => !isMarker(n)).flatMap((n) => n.outputs));
  const outputs = new Set(graph.outputs.map((o) => o.name));
  const renamed = new Map<string, string>();
  const copied = new Set<string>();
  for (const output of outputs) {
    const source = sources.get(output);
    if (source === undefined) continue;
    if (made.has(source) && !outputs.has(source) && !renamed.has(source)) renamed.set(source, output);
    else copied.add(output);
  }
  return { renamed, copied };
}

function renameNode(node: Node, rename: (value: string) => string): Node {
  return {
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: renameAttributes(node.attributes, rename),
  };
}

/** Subgraphs read outer values by name. */
function renameAttributes(attributes: Attributes, rename: (value: string) => string): Attributes {
  const entries = Object.entries(attributes);
  if (!entries.some(([, a]) => a.kind === "graph")) return attributes;
  const renamed = (attribute: Attribute): Attribute => {
    if (attribute.kind !== "graph") return attribute;
    const { value } = attribute;
    const outputs = value.outputs.map((o) => ({ ...o, name: rename(o.name) }));
    return { kind: "graph", value: { ...value, outputs, nodes: value.nodes.map((n) => renameNode(n, rename)) } };
  };
  return Object.fromEntries(entries.map(([name, attribute]) => [name, renamed(attribute)]));
}

/** The stated type of a marker's result also holds for its source, unless the source has a more precise one. */
function renameTypes(graph: Graph, rename: (value: string) => string): Graph["types"] {
  const types = new Map([...graph.types].map(([name, type]) => [rename(name), type]));
  for (const [name, type] of graph.types) if (rename(name) === name) types.set(name, type);
  return types;
}

function readMarker(node: Node, value: string): Marker | Diagnostic {
  const module = text(node, "module");
  const side = text(node, "kind");
  const parameter = text(node, "param");
  const refuse = (missing: string): Diagnostic => diagnose(malformedMarker, { node: node.name, missing });
  if (module === null) return refuse("module");
  if (side !== "input" && side !== "output") return refuse("kind");
  if (parameter === null || (side === "output" && !/^\d+$/.test(parameter))) return refuse("param");
  const element = node.attributes["element"];
  if (side === "output") return { module, side, parameter: null, index: Number(parameter), value };
  return { module, side, parameter, index: element?.kind === "int" ? element.value : null, value };
}

function text(node: Node, name: string): string | null {
  const attribute = node.attributes[name];
  return attribute?.kind === "string" ? attribute.value : null;
}
