/**
 * @file The work that every rank repeats, by the modules that hold it. Knows layouts only by what is split.
 */
import { evaluate, symbolsOf } from "../compiler/expr/expr.ts";
import { modulesAround, patternOf } from "../compiler/ir/module-paths.ts";
import type { CanonicalNode } from "../compiler/ir/types.ts";
import { workOf } from "../compiler/operators/work.ts";
import type { ShardedGraph } from "../compiler/shard/types.ts";
import { isSplitIn } from "./share.ts";

/** Modules that differ in their place in a list only, such as `blocks.*.mlp`; `share` is of the work of the model, from 0 to 1. */
export interface WholeModules {
  readonly module: string;
  readonly share: number;
}

/** Smaller shares are not worth a name. */
const LEAST = 0.005;

/** The outermost modules of which each rank computes everything, and the others that hold such nodes, the largest first. */
export function wholeModules(
  sharded: ShardedGraph,
  lengths: Readonly<Record<string, number>>,
): readonly WholeModules[] {
  const isSplit = isSplitIn(sharded);
  const works = sharded.graph.nodes.map((node) => ({
    node,
    work: countOf(node, sharded, lengths),
    isWhole: !isSplit(node),
  }));
  const all = works.reduce((sum, { work }) => sum + work, 0);
  const shared = new Set(
    works.filter(({ work, isWhole }) => work > 0 && !isWhole).flatMap(({ node }) => modulesAround(node.scope)),
  );
  const shares = new Map<string, number>();
  for (const { node, work, isWhole } of works) {
    if (!isWhole || work === 0) continue;
    const module = patternOf(modulesAround(node.scope).findLast((path) => !shared.has(path)) ?? node.scope);
    shares.set(module, (shares.get(module) ?? 0) + work / all);
  }
  return [...shares]
    .map(([module, share]) => ({ module, share }))
    .filter(({ share }) => share >= LEAST)
    .toSorted((a, b) => b.share - a.share);
}

function countOf(node: CanonicalNode, { graph }: ShardedGraph, lengths: Readonly<Record<string, number>>): number {
  const work = workOf(node, graph);
  return work === null || !symbolsOf(work).every((name) => Object.hasOwn(lengths, name)) ? 0 : evaluate(work, lengths);
}
