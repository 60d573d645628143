/**
 * @file Invariants of every canonical graph: those of every graph, and each shape matches the operator's rule. A finding is an error of the
 * compiler. Reads the graph only, and knows operators by their rules.
 */
import { withinLimits } from "../expr/expr.ts";
import type { CanonicalGraph, CanonicalNode } from "../ir/types.ts";
import { sameDims, say, verifyGraph } from "../ir/verify.ts";
import { outputShapes, viewOf } from "../operators/infer.ts";
import { ruleOf } from "../operators/table.ts";

/** Violations; empty if the graph is correct. */
export function verifyCanonical(graph: CanonicalGraph): readonly string[] {
  return [...verifyGraph(graph), ...graph.nodes.flatMap((node) => nodeProblems(graph, node))];
}

/** The rule's factor map has the ranks of the operands, and gives the shapes that the results have. */
function nodeProblems(graph: CanonicalGraph, node: CanonicalNode): readonly string[] {
  if (node.outputs.some((name) => name !== "" && !graph.shapes.has(name))) return [];
  const view = viewOf(node, { ...graph, declared: (name) => graph.shapes.get(name) ?? null });
  const map = withinLimits(() => ruleOf(node).factors(view));
  const shapes = withinLimits(() => outputShapes(view));
  if (map === null || shapes === null) return [];
  const ranks = node.inputs.flatMap((name, i) => {
    const axes = map.inputs[i];
    const dims = graph.shapes.get(name)?.dims;
    return !axes || dims === undefined || axes.length === dims.length
      ? []
      : [`the rule of ${node.name} (${node.op}) reads ${name} with ${axes.length} axes, not ${dims.length}`];
  });
  const results = node.outputs.flatMap((name, i) => {
    const dims = graph.shapes.get(name)?.dims;
    const ruled = shapes[i]?.dims;
    return dims === undefined || ruled === undefined || sameDims(dims, ruled)
      ? []
      : [`${name} is ${say(dims)}, where the rule of ${node.name} (${node.op}) says ${say(ruled)}`];
  });
  return [...ranks, ...results];
}
