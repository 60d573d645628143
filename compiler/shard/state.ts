/**
 * @file The state of propagation through one graph: the writer, the knowledge, and the few functions that need both.
 */
import type { Binding, BoundPlan } from "../bind/types.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { RANK, type Expr } from "../expr/expr.ts";
import type { CanonicalGraph, ValueShape } from "../ir/types.ts";
import type { Mesh } from "../../program/mesh.ts";
import { layoutOf, newKnowledge, type Knowledge } from "./knowledge.ts";
import { localDims } from "./layout.ts";
import type { Layout, Origin } from "./types.ts";
import type { Writer } from "./writer.ts";

export interface ShardOptions {
  readonly mesh: Mesh;
  readonly rotate_method: "allgather" | "alltoall";
  readonly convert_to_fp32: boolean;
}

export interface State extends Writer, Knowledge {
  readonly graph: CanonicalGraph;
  readonly bindings: readonly Binding[];
  readonly options: ShardOptions;
}

export function newState({ graph, bindings }: BoundPlan, options: ShardOptions, coarse: ReadonlySet<Binding>): State {
  const known = newKnowledge(graph, coarse);
  return {
    graph,
    bindings,
    options,
    ...known,
    steps: [],
    integers: new Map(graph.integers),
    shapes: new Map(graph.shapes),
    taken: new Set([...known.layouts.keys(), ...graph.integers.keys()]),
  };
}

/** Whole shape of a value, after substitution of lengths that are assumed equal. */
export function shapeOf(state: State, name: string): ValueShape {
  const shape = state.shapes.get(name);
  invariant(shape !== undefined, `no shape for ${name}`);
  return { elem: shape.elem, dims: shape.dims.map(state.assumed.normal) };
}

/** Extents of a value as flat rank `rank` holds it. */
export function localDimsOf(state: State, name: string): readonly Expr[] {
  return localDims(shapeOf(state, name).dims, layoutOf(state, name), state.options.mesh, RANK);
}

/** Sets the whole shape of a value, its layout, and the value of the unsplit graph with its content. */
export function declare(
  state: State,
  name: string,
  shape: ValueShape,
  layout: Layout,
  sameAs: string,
  origin: Origin,
): void {
  state.shapes.set(name, shape);
  state.layouts.set(name, layout);
  if (sameAs !== name) state.sameAs.set(name, state.sameAs.get(sameAs) ?? sameAs);
  state.origins.set(name, origin);
}
