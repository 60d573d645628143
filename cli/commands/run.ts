/**
 * @file `run`: executes a program on its devices, writes the outputs, compares them with the unsplit model.
 */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { verifyMessages } from "../../compiler/diagnostics/catalog/verify.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic, Result } from "../../compiler/diagnostics/types.ts";
import type { CompiledProgram } from "../../program/types.ts";
import { encodeNpz, readNpz } from "../../ort/files/npz.ts";
import { OrtError } from "../../ort/session.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { launchOf } from "../../runtime/world/mpi/launch.ts";
import { writeAside } from "../files.ts";
import type { CommandIo, Io } from "../io.ts";
import type { CompileOptions } from "../options.ts";
import { type Outcome, outcome, UsageError } from "../outcome.ts";
import { withProgram } from "../run/program.ts";
import { startProgress } from "../print/progress.ts";
import { ended, type Step } from "../print/run-report.ts";
import { fromOutputs, toFeeds } from "../run/tensors.ts";
import { compareRuns } from "../run/compare.ts";
import { canonicalOutputs, unsplitSession } from "../run/unsplit.ts";

export interface RunOptions extends CompileOptions {
  readonly inputs: string;
  readonly outputs?: string;
  readonly verify?: boolean;
  readonly steps: number;
  /** Relative speeds of the ranks; `auto` measures them. */
  readonly shares?: readonly number[] | "auto";
  readonly world: "threads" | "mpi";
}

export async function run(target: string, options: RunOptions, io: CommandIo): Promise<Outcome> {
  const launch = options.world === "mpi" ? launchOf() : null;
  if (launch !== null && launch.rank > 0) return follow(target, options, io);
  // Always an archive, whatever the file extension.
  if (options.outputs !== undefined && !options.outputs.endsWith(".npz")) {
    throw new UsageError(`--outputs ${options.outputs} does not end in .npz, the format of the outputs`);
  }
  const inputs = await readNpz(options.inputs);
  if (!inputs.ok) return outcome(inputs.diagnostics);
  return withProgram(target, forJob(options), io, async (compiled, notes) => {
    const { outputs, steps, notes: attached } = await execute(compiled, inputs.value, options, io);
    const expected = options.verify ? await unsplit(compiled, inputs.value) : null;
    if (expected?.ok === false) return outcome([...notes, ...expected.diagnostics]);
    if (options.outputs !== undefined) await writeAside(options.outputs, encodeNpz(outputs), io.commit);
    const comparisons =
      expected === null ? null : await compareRuns(modelFile(compiled), inputs.value, outputs, expected.value);
    const all = [...notes, ...attached, ...(expected?.diagnostics ?? [])];
    return ended({ program: compiled.program, notes: all, outputs, steps, comparisons });
  });
}

/** Under MPI there is one device per process, unless the caller says more. */
function forJob(options: RunOptions): RunOptions {
  const size = options.world === "mpi" ? launchOf()?.size : null;
  const given = options.devices ?? options.config ?? options.ulyssesDegree ?? options.ringDegree ?? options.batchDegree;
  if (size === null || size === undefined || given !== undefined) return options;
  return { ...options, devices: Array.from({ length: size }, () => "cpu") };
}

/** A process that is not rank 0: takes part in all runs, and says nothing of what rank 0 says. */
async function follow(target: string, options: RunOptions, io: CommandIo): Promise<Outcome> {
  const ended = await withProgram(target, forJob(options), io, async (compiled) => {
    try {
      await takePart(compiled, options, io);
      return outcome([]);
    } catch (error) {
      // Rank 0 has the error as well, and the launcher takes the first exit code that is not 0.
      if (error instanceof ContextParallelError) return outcome([]);
      throw error;
    }
  });
  return { ...ended, text: "", beside: true };
}

async function takePart(compiled: CompiledProgram, { devices, shares, steps }: RunOptions, io: Io): Promise<void> {
  const session = await attach(compiled, { devices, shares, world: "mpi" });
  try {
    for (let i = 0; i < steps; i += 1) await session.run({}, { signal: io.signal });
  } finally {
    await session.release();
  }
}

interface Executed {
  readonly outputs: OrtTensors;
  readonly steps: readonly Step[];
  /** What the session says of itself. */
  readonly notes: readonly Diagnostic[];
}

async function execute(
  program: CompiledProgram,
  inputs: OrtTensors,
  { devices, shares, steps: count, world }: RunOptions,
  io: Io,
): Promise<Executed> {
  const session = await attach(program, { devices, shares, world });
  const total = program.program.steps.length;
  const progress = await startProgress(count === 1 ? "step" : "run", count === 1 ? total : count, io, count > 1);
  try {
    const steps: Step[] = [];
    let outputs: OrtTensors = {};
    for (let i = 0; i < count; i += 1) {
      const onProgress = ({ done }: { readonly done: number }): void =>
        count === 1 ? progress.update(done) : progress.update(i, `step ${done} of ${total}`);
      outputs = fromOutputs(await session.run(toFeeds(inputs), { signal: io.signal, onProgress }));
      const { milliseconds = 0, collectives = [] } = session.lastRun ?? {};
      if (count > 1) progress.update(i + 1);
      steps.push({ milliseconds, bytes: collectives.flatMap(({ bytes }) => bytes).reduce((a, b) => a + b, 0) });
    }
    return { outputs, steps, notes: session.notes };
  } finally {
    progress.stop();
    await session.release();
  }
}

function modelFile({ folder, program }: CompiledProgram): string {
  return resolve(folder, program.model.path);
}

/** The same inputs through the model that the program was compiled from. */
async function unsplit(compiled: CompiledProgram, inputs: OrtTensors): Promise<Result<OrtTensors>> {
  const file = modelFile(compiled);
  try {
    const session = await unsplitSession(file, availableParallelism());
    try {
      return { ok: true, value: await session.run(inputs), diagnostics: [] };
    } finally {
      await session.release();
    }
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    const value = await canonicalOutputs(file, inputs);
    if (value !== null)
      return { ok: true, value, diagnostics: [diagnose(verifyMessages.unsplitCanonical, { reason: error.message })] };
    return { ok: false, diagnostics: [diagnose(verifyMessages.unsplitFailed, { reason: error.message })] };
  }
}
