/**
 * @file `npm run soak:mpi [-- STEPS ATTACHES ABORTS]`: one rank of a job of two that does many steps, attaches many sessions and has many runs
 * aborted, and says what its process holds after a warm-up and at the end. Ends with 1 if anything has grown.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attach, ContextParallelError } from "../../index.ts";
import type { CompiledProgram, Session } from "../../index.ts";
import { usage } from "./usage.ts";
import { compiled, schemes, stepper } from "./work.ts";

const [steps = 5_000, attaches = 200, aborts = 200] = process.argv.slice(2).map(Number);

/** The part of the work that is the warm-up. */
const WARM_UP = 0.2;
/** What memory may grow by, MiB: heaps of threads are collected when V8 likes. */
const NOISE_MIB = 24;
/** Of each aborted run, KiB: MPI keeps the communicator over which messages may still be on their way, and what belongs to it. */
const ABORT_KIB = 64;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const pair = (before: number, after: number): string => `${Math.round(before)}, ${Math.round(after)}`;

/** `allowed`: MiB that memory may grow by. */
async function soak(
  rank: number,
  name: string,
  times: number,
  allowed: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const warm = Math.ceil(times * WARM_UP);
  for (let i = 0; i < warm; i++) await work(i);
  const before = await usage();
  const begun = performance.now();
  for (let i = warm; i < times; i++) await work(i);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const after = await usage();
  const grown =
    after.memory - before.memory > allowed || after.handles > before.handles || after.threads > before.threads;
  if (grown) process.exitCode = 1;
  const held = [
    pair(before.memory, after.memory),
    pair(before.handles, after.handles),
    pair(before.threads, after.threads),
  ];
  print(`| ${[name, rank, times, seconds, ...held].join(" | ")} |${grown ? " GROWN" : ""}`);
}

type Step = ReturnType<typeof stepper>;

async function abortedRun(session: Session, step: Step, index: number): Promise<void> {
  const stop = new AbortController();
  // From before the first step to the last ones of the run.
  if (session.rank === 0) setTimeout(() => stop.abort(), index % 6);
  try {
    await step({ signal: stop.signal });
  } catch (error) {
    if (!(error instanceof ContextParallelError) || error.code !== "CP6509") throw error;
  }
}

async function main(program: CompiledProgram): Promise<void> {
  const options = { world: "mpi" } as const;
  const session = await attach(program, options);
  const { rank } = session;
  if (rank === 0)
    print("| work | rank | times | s | MiB resident: warm, end | handles | threads |\n|---|---|---|---|---|---|---|");
  const step = stepper(program, session);
  await soak(rank, "steps", steps, NOISE_MIB, () => step());
  const allowed = NOISE_MIB + (aborts * ABORT_KIB) / 1024;
  await soak(rank, "aborted run, a step", aborts, allowed, async (index) => {
    await abortedRun(session, step, index);
    await step();
  });
  await session.release();
  await soak(rank, "attach, a step, release", attaches, NOISE_MIB, async () => {
    const other = await attach(program, options);
    await stepper(program, other)();
    await other.release();
  });
}

const folder = mkdtempSync(join(tmpdir(), "soak-"));
try {
  await main(await compiled(schemes["ulysses"]!, join(folder, "program")));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
