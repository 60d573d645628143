/**
 * @file The state of propagation through one graph: the writer, the knowledge, and the few functions that need both.
 */
import type { Binding, BoundPlan, SiteBinding } from "../bind/types.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { RANK, type Expr } from "../expr/expr.ts";
import type { CanonicalGraph, ValueShape } from "../ir/types.ts";
import { groupSize, type Mesh } from "../../program/mesh.ts";
import { layoutOf, newKnowledge, type Knowledge } from "./knowledge.ts";
import { localDims } from "./layout.ts";
import type { Layout, Minimum, Origin, ShardedGraph, Spread } from "./types.ts";
import type { Writer } from "./writer.ts";

export interface ShardOptions {
  readonly mesh: Mesh;
  readonly rotate_method: "allgather" | "alltoall";
  readonly convert_to_fp32: boolean;
}

export interface State extends Writer, Knowledge {
  readonly graph: CanonicalGraph;
  /** The graph as it was bound, whose names messages use: `graph` may be one rank's part of its batch. */
  readonly named: CanonicalGraph;
  readonly bindings: readonly Binding[];
  /** The schemes that the plan states, by node. */
  readonly sites: ReadonlyMap<string, SiteBinding>;
  readonly options: ShardOptions;
  /** The ranks that this propagation spreads values over. */
  readonly over: Spread;
}

/** What is propagated: the plan over the sequence groups, or the batch. */
export interface Propagation {
  readonly over: Spread;
  readonly named: CanonicalGraph;
  readonly coarse: ReadonlySet<Binding>;
}

export function newState(
  { graph, bindings, sites }: BoundPlan,
  options: ShardOptions,
  { over, named, coarse }: Propagation,
): State {
  const known = newKnowledge(graph, coarse);
  return {
    graph,
    named,
    bindings,
    sites: new Map(sites.map((site) => [site.node, site])),
    options,
    over,
    ...known,
    steps: [],
    integers: new Map(graph.integers),
    shapes: new Map(graph.shapes),
    taken: new Set([
      ...known.layouts.keys(),
      ...graph.integers.keys(),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]),
  };
}

/** The same state apart: what a trial finds and writes is not in `state`. */
export function copyOf(state: State): State {
  return {
    ...state,
    layouts: new Map(state.layouts),
    sameAs: new Map(state.sameAs),
    origins: new Map(state.origins),
    splitters: new Map(state.splitters),
    dealt: new Set(state.dealt),
    replacements: new Map(state.replacements),
    slices: new Map(state.slices),
    gathered: new Map(state.gathered),
    tooFine: new Set(state.tooFine),
    poisoned: new Set(state.poisoned),
    assumed: state.assumed.copy(),
    minimums: [...state.minimums],
    alignments: [...state.alignments],
    attention: [...state.attention],
    idle: [...state.idle],
    diagnostics: [...state.diagnostics],
    steps: [...state.steps],
    integers: new Map(state.integers),
    shapes: new Map(state.shapes),
    taken: new Set(state.taken),
  };
}

/** Number of ranks that a split is over. */
export function splitRanks({ over, options }: State): number {
  return groupSize(over, options.mesh);
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

/** What propagation found, as a sharded graph. */
export function toGraph(state: State): ShardedGraph {
  const { graph, options, steps, integers, layouts, sameAs, alignments, attention } = state;
  const shapes = new Map<string, ValueShape>();
  const localShapes = new Map<string, ValueShape>();
  for (const [name, { elem, dims }] of state.shapes) {
    const normal = dims.map(state.assumed.normal);
    const layout = layouts.get(name);
    shapes.set(name, { elem, dims: normal });
    localShapes.set(name, { elem, dims: localDims(normal, layout ?? [], options.mesh, RANK) });
  }
  return {
    graph,
    mesh: options.mesh,
    steps,
    integers,
    shapes,
    localShapes,
    layouts,
    sameAs,
    alignments,
    attention,
    equations: state.assumed.equations,
    minimums: minimumsOf(state),
  };
}

/** A fixed extent that is large enough needs no check; a smaller fixed one stays, since no feed can satisfy it. */
function minimumsOf({ minimums, assumed }: State): readonly Minimum[] {
  return minimums
    .map((minimum) => ({ ...minimum, extent: assumed.normal(minimum.extent) }))
    .filter(({ extent, atLeast }) => atLeast > 1 && (typeof extent !== "number" || extent < atLeast));
}
