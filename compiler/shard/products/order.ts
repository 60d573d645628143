/**
 * @file The order in which nodes are propagated: those of a region one after the other, whatever the file has in between. Knows no layout.
 */
import { valuesReadBy } from "../../graph/reads.ts";
import type { GraphIndex } from "../../ir/graph-index.ts";
import type { CanonicalNode } from "../../ir/types.ts";

/** Nodes that are propagated together, in the order of the graph. */
export type Unit = readonly CanonicalNode[];

/** What a node belongs to, if it is not on its own. */
type UnitOf = (node: CanonicalNode) => Unit | undefined;

/** All nodes as units, each after those that it reads from, otherwise as in the graph; `null` if two units read from each other. */
export function unitsInOrder(
  index: GraphIndex,
  nodes: readonly CanonicalNode[],
  unitOf: UnitOf,
): readonly Unit[] | null {
  const single = new Map(nodes.map((node) => [node, [node] as Unit]));
  const own = (node: CanonicalNode): Unit => unitOf(node) ?? single.get(node)!;
  const order: Unit[] = [];
  const begun = new Set<Unit>();
  const done = new Set<Unit>();
  // On a list of its own, since chains of nodes are longer than the stack is deep.
  const pending: Unit[] = [];
  for (const node of nodes) {
    // A region waits for its last node, unless a reader needs it before.
    if (own(node).at(-1) !== node) continue;
    pending.push(own(node));
    for (let unit = pending.at(-1); unit !== undefined; unit = pending.at(-1)) {
      const open = done.has(unit) ? [] : unitsBefore(index, unit, own).filter((one) => !done.has(one));
      if (open.length > 0) {
        if (begun.has(unit)) return null;
        begun.add(unit);
        pending.push(...open);
        continue;
      }
      pending.pop();
      if (!done.has(unit)) order.push(unit);
      done.add(unit);
    }
  }
  return order;
}

/** The units that a unit reads from, without itself. */
function unitsBefore(index: GraphIndex, unit: Unit, own: (node: CanonicalNode) => Unit): readonly Unit[] {
  const found = new Set<Unit>();
  for (const node of unit) {
    for (const name of valuesReadBy(node)) {
      const maker = index.producer(name);
      if (maker !== undefined && own(maker) !== unit) found.add(own(maker));
    }
  }
  return [...found].toReversed();
}
