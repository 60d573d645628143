/**
 * @file The sharded graph on its way to a program: its steps, including points for user hooks, and what is known of their values. Knows
 * nothing of pieces.
 */
import type { IntegerValue, ValueShape } from "../ir/types.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { valuesReadBy } from "../graph/reads.ts";
import type { Tensor } from "../graph/types.ts";
import type { HookPhase } from "../../program/types.ts";
import { reads, writes } from "../shard/prune.ts";
import type { CollectiveStep, Layout, LocalStep, ShardedGraph } from "../shard/types.ts";

/** A user hook may replace `value`; later steps read `result`. */
export interface UserHook {
  readonly kind: "hook";
  readonly module: string;
  readonly phase: Exclude<HookPhase, "attention">;
  readonly value: string;
  readonly result: string;
}

export type FlowStep = LocalStep | CollectiveStep | UserHook;

/** Steps in topological order. Constants and integers are operands; every other name is a value that a rank holds. */
export interface Flow {
  readonly mesh: ShardedGraph["mesh"];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly steps: readonly FlowStep[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly integers: ReadonlyMap<string, IntegerValue>;
  /** Extents as the evaluating rank holds the values. */
  readonly localShapes: ReadonlyMap<string, ValueShape>;
  readonly layouts: ReadonlyMap<string, Layout>;
}

export function flowOf(sharded: ShardedGraph): Flow {
  const { graph, mesh, steps, integers, localShapes, layouts } = sharded;
  return {
    mesh,
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs,
    steps,
    constants: graph.constants,
    integers,
    localShapes,
    layouts,
  };
}

/** Operands and values that a step reads, each once. */
export function readsOf(step: FlowStep): readonly string[] {
  return step.kind === "hook" ? [step.value] : [...new Set(reads(step))];
}

export function writesOf(step: FlowStep): readonly string[] {
  return step.kind === "hook" ? [step.result] : writes(step);
}

/** The producer of each value. */
export function makersOf(steps: readonly FlowStep[]): ReadonlyMap<string, FlowStep> {
  return new Map(steps.flatMap((step) => writesOf(step).map((name) => [name, step] as const)));
}

/** The readers of each value or operand, in order. */
export function readersOf(steps: readonly FlowStep[]): ReadonlyMap<string, readonly FlowStep[]> {
  const readers = new Map<string, FlowStep[]>();
  for (const step of steps) {
    for (const name of readsOf(step)) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [step]);
      else known.push(step);
    }
  }
  return readers;
}

/** Constants and integers are inside a piece or computed before the first step: no step sends or frees them. */
export function isOperand(flow: Flow, name: string): boolean {
  return flow.constants.has(name) || flow.integers.has(name);
}

export function moduleOf(step: FlowStep): string {
  return step.kind === "hook" ? step.module : step.origin.module;
}

/** Renames values, read or written. */
export function renameValues(step: FlowStep, nameOf: (name: string) => string): FlowStep {
  return renameWrites(renameReads(step, nameOf), nameOf);
}

export function renameReads(step: FlowStep, nameOf: (name: string) => string): FlowStep {
  if (step.kind === "hook") return { ...step, value: nameOf(step.value) };
  if (step.kind === "collective") {
    return { ...step, transfers: step.transfers.map((t) => ({ ...t, send: t.send.map(nameOf) })) };
  }
  const { node } = step;
  const inside = valuesReadBy({ inputs: [], attributes: node.attributes });
  invariant(
    inside.every((name) => nameOf(name) === name),
    `the subgraph of ${node.name} reads a value that gets another name`,
  );
  return { ...step, node: { ...node, inputs: node.inputs.map((name) => (name === "" ? "" : nameOf(name))) } };
}

function renameWrites(step: FlowStep, nameOf: (name: string) => string): FlowStep {
  if (step.kind === "hook") return { ...step, result: nameOf(step.result) };
  if (step.kind === "collective") {
    return { ...step, transfers: step.transfers.map((t) => ({ ...t, receive: t.receive.map(nameOf) })) };
  }
  const outputs = step.node.outputs.map((name) => (name === "" ? "" : nameOf(name)));
  return { ...step, node: { ...step.node, outputs } };
}
