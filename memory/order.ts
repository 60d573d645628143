/**
 * @file The order in which ONNX Runtime executes the nodes of a graph, which decides what lives at the same time. Knows no size.
 */
import { valuesReadBy } from "../compiler/graph/reads.ts";
import type { Graph, Node } from "../compiler/graph/types.ts";

/**
 * Depth first from the results, operands before their reader. Of several results, and of several operands, the one whose node stands last
 * in the file comes first.
 */
export function executionOrder({ nodes }: Pick<Graph, "nodes">): readonly Node[] {
  const makers = new Map(nodes.flatMap((node, i) => node.outputs.map((name) => [name, i] as const)));
  const operands = nodes.map((node) => {
    const before = new Set(valuesReadBy(node).flatMap((name) => makers.get(name) ?? []));
    return [...before].sort((a, b) => a - b);
  });
  const read = new Set(operands.flat());
  const order: Node[] = [];
  const visited = new Set<number>();
  const stack = nodes.flatMap((_, i) => (read.has(i) ? [] : [{ at: i, leave: false }]));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { at, leave } = entry;
    if (leave) order.push(nodes[at]!);
    if (leave || visited.has(at)) continue;
    visited.add(at);
    stack.push({ at, leave: true });
    for (const operand of operands[at]!) if (!visited.has(operand)) stack.push({ at: operand, leave: false });
  }
  return order;
}
