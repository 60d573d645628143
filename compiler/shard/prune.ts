/**
 * @file Removes the steps that no graph output needs: lazy fills, tables that were sliced at their source, unused gathers.
 */
import { valuesReadBy } from "../graph/reads.ts";
import type { ShardedGraph, ShardedStep } from "./types.ts";

export function prune(graph: ShardedGraph): ShardedGraph {
  const needed = new Set(graph.graph.outputs);
  const kept: ShardedStep[] = [];
  for (const step of [...graph.steps].reverse()) {
    if (!writes(step).some((name) => needed.has(name))) continue;
    reads(step).forEach((name) => needed.add(name));
    kept.push(step);
  }
  const written = new Set(kept.flatMap(writes));
  const live = (name: string): boolean => written.has(name) || needed.has(name);
  return {
    ...graph,
    steps: kept.reverse(),
    integers: only(graph.integers, live),
    layouts: only(graph.layouts, live),
    sameAs: only(graph.sameAs, live),
    minimums: graph.minimums.filter(({ slice }) => slice === null || live(slice)),
    alignments: graph.alignments.filter((a) => live(a.aligned)),
  };
}

/** Values that a step writes. */
export function writes(step: ShardedStep): readonly string[] {
  return step.kind === "local" ? step.node.outputs.filter((n) => n !== "") : step.transfers.flatMap((t) => t.receive);
}

/** Values that a step reads, including constants, integers and what subgraphs take from outside. */
export function reads(step: ShardedStep): readonly string[] {
  return step.kind === "local" ? valuesReadBy(step.node) : step.transfers.flatMap((t) => t.send);
}

function only<T>(map: ReadonlyMap<string, T>, live: (name: string) => boolean): ReadonlyMap<string, T> {
  return new Map([...map].filter(([name]) => live(name)));
}
