/**
 * @file Attaches a compiled program to devices: starts one rank per device, loads the pieces, and gives the session. All or nothing.
 */
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { programMessages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { attachCall, checkOptions, wrongArgument } from "./check-options.ts";
import { keepTelemetryOff } from "../../ort/telemetry.ts";
import { ranksOf } from "../../program/mesh.ts";
import { describeValue, isRecord } from "../describe.ts";
import { lateStart } from "./late.ts";
import { checkProgramFiles } from "../load/load.ts";
import { findModel } from "../load/model-files.ts";
import { checkCompiledProgram } from "../contract/document.ts";
import { watchEnd } from "./run-options.ts";
import { createSession } from "./session.ts";
import type { Session } from "./session.ts";
import { dropFolder, holdFolder } from "./temporary.ts";
import type { Crew, Round } from "../world/crew.ts";
import { startThreads } from "../world/threads/crew.ts";
import type { SetupOf } from "../world/threads/crew.ts";

export interface AttachOptions {
  /** One per rank, in order of rank: `cpu`, `cuda:0`, ...; default N times `cpu`. */
  readonly devices?: readonly string[] | undefined;
  /** Bounds the start, and then each run that gives none itself. `undefined` and `Infinity` are none. */
  readonly deadlineMs?: number | undefined;
  readonly backend?: "binding" | undefined;
}

/** How long ranks may take to stop after a run has ended for its caller, before they are given up. */
const GRACE_MS = 5_000;

/** Throws `ContextParallelError`; then nothing is left running, but for a rank inside ONNX Runtime at the deadline: it ends after. */
export async function attach(compiled: CompiledProgram, options: AttachOptions = {}): Promise<Session> {
  return attachWithGrace(compiled, options, GRACE_MS);
}

/** `attach` for tests that do not want to wait so long. */
export async function attachWithGrace(
  compiled: CompiledProgram,
  options: AttachOptions,
  graceMs: number,
): Promise<Session> {
  const misused = [...checkCompiled(compiled), ...checkOptions(attachCall, options)];
  if (misused.length > 0) throw new ContextParallelError(misused);
  const { program } = compiled;
  const size = ranksOf(program.mesh);
  const devices = options.devices ?? Array.from({ length: size }, () => "cpu");
  const wrong = checkDevices(program, devices, options.backend);
  if (wrong.length > 0) throw new ContextParallelError(wrong);
  // Between the compilation, or the loading, and now any file may have changed.
  const changed = await checkProgramFiles(compiled);
  if (changed.length > 0) throw new ContextParallelError(changed);
  const setupOf = await setups(compiled, devices);
  // A rank may be the first to load onnxruntime, and its thread cannot change the environment of the process.
  await keepTelemetryOff();
  const { crew, started } = startThreads(size, setupOf, graceMs);
  await startedBy(options.deadlineMs, program, crew, started);
  holdFolder(compiled);
  return createSession(program, crew, { deadlineMs: options.deadlineMs, onRelease: async () => dropFolder(compiled) });
}

/** Until all ranks have started; else ends them. */
async function startedBy(deadlineMs: number | undefined, program: Program, crew: Crew, started: Round): Promise<void> {
  let late = false;
  const overdue = (milliseconds: number): Diagnostic => lateStart(program, milliseconds, started.late());
  const stop = watchEnd({ deadlineMs }, overdue, (error) => {
    late = true;
    started.cancel(error);
  });
  try {
    await started.reports;
  } catch (error) {
    const ended = crew.end();
    // A rank inside native code cannot be ended before that returns, which may take longer than the caller has.
    if (!late) await ended;
    throw error;
  } finally {
    stop();
  }
}

/** A program of `compilePlan` or `loadProgram`; often the whole result is given in its place. */
function checkCompiled(compiled: unknown): readonly Diagnostic[] {
  const { folder, program, files } = isRecord(compiled) ? compiled : {};
  if (typeof folder === "string" && isRecord(program) && isRecord(files)) {
    return checkCompiledProgram(join(folder, "program.json"), program, files);
  }
  const isResult = isRecord(compiled) && "ok" in compiled;
  const actual = isResult ? "a result of compilePlan or loadProgram" : describeValue(compiled);
  return [wrongArgument(attachCall, "the first argument", "the program of a successful result", actual)];
}

/** What is wrong with the number of devices. */
export function countDevices(program: Program, devices: readonly string[]): readonly Diagnostic[] {
  const { ring_degree: ring, ulysses_degree: ulysses } = program.mesh;
  const mesh = `ring ${ring} x ulysses ${ulysses}`;
  const params = { expected: ranksOf(program.mesh), actual: devices.length, mesh };
  return devices.length === params.expected ? [] : [diagnose(runtimeMessages.devices, params)];
}

function checkDevices(
  program: Program,
  devices: readonly string[],
  backend: string | undefined,
): readonly Diagnostic[] {
  return [
    ...countDevices(program, devices),
    ...(backend === undefined || backend === "binding" ? [] : [diagnose(runtimeMessages.backend, { name: backend })]),
  ];
}

async function setups({ program, folder, files }: CompiledProgram, devices: readonly string[]): Promise<SetupOf> {
  const cores = availableParallelism();
  const size = devices.length;
  const modelFolder = await weightsFolder(program, folder);
  const threads = Math.max(1, Math.floor(cores / size));
  return (rank, control) => ({
    rank,
    size,
    program,
    pieces: { folder, files, modelFolder, device: devices[rank] ?? "cpu", threads },
    control,
    spin: size <= cores,
  });
}

async function weightsFolder(program: Program, folder: string): Promise<string | null> {
  if (program.pieces.every(({ weights }) => weights !== "model")) return null;
  const files = await findModel(program, folder);
  if (files !== null) return files.weights;
  throw new ContextParallelError([
    diagnose(programMessages.modelMissing, { model: resolve(folder, program.model.path) }),
  ]);
}
