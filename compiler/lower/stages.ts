/**
 * @file Gives every step a stage: in one stage first pieces run, then exchanges and hooks. As early as its operands allow; later where
 * that keeps fewer bytes alive between stages. Knows nothing of models.
 */
import { readsOf, writesOf } from "./flow.ts";
import type { Flow, FlowStep } from "./flow.ts";

export interface StageRequest {
  readonly flow: Flow;
  /** The attention site that a step stands inside. */
  readonly inside: ReadonlyMap<FlowStep, string>;
  /** Bytes of a value at some usual length; `null` if not known. */
  readonly bytesOf: (value: string) => number | null;
}

export function assignStages(request: StageRequest): ReadonlyMap<FlowStep, number> {
  const stages = earliest(request);
  sink(request, stages);
  return stages;
}

/** How many stages later than `from` a reader of its values runs at least. Leaving or entering a site begins another piece. */
function gap(inside: StageRequest["inside"], from: FlowStep, to: FlowStep): 0 | 1 {
  if (from.kind !== "local") return 1;
  if (to.kind !== "local") return 0;
  return inside.get(from) === inside.get(to) ? 0 : 1;
}

function earliest({ flow, inside }: StageRequest): Map<FlowStep, number> {
  const stages = new Map<FlowStep, number>();
  const producers = new Map<string, FlowStep>();
  for (const step of flow.steps) {
    let stage = 0;
    for (const name of readsOf(step)) {
      const producer = producers.get(name);
      if (producer !== undefined) stage = Math.max(stage, stages.get(producer)! + gap(inside, producer, step));
    }
    stages.set(step, stage);
    for (const name of writesOf(step)) producers.set(name, step);
  }
  return stages;
}

/** Moves steps to their first reader, last ones first. Exchanges and sites always go, so that those of one site meet again. */
function sink({ flow, inside, bytesOf }: StageRequest, stages: Map<FlowStep, number>): void {
  const readers = readersOf(flow);
  const mainStages = [...stages].filter(([step]) => isMain(inside, step)).map(([, stage]) => stage);
  for (const step of flow.steps.toReversed()) {
    const writes = writesOf(step);
    if (writes.some((name) => flow.outputs.includes(name))) continue;
    const latest = Math.min(
      ...writes.flatMap((name) => readers.get(name) ?? []).map((r) => stages.get(r)! - gap(inside, step, r)),
    );
    if (!isMain(inside, step)) {
      stages.set(step, latest);
      continue;
    }
    // Only to where a piece runs anyway.
    const target = Math.max(...mainStages.filter((stage) => stage <= latest));
    if (target <= stages.get(step)!) continue;
    const held = readsOf(step).filter((name) => readers.has(name) && isLastHeldBy(step, name, target));
    const before = sum(held.map((name) => (bytesOf(name) ?? 0) / readers.get(name)!.length));
    if (before <= sum(writes.map((name) => bytesOf(name) ?? Infinity))) stages.set(step, target);
  }

  /** True if no other reader keeps the value alive until `stage` anyway. */
  function isLastHeldBy(step: FlowStep, name: string, stage: number): boolean {
    return readers.get(name)!.every((reader) => reader === step || stages.get(reader)! < stage);
  }
}

function isMain(inside: StageRequest["inside"], step: FlowStep): boolean {
  return step.kind === "local" && !inside.has(step);
}

/** Readers of each value that a step makes. */
function readersOf(flow: Flow): ReadonlyMap<string, readonly FlowStep[]> {
  const readers = new Map<string, FlowStep[]>();
  for (const step of flow.steps) {
    for (const name of readsOf(step)) readers.get(name)?.push(step);
    for (const name of writesOf(step)) readers.set(name, []);
  }
  return readers;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
