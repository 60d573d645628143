/**
 * @file Sharded graphs, built in code, and the shards of a tensor by plain loops.
 */
import type { CanonicalGraph, CanonicalNode, IntegerValue, ValueShape } from "../../compiler/ir/types.ts";
import { RANK } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { localDims } from "../../compiler/shard/layout.ts";
import type {
  AxisShard,
  CollectiveStep,
  Equation,
  Layout,
  LocalStep,
  Origin,
  ShardedGraph,
  ShardedStep,
} from "../../compiler/shard/types.ts";
import { newData } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";

export const originIn = (module: string): Origin => ({ module, node: null, spec: null });

/** A split over all ranks; `lengths` are the segments. */
export function split(axis: number, lengths: readonly Expr[], rest: Partial<AxisShard> = {}): AxisShard {
  const segments = lengths.map((length, i) => ({ length, origin: `s${i}` }));
  return { axis, over: "sequence", outer: 1, segments, inner: 1, unit: 1, ...rest };
}

export function local(node: CanonicalNode, module = node.scope): LocalStep {
  return { kind: "local", node, origin: originIn(module) };
}

export function collective(
  parts: Pick<CollectiveStep, "collective" | "transfers"> & Partial<CollectiveStep>,
): CollectiveStep {
  return {
    kind: "collective",
    name: "collective",
    group: "sequence",
    purpose: "gather",
    origin: originIn("m"),
    ...parts,
  };
}

export interface ShardedParts {
  readonly graph: CanonicalGraph;
  readonly ring?: number;
  readonly ulysses?: number;
  readonly steps: readonly ShardedStep[];
  readonly integers?: Readonly<Record<string, IntegerValue>>;
  /** Of values that the unsplit graph does not have. */
  readonly shapes?: Readonly<Record<string, ValueShape>>;
  readonly layouts: Readonly<Record<string, Layout>>;
  readonly sameAs?: Readonly<Record<string, string>>;
  readonly equations?: readonly Equation[];
}

export function sharded(parts: ShardedParts): ShardedGraph {
  const {
    graph,
    ring = 1,
    ulysses = 1,
    steps,
    integers = {},
    shapes = {},
    layouts,
    sameAs = {},
    equations = [],
  } = parts;
  const mesh = { batch_degree: 1, ring_degree: ring, ulysses_degree: ulysses };
  const all = new Map([...graph.shapes, ...Object.entries(shapes)]);
  return {
    graph,
    mesh,
    steps,
    integers: new Map(Object.entries(integers)),
    shapes: all,
    localShapes: new Map(
      [...all].map(([name, { elem, dims }]) => [
        name,
        { elem, dims: localDims(dims, layouts[name] ?? [], mesh, RANK) },
      ]),
    ),
    layouts: new Map(Object.entries(layouts)),
    sameAs: new Map(Object.entries(sameAs)),
    equations,
    minimums: [],
    alignments: [],
    attention: [],
  };
}

/** Rows `rows` of one axis of a tensor. */
export function take({ elem, dims, data }: OrtTensor, axis: number, rows: readonly number[]): OrtTensor {
  const before = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const after = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const taken = newData(elem, before * rows.length * after);
  let at = 0;
  for (let b = 0; b < before; b++) {
    for (const row of rows) {
      for (let i = 0; i < after; i++) taken[at++] = data[(b * dims[axis]! + row) * after + i]!;
    }
  }
  return { elem, dims: dims.with(axis, rows.length), data: taken };
}
