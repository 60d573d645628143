/**
 * @file What every world needs to start the ranks of a process: their pieces, and patience up to a deadline. Knows no transport.
 */
import { resolve } from "node:path";
import { programMessages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { ranksOf } from "../../program/mesh.ts";
import type { Shares } from "../../program/shares.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { lateStart } from "../caller/late.ts";
import { watchEnd } from "../caller/run-options.ts";
import type { Limits } from "../caller/run-options.ts";
import { checkProgramFiles } from "../load/load.ts";
import { findModel } from "../load/model-files.ts";
import { weightFilesOf } from "../load/weight-files.ts";
import type { WeightFiles } from "../load/weight-files.ts";
import { dealtBy, lengthsToMeasure, type Dealt } from "../measure.ts";
import type { Crew, Round } from "../world/crew.ts";
import { startEngine } from "./engine.ts";
import type { Backend, Engine, EngineOptions } from "./engine.ts";
import type { SessionChoice } from "./session-options.ts";

/** What `attach` was given, checked. */
export interface Attached {
  readonly compiled: CompiledProgram;
  /** One per rank. */
  readonly devices: readonly string[];
  readonly shares: Shares | "auto";
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly backend: Backend | undefined;
  readonly session: SessionChoice;
  /** The script that ranks start from, where the caller names one. */
  readonly worker: URL | undefined;
  /** How long ranks may take to stop after a run has ended for its caller, before they are given up. */
  readonly graceMs: number;
}

export interface StartLimit extends Limits {
  /** By `performance.now()`. */
  readonly begun: number;
}

/** What is left of the time, at least a moment. */
export function timeLeft({ deadlineMs = Infinity, begun }: StartLimit): number {
  return Math.max(1, begun + deadlineMs - performance.now());
}

/** The pieces of ranks on these devices, unless that takes longer than the caller has; what comes later is given back. */
export function engineBy(limit: StartLimit, program: Program, work: () => Promise<Engine>): Promise<Engine> {
  return new Promise((resolve, reject) => {
    let late = false;
    const ranks = Array.from({ length: ranksOf(program.mesh) }, (_, rank) => ({ rank, index: null }));
    const overdue = (): Diagnostic => lateStart(program, limit.deadlineMs ?? Infinity, ranks);
    const stop = watchEnd({ deadlineMs: timeLeft(limit), signal: limit.signal }, overdue, (error) => {
      late = true;
      reject(error);
    });
    if (late) return stop();
    const ended = (act: () => void): void => {
      stop();
      act();
    };
    work().then(
      (engine) => ended(() => (late ? engine.release() : resolve(engine))),
      (error: unknown) => ended(() => reject(error as Error)),
    );
  });
}

/** What the whole job has to do before this process has anything to load, unless that takes longer than the caller has. */
export function before<T>(limit: StartLimit, program: Program, work: Promise<T>): Promise<T> {
  const ranks = Array.from({ length: ranksOf(program.mesh) }, (_, rank) => ({ rank, index: null }));
  const ms = limit.deadlineMs ?? Infinity;
  return new Promise((resolve, reject) => {
    const limits = { deadlineMs: timeLeft(limit), signal: limit.signal };
    const stop = watchEnd(limits, () => lateStart(program, ms, ranks), reject);
    work.then(resolve, reject).finally(stop);
  });
}

type Reports = Awaited<Round["reports"]>;

/** Until all ranks have started, or measured themselves; else ends them. */
export async function startedBy(limit: StartLimit, program: Program, crew: Crew, started: Round): Promise<Reports> {
  let late = false;
  const overdue = (): Diagnostic => lateStart(program, limit.deadlineMs ?? Infinity, started.late());
  const stop = watchEnd({ deadlineMs: timeLeft(limit), signal: limit.signal }, overdue, (error) => {
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

/** Has all ranks measure themselves at once. */
export async function measured(limit: StartLimit, program: Program, crew: Crew, started: Round): Promise<Dealt> {
  const lengths = lengthsToMeasure(program);
  if (lengths === null) return dealtBy(null);
  await started.settled;
  const round = crew.ask({ kind: "measure", lengths });
  const reports = await startedBy(limit, program, crew, round);
  await round.settled;
  return dealtBy(reports.flatMap((report) => report?.times ?? []));
}

/**
 * Between the compilation, or the loading, and now any file may have changed. Gives the files of weights as they are. Throws
 * `ContextParallelError`.
 */
export async function checkFiles(compiled: CompiledProgram): Promise<WeightFiles> {
  const weights = await weightFilesOf(compiled);
  const changed = await checkProgramFiles(compiled);
  if (changed.length > 0) throw new ContextParallelError(changed);
  return weights;
}

/** Ends a crew whose sessions hold other files than were checked. Throws `ContextParallelError`. */
export async function refuseMoved(weights: WeightFiles, crew: Crew): Promise<void> {
  const moved = weights.beforeUse();
  if (moved.length === 0) return;
  await crew.end();
  throw new ContextParallelError(moved);
}

/** The engine of ranks on these devices, each with so many threads. */
export async function engineFor(
  { program, folder, files }: CompiledProgram,
  options: Pick<EngineOptions, "devices" | "threads" | "backend"> & { readonly session: SessionChoice },
): Promise<Engine> {
  const modelFolder = await weightsFolder(program, folder);
  const { threads: _, ...session } = options.session;
  return startEngine(program, { ...options, folder, files, modelFolder, session });
}

async function weightsFolder(program: Program, folder: string): Promise<string | null> {
  if (program.pieces.every(({ weights }) => weights !== "model")) return null;
  const files = await findModel(program, folder);
  if (files !== null) return files.weights;
  throw new ContextParallelError([
    diagnose(programMessages.modelMissing, { model: resolve(folder, program.model.path) }),
  ]);
}
