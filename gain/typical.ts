/**
 * @file Numbers for the lengths of a model, to compare plans by: what they cost at typical sizes. Nothing here decides whether a plan is exact.
 */
import { evaluate, symbolsOf, withinLimits, type Expr } from "../compiler/expr/expr.ts";
import { elemBytes } from "../compiler/graph/elements.ts";
import { asCp } from "../compiler/ir/cp.ts";
import type { CanonicalGraph, ValueShape } from "../compiler/ir/types.ts";

/** The longest sequence that is assumed, where lengths multiply. */
const LONGEST = 8192;
const FIRST = 1024;
/** Batch, rows and features. */
const LEAST_AXES = 3;

export interface Sizes {
  readonly lengths: Readonly<Record<string, number>>;
  /** The number that an extent, or a count of operations, has at these lengths. */
  readonly count: (size: Expr) => number;
  readonly bytes: (shape: ValueShape) => number;
}

/**
 * A batch is 1. Every other length is the same power of two, the largest up to 1024 with which no attention has more than 8192 rows, and no input is
 * empty, as one of 136 less another length may be.
 */
export function typicalSizes(graph: CanonicalGraph): Sizes {
  const queries = graph.nodes.flatMap((node) => graph.shapes.get(asCp(node, "Attention")?.q ?? "") ?? []);
  const rows = queries.map(({ dims }) => dims[1] ?? 1);
  const sequences = new Set(rows.flatMap(symbolsOf));
  const found = queries.length > 0 ? queries.flatMap(({ dims }) => symbolsOf(dims[0] ?? 1)) : firstAxes(graph);
  const batches = found.filter((name) => !sequences.has(name));
  const given = graph.inputs.flatMap(({ shape }) => shape.dims).filter((dim) => typeof dim !== "number");
  for (let number = FIRST; ; number /= 2) {
    const sizes = sizesAt(graph, number, new Set(batches));
    const fits = rows.every((extent) => sizes.count(extent) <= LONGEST) && given.every((dim) => sizes.count(dim) > 0);
    if (number <= 2 || fits) return sizes;
  }
}

/** Without a known attention: lengths that inputs and outputs have as their first axis alone, one of them of three axes at least. */
function firstAxes({ inputs, outputs, shapes }: CanonicalGraph): readonly string[] {
  const outside = [...inputs.map(({ name }) => name), ...outputs].flatMap((value) => shapes.get(value) ?? []);
  const others = new Set(outside.flatMap(({ dims }) => dims.slice(1).flatMap(symbolsOf)));
  const first = outside.flatMap(({ dims }) => (dims.length >= LEAST_AXES ? symbolsOf(dims[0]!) : []));
  return first.filter((name) => !others.has(name));
}

function sizesAt(graph: CanonicalGraph, number: number, batches: ReadonlySet<string>): Sizes {
  const lengths: Record<string, number> = {};
  for (const { name, count } of graph.lengths) {
    const own = batches.has(name) ? 1 : number;
    // A mask picks all rows.
    lengths[name] = count === undefined ? own : evaluate(count.to, lengths) - evaluate(count.from, lengths);
  }
  // Extents that depend on data have names of their own.
  for (const { dims } of graph.shapes.values()) {
    for (const dim of dims) {
      if (typeof dim === "number") continue;
      for (const name of symbolsOf(dim)) if (!Object.hasOwn(lengths, name)) lengths[name] = number;
    }
  }
  const count = (size: Expr): number => Math.max(0, withinLimits(() => evaluate(size, lengths)) ?? number);
  return {
    lengths,
    count,
    bytes: ({ elem, dims }) => dims.reduce<number>((size, dim) => size * count(dim), elemBytes(elem)),
  };
}
