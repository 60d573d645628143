/**
 * @file Binds and propagates a plan, and reads from a refusal what the plan has to do otherwise. The proof is the propagator's.
 */
import { bindPlan } from "../compiler/bind/bind.ts";
import type { Binding, BoundPlan } from "../compiler/bind/types.ts";
import { noSplitAttention, tooFewHeads } from "../compiler/diagnostics/catalog/shard.ts";
import type { About, Diagnostic, Place, Result } from "../compiler/diagnostics/types.ts";
import type { CanonicalGraph } from "../compiler/ir/types.ts";
import { readPlanValue } from "../compiler/plan/read.ts";
import { shard } from "../compiler/shard/shard.ts";
import type { ShardedGraph } from "../compiler/shard/types.ts";
import type { ShardOptions } from "../compiler/shard/state.ts";
import { entriesOf, planOf, type Entry } from "./entries.ts";
import type { Decision } from "./decisions.ts";

export interface Proof {
  readonly entries: readonly Entry[];
  readonly decisions: readonly Decision[];
  readonly sharded: ShardedGraph;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a refusal says about the next try. */
export interface Refusal {
  readonly diagnostics: readonly Diagnostic[];
  /** Nodes that need whole operands. */
  readonly nodes: readonly string[];
  /** Decisions that a refusal names, or that no entry can express. */
  readonly blamed: readonly Decision[];
}

/** Proves the decisions on a mesh. */
export function prove(decisions: readonly Decision[], graph: CanonicalGraph, options: ShardOptions): Proof | Refusal {
  const named = bindAll(decisions, graph);
  if ("nodes" in named) return named;
  const { bound, entries } = named;
  const sharded = shardOn(bound, options);
  const says = (code: string): boolean => sharded.diagnostics.some((diagnostic) => diagnostic.code === code);
  // A plan that shares no attention is none.
  if (sharded.ok && (!says(noSplitAttention.code) || sharded.value.attention.length === 0)) {
    return { entries, decisions: named.decisions, sharded: sharded.value, diagnostics: sharded.diagnostics };
  }
  const diagnostics = sharded.diagnostics.filter(({ severity }) => severity !== "note");
  const subjects = subjectsOf(diagnostics);
  const about = new Set(subjects.map(({ node }) => node));
  const pointers = new Set(subjects.flatMap(({ entries: own = [] }) => own));
  const nodes = graph.nodes.flatMap(({ name }) => (about.has(name) ? [name] : []));
  const blamed = named.decisions.filter((decision) =>
    pointers.has(bindingOf(decision, bound)?.spec.origin.pointer ?? ""),
  );
  return { diagnostics, nodes, blamed };
}

/** Where an attention has fewer heads than Ulysses divides, a ring of as many ranks proves the same layouts. */
function shardOn(bound: BoundPlan, options: ShardOptions): Result<ShardedGraph> {
  const first = shard(bound, options);
  if (first.ok || !first.diagnostics.some(({ code }) => code === tooFewHeads.code)) return first;
  const { mesh } = options;
  const ring = { ...mesh, ring_degree: mesh.ring_degree * mesh.ulysses_degree, ulysses_degree: 1 };
  return shard(bound, { ...options, mesh: ring });
}

/** Whether the plan of a proof is exact on a ring of so many ranks as well. */
export function isProvenFor(ranks: number, { entries }: Proof, graph: CanonicalGraph, options: ShardOptions): boolean {
  const plan = readPlanValue(planOf(entries));
  const bound = plan.ok ? bindPlan(graph, plan.value) : plan;
  const mesh = { batch_degree: 1, ring_degree: ranks, ulysses_degree: 1 };
  return bound.ok && shard(bound.value, { ...options, mesh }).ok;
}

export function isProof(result: Proof | Refusal): result is Proof {
  return "sharded" in result;
}

interface Named {
  readonly bound: BoundPlan;
  readonly entries: readonly Entry[];
  readonly decisions: readonly Decision[];
}

/** Binds the plan; an entry that leads to another value than the decision's names it. */
function bindAll(decisions: readonly Decision[], graph: CanonicalGraph): Named | Refusal {
  const modules = [...graph.modules.keys()];
  let current = decisions;
  for (;;) {
    const entries = entriesOf(current, modules);
    const plan = readPlanValue(planOf(entries));
    const bound = plan.ok ? bindPlan(graph, plan.value) : plan;
    const wrong = bound.ok
      ? current.filter((decision) => bindingOf(decision, bound.value) === undefined)
      : blamed(current, bound.diagnostics);
    if (bound.ok && wrong.length === 0) return { bound: bound.value, entries, decisions: current };
    const unnamed = wrong.filter(({ isNamed }) => !isNamed);
    if (unnamed.length === 0) return { diagnostics: bound.diagnostics, nodes: [], blamed: wrong };
    current = current.map((one) => (unnamed.includes(one) ? { ...one, isNamed: true } : one));
  }
}

/** The decisions that the errors are about; all where they name none. */
function blamed(decisions: readonly Decision[], diagnostics: readonly Diagnostic[]): readonly Decision[] {
  const places = subjectsOf(diagnostics).flatMap(({ place = null }) => place ?? []);
  const found = decisions.filter((decision) => places.some((place) => isAt(decision, place)));
  return found.length > 0 ? found : decisions;
}

function isAt({ spot: { module, side, name } }: Decision, place: Place): boolean {
  if (place.module !== module || place.side !== side) return false;
  return side === "input" ? place.parameter === name && place.index === null : (place.index ?? 0) === Number(name ?? 0);
}

/** What diagnostics are about. Their text is for people. */
function subjectsOf(diagnostics: readonly Diagnostic[]): readonly About[] {
  return diagnostics.flatMap(({ about = null }) => about ?? []);
}

function bindingOf({ action, spot, axis }: Decision, { bindings }: BoundPlan): Binding | undefined {
  return bindings.find(
    ({ spec, module, value, axis: at, evidence }) =>
      spec.action === action &&
      module === spot.module &&
      spec.side === spot.side &&
      value === spot.value &&
      at === axis &&
      evidence !== "skipped" &&
      evidence !== "absent",
  );
}
