/**
 * @file Memory that one rank takes at every step of a program on the native backend. It follows what `runtime/rank` does: values live from
 * the step that makes them to the last that reads them, and what the next exchange sends lies in its outbox. Knows no process.
 */
import { evaluate, RANK } from "../compiler/expr/expr.ts";
import type { ElemType } from "../compiler/graph/types.ts";
import type { Lengths } from "../program/lengths.ts";
import { equalCut } from "../program/shares.ts";
import type { CollectiveStep, PieceStep, Program, ProgramStep } from "../program/types.ts";
import { placer } from "../runtime/collectives/placement.ts";
import type { Placement } from "../runtime/collectives/placement.ts";
import { flowOf } from "../runtime/rank/flow.ts";
import type { Flow } from "../runtime/rank/flow.ts";
import { integersOf } from "./executions.ts";
import type { Execution, ExecutionOf, Integers } from "./executions.ts";
import { bytesOf } from "./sizes.ts";
import type { TensorShape } from "./sizes.ts";
import { workOf } from "./work.ts";
import type { Work } from "./work.ts";

export interface RankMemory {
  /** Largest number of bytes of values at once, work inside pieces included; what lies in outboxes is not. */
  readonly peak: number;
  /** Index of the step with that peak. */
  readonly step: number;
  /** Values whose size is not known; they are not counted. */
  readonly unsized: readonly string[];
}

/** Memory under one or several names. */
interface Held {
  readonly shape: TensorShape | undefined;
  readonly bytes: number;
  names: number;
}

interface Walk {
  readonly integers: Integers;
  readonly executionOf: ExecutionOf;
  readonly placementOf: (step: CollectiveStep) => Placement;
  readonly flow: Flow;
  readonly rank: number;
  readonly held: Map<string, Held>;
  readonly unsized: Set<string>;
  live: number;
}

/** `executionOf` is the program's. */
export function rankMemory(program: Program, executionOf: ExecutionOf, lengths: Lengths, rank: number): RankMemory {
  const walk = newWalk(program, executionOf, lengths, rank);
  let [peak, at] = [0, 0];
  for (const [index, step] of program.steps.entries()) {
    const during = takeStep(walk, step, index);
    if (during > peak) [peak, at] = [during, index];
    drop(walk, step.frees);
  }
  return { peak, step: at, unsized: [...walk.unsized] };
}

function newWalk(program: Program, executionOf: ExecutionOf, lengths: Lengths, rank: number): Walk {
  const names = { ...lengths, [RANK]: rank };
  const place = placer(program.mesh, lengths, equalCut);
  const held = program.inputs.map(({ name, elem, dims }): readonly [string, Held] => {
    const shape = { elem: elem as ElemType, dims: dims.map((dim) => evaluate(dim, names)) };
    // The ranks read the caller's feeds in place.
    return [name, { shape, bytes: 0, names: 1 }];
  });
  return {
    integers: integersOf(program, lengths, rank),
    executionOf,
    placementOf: (step) => place(step, rank),
    flow: flowOf(program),
    rank,
    held: new Map(held),
    unsized: new Set(),
    live: 0,
  };
}

/** Makes the values of a step. Returns the bytes at its peak. */
function takeStep(walk: Walk, step: ProgramStep, index: number): number {
  if (step.kind === "piece") return runPiece(walk, step, index);
  if (step.kind === "hook") rename(walk, step.value, step.result);
  else receive(walk, step);
  return walk.live;
}

function runPiece(walk: Walk, step: PieceStep, index: number): number {
  const placed = new Set(
    Object.entries(step.outputs).flatMap(([inside, value]) => (isPlaced(walk, index, value) ? [inside] : [])),
  );
  const execution = walk.executionOf(step, (value) => walk.held.get(value)?.shape, walk.integers);
  if (execution === null) walk.unsized.add(step.piece);
  const { peak, unsized } = execution === null ? { peak: 0, unsized: [] } : worked(execution, placed);
  const during = walk.live + peak;
  for (const name of unsized) walk.unsized.add(name);
  for (const [inside, value] of Object.entries(step.outputs)) {
    const shape = execution?.outputs.get(inside);
    hold(walk, value, { shape, bytes: shape === undefined || placed.has(inside) ? 0 : bytesOf(shape), names: 0 });
  }
  return during;
}

/** Whether a value is made in the outbox, as `runtime/rank/execute.ts` decides. */
function isPlaced({ flow, placementOf }: Walk, index: number, value: string): boolean {
  const block = flow.blockOf(index, value);
  if (block === null) return false;
  const { sends } = placementOf(block.step);
  const send = sends.find(({ transfer, slot }) => transfer === block.transfer && slot === block.slot);
  return send !== undefined && send.to.length > 0 && send.bytes > 0;
}

/** What an execution takes; one that repeats is computed once. */
function worked(execution: Execution, placed: ReadonlySet<string>): Work {
  const { graph, shapes, works } = execution;
  const key = [...placed].join(" ");
  const work = works.get(key) ?? workOf(graph, shapes, placed);
  works.set(key, work);
  return work;
}

/** A block that arrives lies in its sender's outbox, unless it is used for longer than that keeps it; the own block stays where it is. */
function receive(walk: Walk, step: CollectiveStep): void {
  for (const { transfer, slot, from, sendSlot, dims } of walk.placementOf(step).receives) {
    const { send, receive: names, elem } = step.transfers[transfer]!;
    const name = names[slot]!;
    if (from === walk.rank) rename(walk, send[sendSlot]!, name);
    else {
      const shape = { elem: elem as ElemType, dims };
      hold(walk, name, { shape, bytes: walk.flow.outlives(name) ? bytesOf(shape) : 0, names: 0 });
    }
  }
}

function rename(walk: Walk, value: string, name: string): void {
  const held = walk.held.get(value);
  if (held === undefined) return;
  held.names += 1;
  walk.held.set(name, held);
}

function hold(walk: Walk, name: string, held: Held): void {
  held.names += 1;
  walk.held.set(name, held);
  walk.live += held.bytes;
}

function drop(walk: Walk, names: readonly string[]): void {
  for (const name of names) {
    const held = walk.held.get(name);
    walk.held.delete(name);
    if (held === undefined) continue;
    held.names -= 1;
    if (held.names === 0) walk.live -= held.bytes;
  }
}
