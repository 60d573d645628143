/**
 * @file The factor map of every node of a graph and, from these, the streams that an axis was concatenated from. Each is computed once.
 */
import { withinLimits, type Expr } from "../../compiler/expr/expr.ts";
import { indexOf, type GraphIndex } from "../../compiler/ir/graph-index.ts";
import type { CanonicalGraph, CanonicalNode } from "../../compiler/ir/types.ts";
import { factorsOf } from "../../compiler/operators/factors.ts";
import { viewOf } from "../../compiler/operators/infer.ts";
import { isKnown } from "../../compiler/operators/table.ts";
import type { FactorMap } from "../../compiler/operators/types.ts";
import { embed, locate, type Split } from "../../compiler/shard/layout.ts";

export interface FactorMaps {
  readonly index: GraphIndex;
  /** `null` where the node's rule gives none. */
  readonly mapOf: (node: CanonicalNode) => FactorMap | null;
  /** A whole axis as the streams that a Concat joined, or as one. */
  readonly wholeAxis: (value: string, axis: number) => Split;
}

export function factorMaps(graph: CanonicalGraph): FactorMaps {
  const index = indexOf(graph);
  const known = { ...graph, declared: (value: string) => graph.shapes.get(value) ?? null };
  const maps = new Map<CanonicalNode, FactorMap | null>();
  const mapOf = (node: CanonicalNode): FactorMap | null => {
    const found = maps.get(node);
    if (found !== undefined) return found;
    const map = isKnown(node) ? withinLimits(() => factorsOf(viewOf(node, known))) : null;
    maps.set(node, map);
    return map;
  };
  const splits = segmentsOfAll(graph, mapOf);
  return { index, mapOf, wholeAxis: (value, axis) => splits(value, axis) ?? single(graph, value, axis) };
}

function single({ shapes }: CanonicalGraph, value: string, axis: number): Split {
  return { outer: 1, segments: [{ length: extentAt(shapes.get(value)?.dims, axis), origin: value }], inner: 1 };
}

function extentAt(dims: readonly Expr[] | undefined, axis: number): Expr {
  return dims?.[axis] ?? 1;
}

/** The splits of all axes that have several segments, forward from the Concats that make them. */
function segmentsOfAll(
  graph: CanonicalGraph,
  mapOf: FactorMaps["mapOf"],
): (value: string, axis: number) => Split | undefined {
  const found = new Map<string, Split>();
  const keyOf = (value: string, axis: number): string => `${axis} ${value}`;
  for (const node of graph.nodes) {
    const isJoin = node.op === "Concat";
    const known = node.inputs.flatMap((value, operand) => {
      const dims = graph.shapes.get(value)?.dims ?? [];
      return dims.flatMap((_, axis) => {
        const split = found.get(keyOf(value, axis)) ?? (isJoin ? single(graph, value, axis) : undefined);
        return split === undefined ? [] : [{ operand, axis, split }];
      });
    });
    const map = known.length === 0 ? null : mapOf(node);
    if (map === null) continue;
    const splits = new Map<number, Split>();
    for (const { operand, axis, split } of known) {
      const at = map.inputs[operand]?.[axis];
      const located = at === undefined ? null : withinLimits(() => locate(at, split, map.factors));
      for (const [factor, part] of located ?? []) {
        const other = splits.get(factor);
        if (other === undefined || part.segments.length > other.segments.length) splits.set(factor, part);
      }
    }
    for (const [i, axes] of map.outputs.entries()) {
      for (const [axis, at] of axes.entries()) {
        const split = withinLimits(() => embed(at, splits, map.factors));
        const isWhole = split && split.outer === 1 && split.inner === 1 && split.segments.length > 1;
        if (isWhole) found.set(keyOf(node.outputs[i] ?? "", axis), split);
      }
    }
  }
  return (value, axis) => found.get(keyOf(value, axis));
}
