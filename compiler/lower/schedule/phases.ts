/**
 * @file Assigns every step a phase of the schedule: in one phase pieces run first, then collectives and hooks. Steps wait for their first
 * reader unless running early keeps fewer bytes alive between phases. Knows nothing of models.
 */
import { makersOf, readersOf, readsOf, writesOf } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";

export interface PhaseRequest {
  readonly flow: Flow;
  /** The attention site that contains a step. */
  readonly inside: ReadonlyMap<FlowStep, string>;
  /** Bytes of a value at a typical length. */
  readonly bytesOf: (value: string) => number;
}

export function assignPhases(request: PhaseRequest): ReadonlyMap<FlowStep, number> {
  const phases = earliest(request);
  const readers = readersOf(request.flow.steps);
  const pieces = new Set([...phases].flatMap(([step, phase]) => (isMain(request.inside, step) ? [phase] : [])));
  sink(request, phases, readers, pieces);
  raise(request, phases, readers, pieces);
  return phases;
}

type Phases = Map<FlowStep, number>;
type Readers = ReturnType<typeof readersOf>;

/** How many phases after `from` a reader of its values runs at the earliest. Leaving or entering a site starts another piece. */
function gap(inside: PhaseRequest["inside"], from: FlowStep, to: FlowStep): 0 | 1 {
  if (from.kind !== "local") return 1;
  if (to.kind !== "local") return 0;
  return inside.get(from) === inside.get(to) ? 0 : 1;
}

function earliest({ flow, inside }: PhaseRequest): Phases {
  const phases: Phases = new Map();
  const makers = makersOf(flow.steps);
  for (const step of flow.steps) {
    let phase = 0;
    for (const name of readsOf(step)) {
      const maker = makers.get(name);
      if (maker !== undefined) phase = Math.max(phase, phases.get(maker)! + gap(inside, maker, step));
    }
    phases.set(step, phase);
  }
  return phases;
}

/** Moves every step to its first reader; a step outside attention only to where a piece runs anyway. */
function sink({ flow, inside }: PhaseRequest, phases: Phases, readers: Readers, pieces: ReadonlySet<number>): void {
  for (const step of flow.steps.toReversed()) {
    const writes = writesOf(step);
    if (writes.some((name) => flow.outputs.includes(name))) continue;
    let latest = Math.min(
      ...writes
        .flatMap((name) => readers.get(name) ?? [])
        .map((reader) => phases.get(reader)! - gap(inside, step, reader)),
    );
    if (isMain(inside, step)) while (!pieces.has(latest)) latest--;
    else latest = Math.max(phases.get(step)!, Math.min(latest, phaseSentOn(step, phases, readers)));
    phases.set(step, latest);
  }
}

/**
 * Phase in which the operands of a step inside a site are sent on: the step runs by then, since waiting would keep every chunk of a ring.
 */
function phaseSentOn(step: FlowStep, phases: Phases, readers: Readers): number {
  if (step.kind !== "local") return Infinity;
  const sent = readsOf(step).flatMap((name) => readers.get(name) ?? []);
  return Math.min(...sent.filter((reader) => reader.kind === "collective").map((reader) => phases.get(reader)!));
}

/** Moves a step back to its operands where they, kept only for it, are larger than its results. */
function raise(request: PhaseRequest, phases: Phases, readers: Readers, pieces: ReadonlySet<number>): void {
  const { flow, inside, bytesOf } = request;
  const makers = makersOf(flow.steps);
  for (const step of flow.steps) {
    const writes = writesOf(step);
    if (step.kind !== "local") continue;
    const latest = phases.get(step)!;
    const made = readsOf(step).filter((name) => makers.has(name));
    let early = Math.max(
      0,
      ...made.map((name) => phases.get(makers.get(name)!)! + gap(inside, makers.get(name)!, step)),
    );
    if (isMain(inside, step)) while (!pieces.has(early)) early++;
    const isKept = (name: string): boolean =>
      readers.get(name)!.every((reader) => reader === step || phases.get(reader)! <= early);
    if (early < latest && sum(made.filter(isKept).map(bytesOf)) >= sum(writes.map(bytesOf))) phases.set(step, early);
  }
}

function isMain(inside: PhaseRequest["inside"], step: FlowStep): boolean {
  return step.kind === "local" && !inside.has(step);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
