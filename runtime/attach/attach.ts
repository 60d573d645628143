/**
 * @file Attaches a compiled program to devices: starts one rank per device, loads the pieces, and gives the session. All or nothing.
 */
import { join } from "node:path";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import { checkNames } from "../../ort/devices/names.ts";
import type { DeviceName } from "../../ort/devices/names.ts";
import { attachCall, checkOptions, looking, wrongArgument } from "../caller/check-options.ts";
import { keepTelemetryOff } from "../../ort/telemetry.ts";
import { BACKEND_VARIABLE, preferredBackend } from "../../ort/process.ts";
import { meshText, ranksOf } from "../../program/mesh.ts";
import { checkShares } from "../../program/shares.ts";
import { usableCores } from "../cores.ts";
import { describeValue, isRecord } from "../describe.ts";
import { BACKENDS } from "./engine.ts";
import type { Backend, Engine } from "./engine.ts";
import { checkCompiledProgram } from "../contract/document.ts";
import { createSession } from "../caller/session.ts";
import { relocated } from "../load/load.ts";
import type { Session } from "../caller/session.ts";
import { checkSessionOptions, choiceOf } from "./session-options.ts";
import type { RankSessionOptions } from "./session-options.ts";
import { checkFiles, engineBy, engineFor, measured, refuseMoved, startedBy } from "./start.ts";
import type { Attached } from "./start.ts";
import { dropFolder, holdFolder } from "./temporary.ts";
import { promiseStart } from "../world/mpi/launch.ts";
import { allRanks, startThreads } from "../world/threads/crew.ts";
import type { SetupOf } from "../world/threads/crew.ts";

export interface AttachOptions {
  /** One per rank, in order of rank: `cpu`, `webgpu`, `cuda:0`, ... (docs/devices.md); default N times `cpu`. */
  readonly devices?: readonly DeviceName[] | undefined;
  /**
   * The relative speed of each rank, in order of rank, positive: every length that the plan splits, and the heads, are dealt in proportion.
   * `auto` measures all ranks once, with the piece that has the most weights; `session.shares` and a note say what follows. Default: equal.
   */
  readonly shares?: readonly number[] | "auto" | undefined;
  /** Bounds the start, and then each run that gives none itself. `undefined` and `Infinity` are none. */
  readonly deadlineMs?: number | undefined;
  /** Ends the start; a session that has started is ended by `release`, and a run by its own signal. */
  readonly signal?: AbortSignal | undefined;
  /**
   * `native`: sessions that all ranks share, through ONNX Runtime's C interface, on CPU; `binding`: sessions of each rank, through
   * onnxruntime-node. Default: the environment variable `ONNX_CP_BACKEND`, else `native` where it can be used.
   */
  readonly backend?: Backend | undefined;
  /**
   * `threads`: all ranks are threads of this process; `mpi`: this process, which a launcher of MPI has started, is one rank, and every
   * process of the job calls `attach`. Default: `threads`.
   */
  readonly world?: World | undefined;
  /** Options of the sessions of all ranks, as onnxruntime's `InferenceSession.create` takes them. */
  readonly sessionOptions?: RankSessionOptions | undefined;
  /**
   * The `file:` URL of the script that ranks start from: this package's `onnx-context-parallel/rank-worker`, or a bundle of it. Default:
   * `rank-worker.js` in the folder of the module, or of the bundle, that contains `attach`.
   */
  readonly worker?: URL | undefined;
  /** Path of the model, if it has moved since the program was compiled. It must be the same: its hash is checked. */
  readonly model?: string | undefined;
}

export type { DeviceName };

export const WORLDS = ["threads", "mpi"] as const;

export type World = (typeof WORLDS)[number];

const GRACE_MS = 5_000;

/**
 * Throws `ContextParallelError`; then nothing is left running, but for a rank inside ONNX Runtime at the deadline or the abort: it ends
 * after.
 */
export async function attach(compiled: CompiledProgram, options: AttachOptions = {}): Promise<Session> {
  return attachWithGrace(compiled, options, GRACE_MS);
}

/** `attach` for tests that do not want to wait so long. */
export async function attachWithGrace(
  given: CompiledProgram,
  options: AttachOptions,
  graceMs: number,
): Promise<Session> {
  const misused = looking(attachCall, () => [...checkCompiled(given), ...checkOptions(attachCall, options)]);
  if (misused.length > 0) throw new ContextParallelError(misused);
  const compiled = relocated(given, options.model);
  const { program } = compiled;
  const devices: readonly string[] = options.devices ?? Array.from({ length: ranksOf(program.mesh) }, () => "cpu");
  const backend = options.backend ?? preferredBackend();
  const { shares = null, deadlineMs, signal, world = "threads", worker } = options;
  const wrong = [
    ...checkDevices(program, devices, backend),
    ...looking(attachCall, () => checkSessionOptions(options.sessionOptions, devices)),
    ...(shares === null || shares === "auto" ? [] : checkShares(program.mesh, shares)),
    ...(WORLDS.includes(world) ? [] : [diagnose(runtimeMessages.world, { name: world })]),
  ];
  if (wrong.length > 0) throw new ContextParallelError(wrong);
  if (world === "mpi") promiseStart();
  // A rank may be the first to load onnxruntime, and its thread cannot change the environment of the process.
  await keepTelemetryOff();
  const chosen = backend as Backend | undefined;
  const session = choiceOf(options.sessionOptions);
  const attached = { compiled, devices, shares, deadlineMs, signal, backend: chosen, graceMs, session, worker };
  if (world === "threads") return attachThreads(attached);
  const { attachProcess } = await import("./mpi.ts");
  return attachProcess(attached);
}

async function attachThreads(attached: Attached): Promise<Session> {
  const { compiled, devices, shares, deadlineMs, signal, backend, graceMs, session, worker } = attached;
  const { program } = compiled;
  const limit = { deadlineMs, signal, begun: performance.now() };
  const weights = await checkFiles(compiled);
  const threads = session.threads ?? Math.max(1, Math.floor(usableCores() / devices.length));
  const engine = await engineBy(limit, program, () => engineFor(compiled, { devices, threads, backend, session }));
  const ranks = { ...allRanks(devices.length), worker };
  const { crew, started } = startThreads(ranks, setups(program, engine), engine, graceMs);
  await startedBy(limit, program, crew, started);
  await refuseMoved(weights, crew);
  const dealt = shares === "auto" ? await measured(limit, program, crew, started) : { shares, notes: [] };
  holdFolder(compiled);
  return createSession(program, crew, {
    engine: { backend: engine.backend, notes: [...engine.notes, ...dealt.notes] },
    shares: dealt.shares,
    deadlineMs,
    threads: true,
    problems: weights.inUse,
    onRelease: async () => dropFolder(compiled),
  });
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

function setups(program: Program, engine: Engine): SetupOf {
  const size = ranksOf(program.mesh);
  const transport = { kind: "threads", spin: size <= usableCores() } as const;
  return (rank, control) => {
    return { rank, size, program, pieces: engine.settingsOf(rank), control, transport, returns: rank === 0 };
  };
}
