/**
 * @file Puts nodes in topological order, keeping the file's order where it is one. Knows no operator.
 */
import { valuesReadBy } from "./reads.ts";
import type { Node } from "./types.ts";

export interface Ordered {
  readonly nodes: readonly Node[];
  /** Names of nodes that form a cycle, the first one again at the end; empty if there is none. */
  readonly cycle: readonly string[];
}

/** Values that no node makes count as available. */
export function inOrder(nodes: readonly Node[]): Ordered {
  const maker = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) if (output !== "") maker.set(output, node);
  const done = new Set<Node>();
  const ordered: Node[] = [];
  for (const node of nodes) {
    const cycle = visit(node, maker, done, ordered);
    if (cycle.length > 0) return { nodes: ordered, cycle };
  }
  return { nodes: ordered, cycle: [] };
}

/** Appends `root` after everything that it needs. Uses an explicit stack: chains can be tens of thousands of nodes long. */
function visit(root: Node, maker: ReadonlyMap<string, Node>, done: Set<Node>, ordered: Node[]): readonly string[] {
  if (done.has(root)) return [];
  const open = new Set<Node>([root]);
  const stack = [{ node: root, reads: valuesReadBy(root), next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const read = top.reads[top.next++];
    if (read === undefined) {
      stack.pop();
      open.delete(top.node);
      done.add(top.node);
      ordered.push(top.node);
      continue;
    }
    const source = maker.get(read);
    if (source === undefined || done.has(source)) continue;
    if (open.has(source)) {
      const names = [...open].map(({ name }) => name);
      return [...names.slice(names.indexOf(source.name)), source.name];
    }
    open.add(source);
    stack.push({ node: source, reads: valuesReadBy(source), next: 0 });
  }
  return [];
}
