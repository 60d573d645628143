/**
 * @file Propagates the plan's splits through the bound graph in one forward pass over the sequence groups, and proves that the program
 * gives the same result. What cannot be proven is refused. Knows no batch: the graph may be one rank's part of it.
 */
import type { Binding, BoundPlan } from "../../bind/types.ts";
import { indexOf } from "../../ir/graph-index.ts";
import { asCp, cpOf } from "../../ir/cp.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose, hasErrors, settle } from "../../diagnostics/diagnose.ts";
import type { Result } from "../../diagnostics/types.ts";
import { attend } from "../attention/attention.ts";
import { idleSchemes } from "../attention/idle.ts";
import { gatherValue, shardValue } from "../propagate/split-gather.ts";
import { propagate } from "../propagate/operator.ts";
import { visitNode } from "../propagate/visit.ts";
import { stepsOf, visitRegion } from "../products/products.ts";
import { aboutEntries, originAt, relatedTo, sayLayout, sayOrigin, sayValue } from "../origins.ts";
import { prune } from "../prune.ts";
import { addIdentity } from "../slices.ts";
import { newState, splitRanks, toGraph, type ShardOptions, type State } from "../state.ts";
import { layoutOf, valueOf } from "../knowledge.ts";
import type { ShardedGraph } from "../types.ts";
import { openSizes } from "./open-sizes.ts";

/**
 * Shards a bound plan; `named` is the graph whose names messages use. A value concatenated from several streams is split stream by stream,
 * since a later slice between them needs that; if its segments do not line up with those of another operand, propagation reruns with that
 * value as one segment.
 */
export function shardSequence(bound: BoundPlan, options: ShardOptions, named: CanonicalGraph): Result<ShardedGraph> {
  const tried = (coarse: ReadonlySet<Binding>): Attempt => attempt(bound, options, named, coarse);
  const first = tried(new Set());
  let last = first;
  for (let coarse = last.tooFine; !last.result.ok && coarse.size > 0; coarse = new Set([...coarse, ...last.tooFine])) {
    last = tried(coarse);
    if ([...last.tooFine].every((entry) => coarse.has(entry))) break;
  }
  return last.result.ok || !isAboutSegments(last.result) ? last.result : first.result;
}

/** Refusals that a coarser split itself can cause. */
const OF_SEGMENTS: ReadonlySet<string> = new Set(
  [
    catalog.segmentsDiffer,
    catalog.edgeInsideSegment,
    catalog.extentsDiffer,
    catalog.cannotFollow,
    catalog.noLayout,
  ].map(({ code }) => code),
);

/** Errors of an attempt with coarser segments are the cause only if none is due to the segments; else those of the first attempt are. */
function isAboutSegments({ diagnostics }: Result<ShardedGraph>): boolean {
  return diagnostics.some(({ code }) => OF_SEGMENTS.has(code));
}

interface Attempt {
  readonly result: Result<ShardedGraph>;
  readonly tooFine: ReadonlySet<Binding>;
}

function attempt(
  bound: BoundPlan,
  options: ShardOptions,
  named: CanonicalGraph,
  coarse: ReadonlySet<Binding>,
): Attempt {
  const state = newState(bound, options, { over: "sequence", named, coarse });
  for (const step of stepsOf(state)) {
    if ("region" in step) visitRegion(state, step.region, act);
    else visitNode(state, step.node, act);
  }
  finishOutputs(state);
  state.diagnostics.push(...idleSchemes(state));
  const isIdle = !sharesAttention(state) && !isConvolved(state);
  if (isIdle && !hasErrors(state.diagnostics) && bound.bindings.length > 0 && splitRanks(state) > 1) {
    state.diagnostics.push(diagnose(catalog.noSplitAttention, { sites: state.attention.length }));
  }
  const sharded = prune(toGraph(state));
  if (!hasErrors(state.diagnostics)) state.diagnostics.push(...openSizes(sharded));
  return { result: settle(sharded, state.diagnostics), tooFine: state.tooFine };
}

/** A model of convolutions alone, whose rows are exchanged. */
function isConvolved({ attention, steps }: State): boolean {
  return attention.length === 0 && steps.some((step) => step.kind === "collective" && step.purpose === "halo");
}

function act(state: State, node: CanonicalNode, inputs: readonly string[]): boolean {
  const operation = cpOf(node);
  if (operation?.op === "Shard") shardValue(state, operation);
  else if (operation?.op === "Gather") gatherValue(state, operation);
  else return visitOperator(state, { ...node, inputs });
  return true;
}

function visitOperator(state: State, node: CanonicalNode): boolean {
  const attention = asCp(node, "Attention");
  return attention === null ? propagate(state, node) : attend(state, attention);
}

/** True if the ranks share the work of an attention: by a scheme, or because each has only some rows, heads or batches of its result. */
function sharesAttention(state: State): boolean {
  if (state.attention.some(({ scheme }) => scheme !== "local") || sharesScores(state)) return true;
  const local = new Set(state.attention.map(({ node }) => node));
  return state.graph.nodes.some(
    ({ name, outputs }) => local.has(name) && outputs.some((output) => layoutOf(state, output).length > 0),
  );
}

/** True if each rank weighs only some rows of an attention that the compiler does not recognise: of a Softmax over keys. */
function sharesScores(state: State): boolean {
  const { readers } = indexOf(state.graph);
  const isWeighed = (weights: string): boolean =>
    readers(weights).some(({ node, operand }) => node.op === "MatMul" && operand === 0);
  return state.graph.nodes.some(
    ({ op, outputs: [weights = ""] }) =>
      op === "Softmax" && !state.poisoned.has(weights) && layoutOf(state, weights).length > 0 && isWeighed(weights),
  );
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
      const params = {
        output: sayValue(state, output),
        layout: sayLayout(state, value),
        axis: shard.axis,
        from: sayOrigin(origin),
        module,
      };
      const where = {
        span: origin?.spec?.origin.span ?? undefined,
        related: maker === undefined ? [] : relatedTo(originAt(maker), "made here"),
        about: aboutEntries(origin),
      };
      state.diagnostics.push(diagnose(catalog.outputStillSplit, params, where));
    } else if (value !== output) {
      addIdentity(state, value, output, origin ?? { module: "", node: null, spec: null });
    }
  }
}
