/**
 * @file The share of the floating-point work of a sharded graph that its ranks divide. A pure function of the graph and the lengths.
 */
import type { CanonicalNode } from "../compiler/ir/types.ts";
import { shareOfWork } from "../compiler/operators/work.ts";
import type { ShardedGraph } from "../compiler/shard/types.ts";

/** From 0 to 1: products, convolutions and attention whose result is split, or that a scheme of attention shares. */
export function shareSplit(sharded: ShardedGraph, lengths: Readonly<Record<string, number>>): number {
  return shareOfWork(sharded.graph, isSplitIn(sharded), lengths);
}

/** True for the nodes of the unsplit graph of which each rank computes only a part. */
export function isSplitIn({ layouts, attention }: ShardedGraph): (node: CanonicalNode) => boolean {
  const shared = new Set(attention.filter(({ scheme }) => scheme !== "local").map(({ node }) => node));
  return ({ name, outputs }) => shared.has(name) || outputs.some((value) => (layouts.get(value)?.length ?? 0) > 0);
}
