/**
 * @file What the launcher of a job says to its processes, which it does through the environment, and a process to the launcher when it exits
 * before it has started the library. Knows no library.
 */
import { writeSync } from "node:fs";
import { flavours } from "./library/flavours.ts";
import type { Flavour } from "./library/flavours.ts";

export interface Launch {
  /** Whose launcher started this process. */
  readonly flavour: Flavour;
  readonly rank: number;
  /** How many processes it started; `null` where it does not say. */
  readonly size: number | null;
  /** File over which the process manager hears from this process before the library is started; `null` where there is none. */
  readonly control: number | null;
}

/** `null` where no launcher of MPI started this process. */
export function launchOf(environment: NodeJS.ProcessEnv = process.env): Launch | null {
  for (const flavour of flavours) {
    const rank = numberIn(environment, flavour.rank);
    const [size, control] = [numberIn(environment, flavour.size), numberIn(environment, flavour.control)];
    if (rank !== null) return { flavour, rank, size, control };
  }
  return null;
}

function numberIn(environment: NodeJS.ProcessEnv, names: readonly string[]): number | null {
  const texts = names.flatMap((name) => environment[name] ?? []);
  return texts[0] === undefined || !/^\d+$/.test(texts[0]) ? null : Number(texts[0]);
}

let end: ((code: number) => void) | undefined;

/**
 * Has the exit of this process end the job from now on: the others wait for it in the start of the library, and not every launcher notices.
 * Does nothing in later calls.
 */
export function promiseStart(): void {
  const launch = launchOf();
  if (end !== undefined || launch === null) return;
  end = (code) => endJob(launch, code);
  process.on("exit", end);
}

/** The library has started, or cannot be started on any rank. */
export function startIsOver(): void {
  if (end !== undefined) process.off("exit", end);
}

function endJob({ control }: Launch, code: number): void {
  // It has not done its part, whatever its script says; Open MPI's launcher looks at the code.
  process.exitCode = code === 0 ? 1 : code;
  if (control === null) return;
  try {
    // The process manager ends the job, also where it does not know yet that the process is of MPI.
    writeSync(control, `cmd=abort exitcode=${process.exitCode}\n`);
  } catch {
    // There is no manager any more, and nobody who waits.
  }
}
