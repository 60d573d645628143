/**
 * @file Gives every step a stage: in one stage first pieces run, then exchanges and hooks. Steps wait for their first reader unless
 * running early keeps fewer bytes alive between stages. Knows nothing of models.
 */
import { readersOf, readsOf, writesOf } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";

export interface StageRequest {
  readonly flow: Flow;
  /** The attention site that a step stands inside. */
  readonly inside: ReadonlyMap<FlowStep, string>;
  /** Bytes of a value at some usual length. */
  readonly bytesOf: (value: string) => number;
}

export function assignStages(request: StageRequest): ReadonlyMap<FlowStep, number> {
  const stages = earliest(request);
  const readers = readersOf(request.flow.steps);
  const pieces = new Set([...stages].flatMap(([step, stage]) => (isMain(request.inside, step) ? [stage] : [])));
  sink(request, stages, readers, pieces);
  raise(request, stages, readers, pieces);
  return stages;
}

type Stages = Map<FlowStep, number>;
type Readers = ReturnType<typeof readersOf>;

/** How many stages later than `from` a reader of its values runs at least. Leaving or entering a site begins another piece. */
function gap(inside: StageRequest["inside"], from: FlowStep, to: FlowStep): 0 | 1 {
  if (from.kind !== "local") return 1;
  if (to.kind !== "local") return 0;
  return inside.get(from) === inside.get(to) ? 0 : 1;
}

function earliest({ flow, inside }: StageRequest): Stages {
  const stages: Stages = new Map();
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

/** Moves every step to its first reader; a step outside attention only to where a piece runs anyway. */
function sink({ flow, inside }: StageRequest, stages: Stages, readers: Readers, pieces: ReadonlySet<number>): void {
  for (const step of flow.steps.toReversed()) {
    const writes = writesOf(step);
    if (writes.some((name) => flow.outputs.includes(name))) continue;
    let latest = Math.min(
      ...writes
        .flatMap((name) => readers.get(name) ?? [])
        .map((reader) => stages.get(reader)! - gap(inside, step, reader)),
    );
    if (isMain(inside, step)) while (!pieces.has(latest)) latest--;
    else latest = Math.max(stages.get(step)!, Math.min(latest, handedOn(step, stages, readers)));
    stages.set(step, latest);
  }
}

/** Stage in which what a step inside a site reads is sent on: it runs by then, since waiting would keep every chunk of a ring. */
function handedOn(step: FlowStep, stages: Stages, readers: Readers): number {
  if (step.kind !== "local") return Infinity;
  const sent = readsOf(step).flatMap((name) => readers.get(name) ?? []);
  return Math.min(...sent.filter((reader) => reader.kind === "collective").map((reader) => stages.get(reader)!));
}

/** Takes a step back to its operands where they, kept only for it, are larger than its results. */
function raise(request: StageRequest, stages: Stages, readers: Readers, pieces: ReadonlySet<number>): void {
  const { flow, inside, bytesOf } = request;
  const producers = new Map<string, FlowStep>();
  for (const step of flow.steps) {
    const writes = writesOf(step);
    for (const name of writes) producers.set(name, step);
    if (step.kind !== "local") continue;
    const latest = stages.get(step)!;
    const made = readsOf(step).filter((name) => producers.has(name));
    let early = Math.max(
      0,
      ...made.map((name) => stages.get(producers.get(name)!)! + gap(inside, producers.get(name)!, step)),
    );
    if (isMain(inside, step)) while (!pieces.has(early)) early++;
    const isKept = (name: string): boolean =>
      readers.get(name)!.every((reader) => reader === step || stages.get(reader)! <= early);
    if (early < latest && sum(made.filter(isKept).map(bytesOf)) >= sum(writes.map(bytesOf))) stages.set(step, early);
  }
}

function isMain(inside: StageRequest["inside"], step: FlowStep): boolean {
  return step.kind === "local" && !inside.has(step);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
