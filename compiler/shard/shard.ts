/**
 * @file Propagates the plan's splits through the bound graph in one forward pass, and proves that the program gives the same result. What
 * cannot be proven is refused.
 */
import type { Binding, BoundPlan } from "../bind/types.ts";
import { indexOf } from "../ir/graph-index.ts";
import { asCp, cpOf } from "../ir/cp.ts";
import type { CanonicalNode, ValueShape } from "../ir/types.ts";
import { lengthsTooLarge } from "../diagnostics/catalog/canonical.ts";
import * as catalog from "../diagnostics/catalog/shard.ts";
import { diagnose, hasErrors, settle } from "../diagnostics/diagnose.ts";
import type { Result } from "../diagnostics/types.ts";
import { RANK, withinLimits } from "../expr/expr.ts";
import { valuesReadBy } from "../graph/reads.ts";
import { attend } from "./attention/attention.ts";
import { gatherValue, shardValue } from "./propagate/split-gather.ts";
import { ranksOf } from "../../program/mesh.ts";
import { localDims } from "./layout.ts";
import { propagate } from "./propagate/operator.ts";
import { at, originAt, relatedTo, sayLayout, sayOrigin } from "./origins.ts";
import { prune } from "./prune.ts";
import { addIdentity } from "./slices.ts";
import { newState, type ShardOptions, type State } from "./state.ts";
import { layoutOf, valueOf } from "./knowledge.ts";
import type { Minimum, ShardedGraph } from "./types.ts";

/**
 * Shards a bound plan for a mesh. A value concatenated from several streams is split stream by stream, since a later slice between them
 * needs that; if its segments do not line up with those of another operand, propagation reruns with that value as one segment.
 */
export function shard(bound: BoundPlan, options: ShardOptions): Result<ShardedGraph> {
  const done = withinLimits(() => attempts(bound, options));
  return done ?? settle<ShardedGraph>(undefined, [diagnose(lengthsTooLarge, { stage: "splitting values" })]);
}

function attempts(bound: BoundPlan, options: ShardOptions): Result<ShardedGraph> {
  const first = attempt(bound, options, new Set<Binding>());
  let last = first;
  for (let coarse = last.tooFine; !last.result.ok && coarse.size > 0; coarse = new Set([...coarse, ...last.tooFine])) {
    last = attempt(bound, options, coarse);
    if ([...last.tooFine].every((entry) => coarse.has(entry))) break;
  }
  return last.result.ok ? last.result : first.result;
}

interface Attempt {
  readonly result: Result<ShardedGraph>;
  readonly tooFine: ReadonlySet<Binding>;
}

function attempt(bound: BoundPlan, options: ShardOptions, coarse: ReadonlySet<Binding>): Attempt {
  const state = newState(bound, options, coarse);
  for (const node of bound.graph.nodes) visit(state, node);
  finishOutputs(state);
  if (
    !sharesAttention(state) &&
    !hasErrors(state.diagnostics) &&
    bound.bindings.length > 0 &&
    ranksOf(state.options.mesh) > 1
  ) {
    state.diagnostics.push(diagnose(catalog.noSplitAttention, { sites: state.attention.length }));
  }
  return { result: settle(prune(toGraph(state)), state.diagnostics), tooFine: state.tooFine };
}

/** True if the ranks share the work of an attention: by a scheme, or because each has only some rows, heads or batches of its result. */
function sharesAttention(state: State): boolean {
  if (state.attention.some(({ scheme }) => scheme !== "local")) return true;
  const local = new Set(state.attention.map(({ node }) => node));
  return state.graph.nodes.some(
    ({ name, outputs }) => local.has(name) && outputs.some((output) => layoutOf(state, output).length > 0),
  );
}

function visit(state: State, node: CanonicalNode): void {
  const inputs = node.inputs.map((name) => valueOf(state, name));
  const captured = valuesReadBy({ inputs: [], attributes: node.attributes });
  const read = [...inputs, ...captured.map((name) => valueOf(state, name))];
  if (read.some((name) => state.poisoned.has(name))) return refuseOn(state, node, false);
  if (captured.some((name) => valueOf(state, name) !== name)) return refuseCapture(state, node, captured);
  const operation = cpOf(node);
  if (operation?.op === "Shard") shardValue(state, operation);
  else if (operation?.op === "Gather") gatherValue(state, operation);
  else visitOperator(state, { ...node, inputs });
}

function visitOperator(state: State, node: CanonicalNode): void {
  const attention = asCp(node, "Attention");
  if (attention === null) propagate(state, node);
  else refuseOn(state, node, attend(state, attention));
}

/** Branches refer to surrounding values by name, and no rewriting reaches inside: a value that another replaces cannot be read. */
function refuseCapture(state: State, node: CanonicalNode, captured: readonly string[]): void {
  const value = captured.find((name) => valueOf(state, name) !== name)!;
  const origin = state.origins.get(valueOf(state, value));
  const params = { ...at(node), value, from: sayOrigin(origin) };
  const where = { span: origin?.spec?.origin.span ?? undefined, related: relatedTo(origin, "split here") };
  state.diagnostics.push(diagnose(catalog.movedInSubgraph, params, where));
  refuseOn(state, node, false);
}

function refuseOn(state: State, node: CanonicalNode, done: boolean): void {
  if (!done) node.outputs.forEach((name) => state.poisoned.add(name));
}

/** Every graph output must be whole on every rank, and keep its name. */
function finishOutputs(state: State): void {
  for (const output of state.graph.outputs) {
    const value = valueOf(state, output);
    if (state.poisoned.has(value) || state.poisoned.has(output)) continue;
    const [shard] = layoutOf(state, value);
    const origin = state.origins.get(value);
    if (shard !== undefined) {
      const maker = indexOf(state.graph).producer(output);
      const module = maker?.scope ?? "";
      const params = { output, layout: sayLayout(state, value), axis: shard.axis, from: sayOrigin(origin), module };
      const where = {
        span: origin?.spec?.origin.span ?? undefined,
        related: maker === undefined ? [] : relatedTo(originAt(maker), "made here"),
      };
      state.diagnostics.push(diagnose(catalog.outputStillSplit, params, where));
    } else if (value !== output) {
      addIdentity(state, value, output, origin ?? { module: "", node: null, spec: null });
    }
  }
}

function toGraph(state: State): ShardedGraph {
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

/** A fixed extent of at least N needs no check; a smaller fixed one stays, since no feed can satisfy it. */
function minimumsOf({ minimums, assumed, options }: State): readonly Minimum[] {
  const ranks = ranksOf(options.mesh);
  if (ranks === 1) return [];
  return minimums
    .map((minimum) => ({ ...minimum, extent: assumed.normal(minimum.extent) }))
    .filter(({ extent }) => typeof extent !== "number" || extent < ranks);
}
