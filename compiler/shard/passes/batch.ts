/**
 * @file Splits the batch of a bound plan: the proof that the model computes each element of the batch on its own, and the bound plan that
 * each rank then executes on its chunk. Needs no communication but a gather of each output. The plan's entries stay in the graph as they
 * are, since they act inside a rank's chunk.
 */
import type { BoundPlan } from "../../bind/types.ts";
import { randomNumbers, tooShort } from "../../diagnostics/catalog/shard.ts";
import { batchOfKeys } from "../../diagnostics/catalog/splitting/batch.ts";
import { diagnose, hasErrors, invariant, settle } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../diagnostics/types.ts";
import { show } from "../../expr/expr.ts";
import { cpOf, type AttentionOperation } from "../../ir/cp.ts";
import type { CanonicalGraph, CanonicalNode, ValueShape } from "../../ir/types.ts";
import type { PlanSpec } from "../../plan/types.ts";
import { ROWS } from "../attention/operands.ts";
import { layoutOf, valueOf } from "../knowledge.ts";
import { lengthOf, shardOf } from "../layout.ts";
import { aboutEntries, at, atSplitOf, sayLayout, sayOrigin, sayValue } from "../origins.ts";
import { propagate } from "../propagate/operator.ts";
import { gatherWhole } from "../propagate/split-gather.ts";
import { visitNodes } from "../propagate/visit.ts";
import { addIdentity, align } from "../slices.ts";
import { declare, newState, shapeOf, splitRanks, toGraph, type ShardOptions, type State } from "../state.ts";
import type { Origin, ShardedGraph, ShardedStep } from "../types.ts";
import { takeNode } from "../writer.ts";
import { batchAxes } from "./batch-axes.ts";
import type { BatchAxis } from "./batch-factors.ts";
import { withPartNames } from "./part-names.ts";

export interface BatchSplit {
  /** The model with its batch split and nothing else: layouts over `batch`, and every output gathered. */
  readonly whole: ShardedGraph;
  /** What one rank computes of it, before outputs are gathered; its shapes are those of the rank's chunk. */
  readonly part: BoundPlan;
  /** The steps that gather the outputs. */
  readonly gathers: readonly ShardedStep[];
}

/** Errors: the batch is not known, or the model does not compute its elements independently. */
export function shardBatch(bound: BoundPlan, options: ShardOptions): Result<BatchSplit> {
  const { graph, partOf } = withPartNames(bound.graph);
  const state = newState({ ...bound, graph }, options, { over: "batch", named: bound.graph, coarse: new Set() });
  for (const [output, part] of partOf) state.sameAs.set(part, output);
  const { axes, diagnostic } = batchAxes(state, bound.batch);
  const said = diagnostic === null ? [] : [diagnostic];
  if (hasErrors(said)) return settle<BatchSplit>(undefined, said);
  for (const axis of axes) splitInput(state, bound, axis);
  visitNodes(state, act);
  const diagnostics = [...said, ...errorsOf(state)];
  if (hasErrors(diagnostics)) return settle<BatchSplit>(undefined, diagnostics);
  const steps = [...state.steps];
  const part: BoundPlan = { ...bound, graph: partGraph(graph, state) };
  for (const [i, output] of bound.graph.outputs.entries()) {
    const part = partOf.get(output) ?? output;
    const [shard] = layoutOf(state, part);
    const spec = shard === undefined ? null : { ...specOf(bound, "gather", output, shard.axis), index: i };
    gatherOutput(state, output, part, { module: "", node: null, spec });
  }
  const gathers = state.steps.slice(steps.length);
  return settle({ whole: { ...toGraph(state), graph: bound.graph }, part, gathers }, diagnostics);
}

/** Hints of these are about the batch already. */
const OWN_HINTS: ReadonlySet<string> = new Set([batchOfKeys, tooShort, randomNumbers].map(({ code }) => code));

/** Of all others: what they advise is about entries of a plan. */
const HINT =
  'only a model that computes each element of its batch on its own can be split so; leave out the batch_degree, or state other axes under "$batch"';

/** Notes on slices are left out, since a plan has no entry for them; so is advice on entries. */
function errorsOf({ diagnostics }: State): readonly Diagnostic[] {
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map((d) => (OWN_HINTS.has(d.code) ? d : { ...d, hint: HINT }));
}

/** Each rank holds its chunk of an input from the start. */
function splitInput(state: State, bound: BoundPlan, { input, axis, split }: BatchAxis): void {
  const ranks = splitRanks(state);
  const spec = specOf(bound, "split", input, axis);
  const origin: Origin = { module: "", node: null, spec };
  const extent = lengthOf(split.segments);
  if (typeof extent === "number" && extent < ranks) {
    const params = { value: input, axis, extent: show(extent), ranks, entry: sayOrigin(origin), other: null };
    const where = { span: spec.origin.span ?? undefined, about: aboutEntries(origin) };
    state.diagnostics.push(diagnose(tooShort, params, where));
  }
  for (const { origin: name } of split.segments) state.splitters.set(name, origin);
  const local = align(state, input, [shardOf(axis, split, state.over)], origin);
  state.minimums.push({ extent, atLeast: ranks, name: `${input} axis ${axis}`, slice: local, origin });
  state.replacements.set(input, local);
}

/** The plan's own nodes are executed later, within a rank's chunk of the batch; all others by their rule. */
function act(state: State, node: CanonicalNode, inputs: readonly string[]): boolean {
  const operation = cpOf(node);
  const read = { ...node, inputs };
  if (operation?.op === "Attention" && !attendsAlone(state, operation, inputs)) return false;
  if (operation?.op !== "Shard" && operation?.op !== "Gather") return propagate(state, read);
  const [source] = inputs;
  const origin: Origin = { module: node.scope, node: node.name, spec: null };
  const shape = shapeOf(state, source!);
  const { result } = operation;
  declare(state, result, shape, layoutOf(state, source!), result, state.origins.get(source!) ?? origin);
  takeNode(state, read, origin);
  return true;
}

/** False, with a diagnostic, where the keys that a query sees are of several ranks: what is split is no batch. */
function attendsAlone(state: State, { node }: AttentionOperation, inputs: readonly string[]): boolean {
  const mixed = inputs.slice(1, 3).find((value) => layoutOf(state, value).some(({ axis }) => axis === ROWS));
  if (mixed === undefined) return true;
  const origin = state.origins.get(mixed);
  const from = sayOrigin(origin);
  const params = { ...at(node), value: sayValue(state, mixed), layout: sayLayout(state, mixed), from };
  const where = { ...atSplitOf(state, mixed), about: aboutEntries(origin) };
  state.diagnostics.push(diagnose(batchOfKeys, params, where));
  return false;
}

/** The graph of one rank, up to its outputs: what propagation wrote, with the shapes of the rank's chunk. */
function partGraph(graph: CanonicalGraph, state: State): CanonicalGraph {
  const { localShapes, steps } = toGraph(state);
  const nodes = steps.map((step) => {
    invariant(step.kind === "local", "the batch is exchanged inside the model");
    return step.node;
  });
  const operands = [...state.integers].map(([name, { elem, dims }]): [string, ValueShape] => [name, { elem, dims }]);
  const shapes = new Map<string, ValueShape>([...localShapes, ...operands]);
  const outputs = graph.outputs.map((name) => valueOf(state, name));
  return { ...graph, nodes, outputs, shapes, integers: new Map(state.integers) };
}

/** Every rank returns the whole output, under its own name. */
function gatherOutput(state: State, output: string, part: string, origin: Origin): void {
  if (part === output) return;
  if (layoutOf(state, part).length > 0) gatherWhole(state, part, output, "batch gather", origin);
  else addIdentity(state, part, output, origin);
}

/** A split or gather of the batch as an entry of the plan, also where the plan leaves it to the compiler. */
function specOf(bound: BoundPlan, action: PlanSpec["action"], name: string, axis: number): PlanSpec {
  const isSplit = action === "split";
  const span = bound.batch.find((stated) => isSplit && stated.input === name)?.span ?? null;
  return {
    action,
    side: isSplit ? "input" : "output",
    parameter: isSplit ? name : null,
    index: null,
    count: null,
    dim: axis,
    expectedDims: null,
    value: null,
    origin: { pointer: `$batch.${name}`, span, keySpan: span },
  };
}
