/**
 * @file How sides are measured: each alone for its memory, then all in turn for their time, then the operators of each. Knows neither
 * plans nor what is printed.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { OrtTensors } from "../../ort/types.ts";
import { watchMemory } from "./memory.ts";
import type { OperatorTime } from "./operators.ts";
import { startSide } from "./sides/process.ts";
import type { RunningSide, Side } from "./sides/process.ts";
import type { Ran, Started } from "./sides/protocol.ts";

/** Runs of a side alone: the first takes most of the memory, a later one may still add some. */
const RUNS_ALONE = 3;
/** Between two runs: the threads of a session look for work for some milliseconds after it. */
const PAUSE_MS = 20;

/** A side without company. */
export interface Alone {
  readonly started: Started;
  readonly first: Ran;
  /** Peaks in bytes; the proportional set is known on Linux only. */
  readonly memory: { readonly resident: number; readonly proportional: number | null };
  readonly outputs: OrtTensors;
}

type Progress = (what: string) => void;

export async function measureAlone(side: Side, signal: AbortSignal): Promise<Alone> {
  const running = await startSide(side, signal);
  const watch = watchMemory(running.pid);
  try {
    const first = await running.run(true);
    let last = first;
    for (let i = 1; i < RUNS_ALONE; i += 1) last = await running.run();
    const { resident, proportional } = watch.peak();
    // On Linux a process also inherits the largest resident set of its parent, so that its own account is not used there.
    const memory = { resident: resident ?? last.resident, proportional };
    return { started: running.started, first, memory, outputs: first.outputs };
  } finally {
    watch.stop();
    await running.stop();
  }
}

/** The runs of every side, by side and round. Each side runs once before the first round. */
export async function measureInTurn(
  sides: readonly Side[],
  rounds: number,
  signal: AbortSignal,
  progress: Progress = () => undefined,
): Promise<readonly (readonly Ran[])[]> {
  const running: RunningSide[] = [];
  try {
    for (const side of sides) {
      const started = await startSide(side, signal);
      running.push(started);
      await started.run();
    }
    const runs: Ran[][] = sides.map(() => []);
    for (let round = 1; round <= rounds; round += 1) {
      for (const [i, side] of running.entries()) {
        await pause(PAUSE_MS);
        runs[i]!.push(await side.run());
      }
      progress(`round ${round} of ${rounds}`);
    }
    return runs;
  } finally {
    await Promise.all(running.map((side) => side.stop()));
  }
}

/** The operators of one run of a side, in a process of its own; `folder` holds its profiles meanwhile. */
export async function measureOperators(
  side: Side,
  folder: string,
  signal: AbortSignal,
): Promise<readonly OperatorTime[]> {
  const profile = join(folder, "profile");
  mkdirSync(profile);
  try {
    const running = await startSide({ ...side, config: { ...side.config, profile } }, signal);
    try {
      return await running.profile();
    } finally {
      await running.stop();
    }
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
