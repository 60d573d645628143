/**
 * @file Who makes and who reads each value of a canonical graph, and which nodes a module holds. Knows no plan.
 */
import { modulesAround } from "./module-paths.ts";
import type { CanonicalGraph, CanonicalNode } from "./types.ts";

/** One read of a value: `node.inputs[operand]`. */
export interface Reader {
  readonly node: CanonicalNode;
  readonly operand: number;
}

export interface Topology {
  readonly graph: CanonicalGraph;
  readonly producer: ReadonlyMap<string, CanonicalNode>;
  readonly readers: ReadonlyMap<string, readonly Reader[]>;
  /** Nodes of each module and of the modules inside it, in order. */
  readonly members: ReadonlyMap<string, readonly CanonicalNode[]>;
}

export function topologyOf(graph: CanonicalGraph): Topology {
  const producer = new Map<string, CanonicalNode>();
  const readers = new Map<string, Reader[]>();
  const members = new Map<string, CanonicalNode[]>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) producer.set(name, node);
    for (const [operand, name] of node.inputs.entries()) if (name !== "") push(readers, name, { node, operand });
    for (const module of modulesAround(node.scope)) push(members, module, node);
  }
  return { graph, producer, readers, members };
}

/** True if `value` was made from one of `sources`. */
export function descendsFrom(value: string, sources: ReadonlySet<string>, { producer }: Topology): boolean {
  const pending = [value];
  const seen = new Set(pending);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (sources.has(next)) return true;
    for (const name of producer.get(next)?.inputs ?? []) {
      if (!seen.has(name)) pending.push(name);
      seen.add(name);
    }
  }
  return false;
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
