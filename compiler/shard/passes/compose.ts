/**
 * @file Composes the split of the batch with the split of what each rank holds of it: one sharded graph of the unsplit model, whose
 * layouts list both. Proves nothing: each of the two is proven.
 */
import { RANK, substitute, symbolsOf, type Expr } from "../../expr/expr.ts";
import type { ValueShape } from "../../ir/types.ts";
import { ranksOf } from "../../../program/mesh.ts";
import { prune } from "../prune.ts";
import type { Layout, Minimum, Origin, ShardedGraph, ShardedStep } from "../types.ts";
import type { BatchSplit } from "./batch.ts";

/** `sequence` is the split of `part`. */
export function compose({ whole, gathers }: BatchSplit, sequence: ShardedGraph): ShardedGraph {
  const { graph, mesh } = whole;
  const origins = new Map(whole.steps.map((step) => [step.kind === "local" ? step.node.name : step.name, step.origin]));
  const shapes = new Map<string, ValueShape>([...whole.shapes, ...sequence.shapes]);
  const layouts = new Map<string, Layout>(whole.layouts);
  const sameAs = new Map(whole.sameAs);
  for (const [name, layout] of sequence.layouts) {
    // A value that only the second split has holds the content of one of the first, on the same axes.
    const known = whole.layouts.has(name) ? name : sequence.sameAs.get(name);
    if (known === undefined || !whole.layouts.has(known)) continue;
    shapes.set(name, whole.shapes.get(known)!);
    layouts.set(name, [...whole.layouts.get(known)!, ...layout]);
    if (known !== name) sameAs.set(name, whole.sameAs.get(known) ?? known);
  }
  return prune({
    graph,
    mesh,
    steps: [...sequence.steps.map((step) => withOrigin(step, origins)), ...gathers],
    integers: new Map([...whole.integers, ...sequence.integers]),
    shapes,
    localShapes: new Map([...whole.localShapes, ...sequence.localShapes]),
    layouts,
    sameAs,
    equations: [...whole.equations, ...sequence.equations],
    minimums: [...whole.minimums, ...sequence.minimums.map((minimum) => forEveryRank(minimum, ranksOf(mesh)))],
    alignments: [...whole.alignments, ...sequence.alignments],
    attention: sequence.attention,
  });
}

/** A step of the first split keeps its origin: the second has found it as a node like any other. */
function withOrigin(step: ShardedStep, origins: ReadonlyMap<string, Origin>): ShardedStep {
  const origin = step.kind === "local" && step.origin.spec === null ? origins.get(step.node.name) : undefined;
  return origin === undefined || origin.spec === null ? step : { ...step, origin };
}

/** A run checks lengths before it has ranks: the last rank has the smallest chunk of the batch. */
function forEveryRank(minimum: Minimum, ranks: number): Minimum {
  const smallest = (extent: Expr): Expr =>
    symbolsOf(extent).includes(RANK) ? substitute(extent, new Map([[RANK, ranks - 1]])) : extent;
  return { ...minimum, extent: smallest(minimum.extent) };
}
