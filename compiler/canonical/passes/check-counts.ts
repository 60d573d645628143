/**
 * @file Ties what a run counts in its feeds to what the graph finds: the places of each counted mask are reshaped to their number, which fails where
 * a mask is not what the feeds give, as where a handler has replaced it. Knows no layout.
 */
import { int } from "../../graph/attributes.ts";
import { isOpen } from "../../expr/expr.ts";
import type { CanonicalGraph, CanonicalNode, IntegerValue, ValueShape } from "../../ir/types.ts";

export function checkCounts(graph: CanonicalGraph): CanonicalGraph {
  const [shapes, integers] = [new Map(graph.shapes), new Map(graph.integers)];
  const nodes = graph.nodes.flatMap((node) => {
    const shape = shapes.get(node.outputs[0] ?? "");
    const isCounted = node.op === "NonZero" && node.domain === "" && shape !== undefined && !shape.dims.some(isOpen);
    return isCounted ? checked(node, shape, shapes, integers) : [node];
  });
  return { ...graph, nodes, shapes, integers };
}

function checked(
  node: CanonicalNode,
  shape: ValueShape,
  shapes: Map<string, ValueShape>,
  integers: Map<string, IntegerValue>,
): readonly CanonicalNode[] {
  const [places] = node.outputs as readonly [string];
  const [found, target] = [`${places}::found`, `${places}::operand1`];
  shapes.set(found, { ...shape, dims: [shape.dims[0]!, `?${found}.1`] });
  shapes.set(target, { elem: "int64", dims: [2] });
  integers.set(target, { elem: "int64", dims: [2], elements: shape.dims });
  const check: CanonicalNode = {
    name: `${node.name}::count`,
    op: "Reshape",
    domain: "",
    inputs: [found, target],
    outputs: [places],
    attributes: { allowzero: int(1) },
    scope: node.scope,
  };
  return [{ ...node, outputs: [found] }, check];
}
