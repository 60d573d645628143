/**
 * @file Attaches a compiled program to devices: starts one rank per device, loads the pieces, and gives the session. All or nothing.
 */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { programMessages } from "../../compiler/diagnostics/catalog/program.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { ranksOf } from "../../program/mesh.ts";
import { findModel } from "../load/model-files.ts";
import { createSession } from "./session.ts";
import type { Session } from "./session.ts";
import { dropFolder, holdFolder } from "./temporary.ts";
import { startThreads } from "../world/threads/crew.ts";
import type { SetupOf } from "../world/threads/crew.ts";

export interface AttachOptions {
  /** One per rank, in order of rank: `cpu`, `cuda:0`, ...; default N times `cpu`. */
  readonly devices?: readonly string[] | undefined;
  /** For runs that give none of their own. */
  readonly deadlineMs?: number | undefined;
  readonly backend?: "binding" | undefined;
}

/** How long ranks may take to stop after a run has ended for its caller, before they are given up. */
const GRACE_MS = 5_000;

/** Throws `ContextParallelError`; then nothing is left running. */
export async function attach(compiled: CompiledProgram, options: AttachOptions = {}): Promise<Session> {
  return attachWithGrace(compiled, options, GRACE_MS);
}

/** `attach` for tests that do not want to wait so long. */
export async function attachWithGrace(
  compiled: CompiledProgram,
  options: AttachOptions,
  graceMs: number,
): Promise<Session> {
  const { program } = compiled;
  const size = ranksOf(program.mesh);
  const devices = options.devices ?? Array.from({ length: size }, () => "cpu");
  const wrong = checkOptions(program, devices, options.backend);
  if (wrong.length > 0) throw new ContextParallelError(wrong);
  const setupOf = await setups(compiled, devices);
  const { crew, started } = startThreads(size, setupOf, graceMs);
  try {
    await started.reports;
  } catch (error) {
    await crew.end();
    throw error;
  }
  holdFolder(compiled);
  return createSession(program, crew, { deadlineMs: options.deadlineMs, onRelease: () => dropFolder(compiled) });
}

function checkOptions(
  program: Program,
  devices: readonly string[],
  backend: string | undefined,
): readonly Diagnostic[] {
  const { ring_degree: ring, ulysses_degree: ulysses } = program.mesh;
  const mesh = `ring ${ring} x ulysses ${ulysses}`;
  const params = { expected: ranksOf(program.mesh), actual: devices.length, mesh };
  return [
    ...(devices.length === params.expected ? [] : [diagnose(runtimeMessages.devices, params)]),
    ...(backend === undefined || backend === "binding" ? [] : [diagnose(runtimeMessages.backend, { name: backend })]),
  ];
}

async function setups({ program, folder }: CompiledProgram, devices: readonly string[]): Promise<SetupOf> {
  const cores = availableParallelism();
  const size = devices.length;
  const modelFolder = await weightsFolder(program, folder);
  const threads = Math.max(1, Math.floor(cores / size));
  return (rank, control) => ({
    rank,
    size,
    program,
    pieces: { folder, modelFolder, device: devices[rank] ?? "cpu", threads },
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
