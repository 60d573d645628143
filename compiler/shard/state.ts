/**
 * @file What grows while layouts are propagated: steps, values with their shapes and layouts, integers, equations, diagnostics. Gives the
 * small verbs with which the rest of this folder writes local nodes. Knows no operator's meaning.
 */
import type { Attributes, ElemType } from "../graph/types.ts";
import { compactTarget } from "../operators/targets.ts";
import type { CanonicalGraph, CanonicalNode, IntegerValue, ValueShape } from "../ir/types.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { RANK, type Expr } from "../expr/expr.ts";
import type { Binding, BoundPlan } from "../bind/types.ts";
import { assumptions, type Assumptions } from "./assumptions.ts";
import { localDims, WHOLE } from "./layout.ts";
import type { Mesh } from "../../program/mesh.ts";
import type { Alignment, AttentionSite, Layout, Minimum, Origin, ShardedStep } from "./types.ts";

export interface ShardOptions {
  readonly mesh: Mesh;
  readonly rotate_method: "allgather" | "alltoall";
  readonly convert_to_fp32: boolean;
}

export interface State {
  readonly graph: CanonicalGraph;
  readonly bindings: readonly Binding[];
  readonly options: ShardOptions;
  readonly steps: ShardedStep[];
  readonly integers: Map<string, IntegerValue>;
  readonly shapes: Map<string, ValueShape>;
  readonly layouts: Map<string, Layout>;
  /** Names that are given away. */
  readonly taken: Set<string>;
  readonly sameAs: Map<string, string>;
  /** Who gave a value its layout. */
  readonly origins: Map<string, Origin>;
  /** The plan entry that split a stream, by the name of its segment. */
  readonly sources: Map<string, Origin>;
  /** A value of the graph to the value that stands for it. */
  readonly aliases: Map<string, string>;
  /** Plan entries (by `entryKey`) whose value is split as one segment, although it was laid end to end from several. */
  readonly coarse: ReadonlySet<string>;
  /** Plan entries whose segments did not fit what they met. */
  readonly tooFine: Set<string>;
  readonly minimums: Minimum[];
  /** Values whose layout is unknown after an error: what reads them is passed over. */
  readonly poisoned: Set<string>;
  readonly assumed: Assumptions;
  readonly alignments: Alignment[];
  readonly attention: AttentionSite[];
  readonly diagnostics: Diagnostic[];
}

export function newState({ graph, bindings }: BoundPlan, options: ShardOptions, coarse: ReadonlySet<string>): State {
  const layouts = new Map<string, Layout>();
  for (const name of [...graph.inputs.map((i) => i.name), ...graph.constants.keys()]) layouts.set(name, WHOLE);
  return {
    graph,
    bindings,
    options,
    layouts,
    coarse,
    tooFine: new Set(),
    minimums: [],
    steps: [],
    taken: new Set([...layouts.keys(), ...graph.integers.keys()]),
    integers: new Map(graph.integers),
    shapes: new Map(graph.shapes),
    sameAs: new Map(),
    origins: new Map(),
    sources: new Map(),
    aliases: new Map(),
    poisoned: new Set(),
    assumed: assumptions(graph.lengths),
    alignments: [],
    attention: [],
    diagnostics: [],
  };
}

/** Names the plan entry that an origin comes from, in the module that it matched; `null` where it comes from no entry. */
export function entryKey(origin: Origin | undefined): string | null {
  return origin?.spec ? `${origin.module} ${origin.spec.origin.pointer}` : null;
}

/** The value that stands for `name`. */
export function valueOf(state: State, name: string): string {
  return state.aliases.get(name) ?? name;
}

export function layoutOf(state: State, name: string): Layout {
  return state.layouts.get(name) ?? WHOLE;
}

/** Whole shape of a value, in the lengths that stand for others. */
export function shapeOf(state: State, name: string): ValueShape {
  const shape = state.shapes.get(name);
  invariant(shape !== undefined, `no shape for ${name}`);
  return { elem: shape.elem, dims: shape.dims.map(state.assumed.normal) };
}

export function elemOf(state: State, name: string): ElemType {
  return shapeOf(state, name).elem;
}

/** A name that no value of the steps so far has. A name of the unsplit graph is given once, to the value that takes its place. */
export function freshName(state: State, wish: string): string {
  let name = wish;
  for (let i = 2; state.taken.has(name); i++) name = `${wish}.${i}`;
  state.taken.add(name);
  return name;
}

/** An integer operand of a local node. */
export function integers(state: State, wish: string, elements: readonly Expr[]): string {
  const name = freshName(state, wish);
  state.integers.set(name, { elem: "int64", dims: [elements.length], elements });
  return name;
}

export interface LocalNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  /** Names wished for the outputs, with the shape that each has on flat rank `rank`. */
  readonly outputs: readonly { readonly name: string; readonly dims: readonly Expr[]; readonly elem?: ElemType }[];
  readonly attributes?: Attributes;
}

/** Adds a local node that the unsplit graph does not have; its outputs have no layout unless one is set afterwards. */
export function addLocal(state: State, origin: Origin, node: LocalNode): readonly string[] {
  const outputs = node.outputs.map(({ name, dims, elem }) => {
    const fresh = freshName(state, name);
    state.shapes.set(fresh, { elem: elem ?? elemOf(state, node.inputs[0]!), dims });
    return fresh;
  });
  const made: CanonicalNode = {
    name: `${outputs[0]}::node`,
    op: node.op,
    domain: node.domain ?? "",
    inputs: node.inputs,
    outputs,
    attributes: node.attributes ?? {},
    scope: origin.module,
  };
  state.steps.push({ kind: "local", node: made, origin });
  return outputs;
}

/** A Reshape to local extents. */
export function addReshape(state: State, origin: Origin, input: string, name: string, dims: readonly Expr[]): string {
  const target = integers(state, `${name}::shape`, compactTarget(dims));
  const attributes: Attributes = { allowzero: { kind: "int", value: 1 } };
  return addLocal(state, origin, { op: "Reshape", inputs: [input, target], outputs: [{ name, dims }], attributes })[0]!;
}

/** A Concat of at least one value; one alone is itself. */
export function addConcat(
  state: State,
  origin: Origin,
  inputs: readonly string[],
  axis: number,
  name: string,
  dims: readonly Expr[],
): string {
  if (inputs.length === 1) return inputs[0]!;
  const attributes: Attributes = { axis: { kind: "int", value: axis } };
  return addLocal(state, origin, { op: "Concat", inputs, outputs: [{ name, dims }], attributes })[0]!;
}

/** A Split into values of the given extents; one alone is the value itself. */
export function addSplit(
  state: State,
  origin: Origin,
  input: string,
  axis: number,
  sizes: readonly Expr[],
  name: string,
): readonly string[] {
  if (sizes.length === 1) return [input];
  const dims = localDims(shapeOf(state, input).dims, layoutOf(state, input), state.options.mesh, RANK);
  const operand = integers(state, `${name}::sizes`, sizes);
  const outputs = sizes.map((size, i) => ({ name: `${name}.${i}`, dims: dims.map((d, a) => (a === axis ? size : d)) }));
  const attributes: Attributes = { axis: { kind: "int", value: axis } };
  return addLocal(state, origin, { op: "Split", inputs: [input, operand], outputs, attributes });
}

/** Gives a value its whole shape, its layout, and the value of the unsplit graph whose content it has. */
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
