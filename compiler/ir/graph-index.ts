/**
 * @file The index of a canonical graph: producer and readers of a value, nodes of a module, values that must stay. Knows no plan and no
 * operator.
 */
import { valuesReadBy } from "../graph/reads.ts";
import { modulesAround } from "./module-paths.ts";
import type { CanonicalGraph, CanonicalNode } from "./types.ts";

/** One read of a value: `node.inputs[operand]`. */
export interface Reader {
  readonly node: CanonicalNode;
  readonly operand: number;
}

export interface GraphIndex {
  readonly graph: CanonicalGraph;
  /** The node that makes a value; none for inputs, constants and integers. */
  readonly producer: (value: string) => CanonicalNode | undefined;
  /** Position in the order of the graph of the node that makes a value; -1 where none does. */
  readonly position: (value: string) => number;
  /** Reads of a value as an operand, in order. */
  readonly readers: (value: string) => readonly Reader[];
  /** Nodes that read a value, each once; including nodes whose subgraphs do. */
  readonly users: (value: string) => readonly CanonicalNode[];
  /** Nodes of a module and of the modules inside it, in order. */
  readonly inside: (module: string) => readonly CanonicalNode[];
  /** True for a graph output or a marked boundary: such a value must stay. */
  readonly isKept: (value: string) => boolean;
}

const known = new WeakMap<CanonicalGraph, GraphIndex>();

/** The index of a graph; graphs do not change, so each is indexed once. */
export function indexOf(graph: CanonicalGraph): GraphIndex {
  const index = known.get(graph) ?? build(graph);
  known.set(graph, index);
  return index;
}

function build(graph: CanonicalGraph): GraphIndex {
  const made = once(() => new Map(graph.nodes.flatMap((node, at) => node.outputs.map((o) => [o, at] as const))));
  const reads = once(() =>
    grouped(graph.nodes, (node) =>
      node.inputs.flatMap((name, operand) => (name === "" ? [] : [[name, { node, operand }] as const])),
    ),
  );
  const users = once(() => grouped(graph.nodes, (node) => valuesReadBy(node).map((name) => [name, node] as const)));
  const modules = once(() =>
    grouped(graph.nodes, (node) => modulesAround(node.scope).map((module) => [module, node] as const)),
  );
  const kept = once(() => new Set([...graph.outputs, ...graph.markers.map((marker) => marker.value)]));
  return {
    graph,
    producer: (value) => graph.nodes[made().get(value) ?? -1],
    position: (value) => made().get(value) ?? -1,
    readers: (value) => reads().get(value) ?? [],
    users: (value) => users().get(value) ?? [],
    inside: (module) => modules().get(module) ?? [],
    isKept: (value) => kept().has(value),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function grouped<T>(
  nodes: readonly CanonicalNode[],
  entriesOf: (node: CanonicalNode) => readonly (readonly [string, T])[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const node of nodes) {
    for (const [key, value] of entriesOf(node)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [value]);
      else group.push(value);
    }
  }
  return groups;
}

/** The values that `values` are computed from, themselves first, as far back as `enter` allows for the producer of each. */
export function* behind(
  values: readonly string[],
  { producer }: GraphIndex,
  enter: (value: string, maker: CanonicalNode) => boolean = () => true,
): Generator<string> {
  const pending = [...values];
  const seen = new Set(pending);
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    yield value;
    const maker = producer(value);
    if (maker === undefined || !enter(value, maker)) continue;
    for (const name of maker.inputs) {
      if (!seen.has(name)) pending.push(name);
      seen.add(name);
    }
  }
}

/** True if `value` was made from one of `sources`. */
export function descendsFrom(value: string, sources: ReadonlySet<string>, index: GraphIndex): boolean {
  for (const name of behind([value], index)) if (sources.has(name)) return true;
  return false;
}
