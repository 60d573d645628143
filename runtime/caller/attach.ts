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
import { checkNames } from "../../ort/devices/names.ts";
import { keepTelemetryOff } from "../../ort/telemetry.ts";
import { BACKEND_VARIABLE, preferredBackend } from "../../ort/process.ts";
import { meshText, ranksOf } from "../../program/mesh.ts";
import { checkShares } from "../../program/shares.ts";
import { describeValue, isRecord } from "../describe.ts";
import { BACKENDS, startEngine } from "./engine.ts";
import type { Backend, Engine } from "./engine.ts";
import { lateStart } from "./late.ts";
import { checkProgramFiles } from "../load/load.ts";
import { findModel } from "../load/model-files.ts";
import { checkCompiledProgram } from "../contract/document.ts";
import { dealtBy, lengthsToMeasure, type Dealt } from "../measure.ts";
import { watchEnd } from "./run-options.ts";
import { createSession } from "./session.ts";
import type { Session } from "./session.ts";
import { dropFolder, holdFolder } from "./temporary.ts";
import type { Crew, Round } from "../world/crew.ts";
import { startThreads } from "../world/threads/crew.ts";
import type { SetupOf } from "../world/threads/crew.ts";

export interface AttachOptions {
  /** One per rank, in order of rank: `cpu`, `webgpu`, `cuda:0`, ... (docs/devices.md); default N times `cpu`. */
  readonly devices?: readonly string[] | undefined;
  /**
   * The relative speed of each rank, in order of rank, positive: every length that the plan splits, and the heads, are dealt in proportion.
   * `auto` measures all ranks once, with the piece that has the most weights; `session.shares` and a note say what follows. Default: equal.
   */
  readonly shares?: readonly number[] | "auto" | undefined;
  /** Bounds the start, and then each run that gives none itself. `undefined` and `Infinity` are none. */
  readonly deadlineMs?: number | undefined;
  /**
   * `native`: sessions that all ranks share, through ONNX Runtime's C interface, on CPU; `binding`: sessions of each rank, through
   * onnxruntime-node. Default: the environment variable `ONNX_CP_BACKEND`, else `native` where it can be used.
   */
  readonly backend?: Backend | undefined;
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
  const backend = options.backend ?? preferredBackend();
  const { shares = null } = options;
  const wrong = [
    ...checkDevices(program, devices, backend),
    ...(shares === null || shares === "auto" ? [] : checkShares(program.mesh, shares)),
  ];
  if (wrong.length > 0) throw new ContextParallelError(wrong);
  // Between the compilation, or the loading, and now any file may have changed.
  const changed = await checkProgramFiles(compiled);
  if (changed.length > 0) throw new ContextParallelError(changed);
  // A rank may be the first to load onnxruntime, and its thread cannot change the environment of the process.
  await keepTelemetryOff();
  const { deadlineMs } = options;
  const begun = performance.now();
  const engine = await engineBy(deadlineMs, program, engineFor(compiled, devices, backend as Backend | undefined));
  const { crew, started } = startThreads(size, setups(program, engine), engine, graceMs);
  const limit = { deadlineMs, begun };
  await startedBy(limit, program, crew, started);
  const dealt = shares === "auto" ? await measured(limit, program, crew, started) : { shares, notes: [] };
  holdFolder(compiled);
  return createSession(program, crew, {
    engine: { backend: engine.backend, notes: [...engine.notes, ...dealt.notes] },
    shares: dealt.shares,
    deadlineMs,
    onRelease: async () => dropFolder(compiled),
  });
}

/** Has all ranks measure themselves at once. */
async function measured(limit: StartLimit, program: Program, crew: Crew, started: Round): Promise<Dealt> {
  const lengths = lengthsToMeasure(program);
  if (lengths === null) return dealtBy(null);
  await started.settled;
  const round = crew.ask({ kind: "measure", lengths });
  const reports = await startedBy(limit, program, crew, round);
  await round.settled;
  return dealtBy(reports.flatMap((report) => report?.times ?? []));
}

/** The pieces of all ranks, unless that takes longer than the caller has; what comes later is given back. */
function engineBy(deadlineMs: number | undefined, program: Program, work: Promise<Engine>): Promise<Engine> {
  return new Promise((resolve, reject) => {
    let late = false;
    const ranks = Array.from({ length: ranksOf(program.mesh) }, (_, rank) => ({ rank, index: null }));
    const overdue = (milliseconds: number): Diagnostic => lateStart(program, milliseconds, ranks);
    const stop = watchEnd({ deadlineMs }, overdue, (error) => {
      late = true;
      reject(error);
    });
    const ended = (act: () => void): void => {
      stop();
      act();
    };
    work.then(
      (engine) => ended(() => (late ? engine.release() : resolve(engine))),
      (error: unknown) => ended(() => reject(error as Error)),
    );
  });
}

type Reports = Awaited<Round["reports"]>;

interface StartLimit {
  readonly deadlineMs: number | undefined;
  /** By `performance.now()`. */
  readonly begun: number;
}

/** Until all ranks have started, or measured themselves; else ends them. */
async function startedBy(limit: StartLimit, program: Program, crew: Crew, started: Round): Promise<Reports> {
  const { deadlineMs = Infinity, begun } = limit;
  const left = Math.max(1, begun + deadlineMs - performance.now());
  let late = false;
  const overdue = (): Diagnostic => lateStart(program, deadlineMs, started.late());
  const stop = watchEnd({ deadlineMs: left }, overdue, (error) => {
    late = true;
    started.cancel(error);
  });
  try {
    return await started.reports;
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
  const params = { expected: ranksOf(program.mesh), actual: devices.length, mesh: meshText(program.mesh) };
  return devices.length === params.expected ? [] : [diagnose(runtimeMessages.devices, params)];
}

function checkDevices(
  program: Program,
  devices: readonly string[],
  backend: string | undefined,
): readonly Diagnostic[] {
  const known = backend === undefined || (BACKENDS as readonly string[]).includes(backend);
  return [
    ...countDevices(program, devices),
    ...checkNames(devices),
    ...(known ? [] : [diagnose(runtimeMessages.backend, { name: backend, variable: BACKEND_VARIABLE })]),
  ];
}

async function engineFor(
  { program, folder, files }: CompiledProgram,
  devices: readonly string[],
  backend: Backend | undefined,
): Promise<Engine> {
  const modelFolder = await weightsFolder(program, folder);
  const threads = Math.max(1, Math.floor(availableParallelism() / devices.length));
  return startEngine(program, { folder, files, modelFolder, devices, threads, backend });
}

function setups(program: Program, engine: Engine): SetupOf {
  const size = ranksOf(program.mesh);
  const spin = size <= availableParallelism();
  return (rank, control) => ({ rank, size, program, pieces: engine.settingsOf(rank), control, spin });
}

async function weightsFolder(program: Program, folder: string): Promise<string | null> {
  if (program.pieces.every(({ weights }) => weights !== "model")) return null;
  const files = await findModel(program, folder);
  if (files !== null) return files.weights;
  throw new ContextParallelError([
    diagnose(programMessages.modelMissing, { model: resolve(folder, program.model.path) }),
  ]);
}
