/**
 * @file One run of a program on one rank: the steps in order over a map of values. Knows no thread, no message and no file.
 */
import type { HookStep, PieceStep, Program, ProgramStep } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { exchange } from "../collectives/exchange.ts";
import { faultOf } from "./fault.ts";
import type { Derived } from "./derived.ts";
import type { Handlers } from "./handlers.ts";
import type { Pieces } from "./pieces.ts";
import { RunAborted } from "../world/world.ts";
import type { Announce, World } from "../world/world.ts";

/** What a rank brings to a run. */
export interface Execution {
  readonly program: Program;
  readonly world: World;
  readonly pieces: Pieces;
  readonly handlers: Handlers;
  readonly derived: Derived;
  readonly feeds: ReadonlyMap<string, OrtTensor>;
  readonly announce: Announce;
  /** Called after every step with the number of steps done. */
  readonly onStep: (done: number) => void;
}

export interface ExecutionResult {
  /** Every value that the steps left, the program's outputs among them. */
  readonly values: ReadonlyMap<string, OrtTensor>;
  /** Milliseconds of each step, waits included. */
  readonly times: readonly number[];
}

/** Throws `ContextParallelError` with one diagnostic that names rank, step and module, or `RunAborted`. */
export async function execute(execution: Execution): Promise<ExecutionResult> {
  const { program, world, derived, feeds, announce, onStep } = execution;
  const values = new Map<string, OrtTensor>([...derived.integers, ...feeds]);
  const times: number[] = [];
  for (const [index, step] of program.steps.entries()) {
    announce(index);
    world.check();
    const started = performance.now();
    try {
      await runStep(execution, step, values);
    } catch (error) {
      throw error instanceof RunAborted ? error : faultOf(program, world.rank, index, error);
    }
    for (const name of step.frees) values.delete(name);
    times.push(performance.now() - started);
    onStep(index + 1);
  }
  return { values, times };
}

async function runStep(execution: Execution, step: ProgramStep, values: Map<string, OrtTensor>): Promise<void> {
  if (step.kind === "piece") return runPiece(execution, step, values);
  if (step.kind === "exchange") return exchange(execution.world, step, execution.derived.placement(step), values);
  return runHook(execution, step, values);
}

async function runPiece({ pieces }: Execution, step: PieceStep, values: Map<string, OrtTensor>): Promise<void> {
  const session = pieces.get(step.piece);
  if (session === undefined) throw new Error(`the program has no piece ${step.piece}`);
  const feeds = Object.entries(step.inputs).map(([name, value]): [string, OrtTensor] => [name, valueOf(values, value)]);
  const results = await session.run(Object.fromEntries(feeds), Object.keys(step.outputs));
  for (const [name, value] of Object.entries(step.outputs)) {
    const result = results[name];
    if (result === undefined) throw new Error(`the piece ${step.piece} gave no output ${name}`);
    values.set(value, result);
  }
}

async function runHook({ handlers, world }: Execution, step: HookStep, values: Map<string, OrtTensor>): Promise<void> {
  values.set(step.result, await handlers.apply(step, valueOf(values, step.value), () => world.check()));
}

function valueOf(values: ReadonlyMap<string, OrtTensor>, name: string): OrtTensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the value ${name} does not exist at this step`);
  return value;
}
