/**
 * @file Composes the split of the batch with the split of what each rank holds of it: one sharded graph of the unsplit model, whose
 * layouts list both. Proves nothing: each of the two is proven.
 */
import { invariant } from "../../diagnostics/diagnose.ts";
import { add, equal, isCut, mul, RANK, show, sub, symbolsOf, withStarts, type Expr } from "../../expr/expr.ts";
import type { ValueShape } from "../../ir/types.ts";
import { prune } from "../prune.ts";
import type { Equation, Layout, Minimum, Origin, ShardedGraph, ShardedStep } from "../types.ts";
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
    equations: [...whole.equations, ...sequence.equations.flatMap(ofEveryChunk)],
    minimums: [...whole.minimums, ...sequence.minimums.map(ofLeastBatch)],
    alignments: [...whole.alignments, ...sequence.alignments],
    attention: sequence.attention,
  });
}

/** A step of the first split keeps its origin: the second has found it as a node like any other. */
function withOrigin(step: ShardedStep, origins: ReadonlyMap<string, Origin>): ShardedStep {
  const origin = step.kind === "local" && step.origin.spec === null ? origins.get(step.node.name) : undefined;
  return origin === undefined || origin.spec === null ? step : { ...step, origin };
}

// A run checks lengths before it has ranks or their cuts, so that no rule may speak of one rank's chunk of the batch.

/** Two extents that grow evenly with a chunk of the batch and agree for one element and for all agree for every chunk. */
function ofEveryChunk(equation: Equation): readonly Equation[] {
  const { left, right } = equation;
  if (!isCut(left) && !isCut(right)) return [equation];
  const excess = (chunk: Expr): Expr => withChunksOf(sub(left, right), () => chunk);
  const bend = add(excess(2), mul(-2, excess(1)), excess(0));
  invariant(equal(bend, 0), `${show(left)} and ${show(right)} do not grow evenly`);
  return [(length: Expr) => length, () => 1].map((chunk) => {
    return { ...equation, left: withChunksOf(left, chunk), right: withChunksOf(right, chunk) };
  });
}

/** Whatever the cut, a rank may have one element of the batch only; the batch has at least one for each group. */
function ofLeastBatch(minimum: Minimum): Minimum {
  return { ...minimum, extent: withChunksOf(minimum.extent, () => 1) };
}

/** An extent with every chunk of the batch as large as said. */
function withChunksOf(extent: Expr, chunk: (length: Expr) => Expr): Expr {
  const uniform = withStarts(extent, "batch", ({ length, index }) => mul(chunk(length), index));
  invariant(!isCut(uniform) && !symbolsOf(uniform).includes(RANK), `the extent ${show(extent)} is of one rank`);
  return uniform;
}
