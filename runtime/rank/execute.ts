/**
 * @file One run of a program on one rank: the steps in order over a table of values. Knows no thread, no message and no file.
 */
import type { HookStep, PieceStep, Program, ProgramStep } from "../../program/types.ts";
import { OrtError } from "../../ort/session.ts";
import type { OrtTensor } from "../../ort/session.ts";
import type { OrtValues, Runner } from "../../ort/values.ts";
import { exchange } from "../collectives/exchange.ts";
import { faultOf } from "./fault.ts";
import type { Derived } from "./derived.ts";
import type { Flow } from "./flow.ts";
import type { Handlers } from "./handlers.ts";
import type { Pieces } from "./pieces.ts";
import type { Results } from "./results.ts";
import type { ValueTable } from "./table.ts";
import { tensorOf } from "../tensor.ts";
import { RunAborted } from "../world/world.ts";
import type { Announce, World } from "../world/world.ts";

/** What a rank brings to a run. */
export interface Execution {
  readonly program: Program;
  readonly flow: Flow;
  readonly world: World;
  readonly pieces: Pieces;
  readonly handlers: Handlers;
  readonly derived: Derived;
  readonly announce: Announce;
  /** Holds the feeds and the derived integers before, and what the steps have left after it. */
  readonly table: ValueTable;
  readonly results: Results;
  /** Called after every step with the number of steps done. */
  readonly onStep: (done: number) => void;
}

/** Milliseconds of each step, waits included. Throws `ContextParallelError` that names rank, step and module, or `RunAborted`. */
export async function execute(execution: Execution): Promise<readonly number[]> {
  const { program, world, table, announce, onStep } = execution;
  const times: number[] = [];
  for (const [index, step] of program.steps.entries()) {
    announce(index);
    world.check();
    const started = performance.now();
    try {
      await runStep(execution, step, index);
    } catch (error) {
      // A native call that was interrupted fails with words of its own.
      world.check();
      throw error instanceof RunAborted ? error : faultOf(program, world.rank, index, error);
    }
    table.drop(step.frees);
    times.push(performance.now() - started);
    onStep(index + 1);
  }
  return times;
}

async function runStep(execution: Execution, step: ProgramStep, index: number): Promise<void> {
  if (step.kind === "piece") return runPiece(execution, step, index);
  if (step.kind === "hook") return runHook(execution, step);
  const { world, derived, flow, table, pieces } = execution;
  const { hold, inPlace } = pieces.values;
  const keep = (name: string): boolean => !inPlace || flow.outlives(name);
  return exchange(world, step, derived.placement(step), { table, hold, keep });
}

async function runPiece(execution: Execution, step: PieceStep, index: number): Promise<void> {
  const { pieces, table } = execution;
  const runner = pieces.runners.get(step.piece);
  if (runner === undefined) throw new Error(`the program has no piece ${step.piece}`);
  const feeds = Object.fromEntries(Object.entries(step.inputs).map(([name, value]) => [name, table.get(value)]));
  const outputs = Object.entries(step.outputs).map(
    ([name, value]) => [name, placeOf(execution, index, value)] as const,
  );
  const results = await runInto(execution, runner, feeds, Object.fromEntries(outputs));
  for (const [name, value] of Object.entries(step.outputs)) {
    const result = results[name];
    if (result === undefined) throw new Error(`the piece ${step.piece} gave no output ${name}`);
    table.set(value, result);
  }
}

type Places = Readonly<Record<string, OrtTensor | null>>;

/** An output that does not fit its place comes in memory of its own: the exchange then says what is wrong with it. */
async function runInto({ world }: Execution, runner: Runner, feeds: OrtValues, outputs: Places): Promise<OrtValues> {
  try {
    return await runner.run(feeds, outputs);
  } catch (error) {
    world.check();
    const placed = Object.values(outputs).some((place) => place !== null);
    if (!(error instanceof OrtError) || !placed) throw error;
    return runner.run(feeds, Object.fromEntries(Object.keys(outputs).map((name) => [name, null])));
  }
}

/** Where the value may be made at once: where the next exchange would copy it to, or the memory of an output. */
function placeOf({ world, flow, derived, pieces, results }: Execution, index: number, value: string): OrtTensor | null {
  if (!pieces.values.inPlace) return null;
  const block = flow.blockOf(index, value);
  if (block === null) return results.placeOf(value);
  const { sends } = derived.placement(block.step);
  const send = sends.find(({ transfer, slot }) => transfer === block.transfer && slot === block.slot);
  if (send === undefined || send.to.length === 0 || send.bytes === 0) return null;
  const bytes = world.outgoing(send.offset, send.bytes);
  return bytes === null ? null : tensorOf(block.step.transfers[block.transfer]!.elem, send.dims, bytes);
}

async function runHook({ handlers, table, pieces, world }: Execution, step: HookStep): Promise<void> {
  const value = table.get(step.value);
  const tensor = value.tensor();
  const result = await handlers.apply(step, tensor, () => world.check());
  table.set(step.result, result === tensor ? value : pieces.values.hold(result));
}
