/**
 * @file A session over a crew of ranks: runs in order, hooks, release. It behaves as onnxruntime's session does, so that a caller can
 * swap one for the other. Knows no thread and no step.
 */
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { ranksOf } from "../../program/mesh.ts";
import { cutOf, type Shares } from "../../program/shares.ts";
import type { Program } from "../../program/types.ts";
import { checkFetches, checkInputs } from "./check-inputs.ts";
import type { CheckedInputs, Feeds } from "./check-inputs.ts";
import { runCall } from "./check-options.ts";
import { checkedBy, createDispatcher } from "./dispatch.ts";
import type { Job } from "./dispatch.ts";
import type { Backend, Engine } from "../attach/engine.ts";
import { createHooks } from "./hooks.ts";
import type { SessionHooks } from "./hooks.ts";
import { lateRun, lostRun } from "./late.ts";
import { createMemory } from "./memory.ts";
import type { RunRequest } from "../messages.ts";
import { metadataOf } from "./metadata.ts";
import type { TensorMetadata } from "./metadata.ts";
import { outputsFor } from "./outputs.ts";
import type { Outputs } from "./outputs.ts";
import { readCall } from "./run-options.ts";
import type { Fetches, RunCall, RunOptions } from "./run-options.ts";
import { runStats } from "./stats.ts";
import type { RunStats } from "./stats.ts";
import type { Crew } from "../world/crew.ts";

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly TensorMetadata[];
  readonly outputMetadata: readonly TensorMetadata[];
  /** Which rank the caller is: 0, unless ranks are processes. */
  readonly rank: number;
  readonly hooks: SessionHooks;
  /** The relative speed of each rank, by which lengths and heads are dealt. */
  readonly shares: readonly number[];
  /** What runs the pieces. */
  readonly backend: Backend;
  /** Why `backend` is not `native`, where nobody has chosen it; how a device computes attention; measured shares. */
  readonly notes: readonly Diagnostic[];
  /** What the last run that ended well has cost; `null` before the first. */
  readonly lastRun: RunStats | null;
  /**
   * Runs the program on all ranks. The feeds must not be changed before it ends. Several calls run one after the other, in order.
   * Throws `ContextParallelError`: CP6000.. for wrong inputs, CP6500.. for a fault, a deadline, an abort.
   */
  run(feeds: Feeds, fetches: Fetches, options?: RunOptions): Promise<Outputs>;
  run(feeds: Feeds, options?: RunOptions): Promise<Outputs>;
  /** Ends all ranks, and a run in progress with an error. A second call waits for the first. */
  release(): Promise<void>;
  /** `release`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Node before 20.5 has no such symbol; what esbuild then writes for `await using` looks for this one. TypeScript's helper and Node's own
 * need a newer Node.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

export interface SessionSettings {
  readonly engine: Pick<Engine, "backend" | "notes">;
  readonly shares: Shares;
  /** Whether all ranks are threads of this process. */
  readonly threads: boolean;
  /** For runs that give none. */
  readonly deadlineMs: number | undefined;
  /** What makes the sessions of the ranks useless by now. Called before and after each run. */
  readonly problems: () => readonly Diagnostic[];
  /** Called once, when the ranks have ended. */
  readonly onRelease: () => Promise<void>;
}

/** The session takes the crew over: releasing it ends the crew. */
export function createSession(program: Program, crew: Crew, settings: SessionSettings): Session {
  const memory = createMemory(program, cutOf(program.mesh, settings.shares), settings.threads);
  const dispatcher = createDispatcher(crew);
  const handlers = createHooks(program, dispatcher);
  let releasing: Promise<void> | undefined;
  let lastRun: RunStats | null = null;

  const runChecked = async (inputs: CheckedInputs, call: RunCall): Promise<Outputs> => {
    const { signal, deadlineMs = settings.deadlineMs } = call.options;
    const loaded = handlers.current();
    let started = 0;
    const request: Job["request"] = () => {
      refuseProblems(settings);
      const prepared = memory.prepare(inputs);
      started = performance.now();
      return { kind: "run", ...prepared, ...requested(inputs, call), shares: settings.shares, handlers: loaded() };
    };
    const answers = await dispatcher.dispatch(runJob(program, call.options, request), { signal, deadlineMs });
    refuseProblems(settings);
    const reports = answers.filter((report) => report !== null);
    lastRun = runStats(program, reports, performance.now() - started);
    return outputsFor(reports[0]?.outputs ?? [], call.preallocated);
  };

  const end = async (): Promise<void> => {
    await dispatcher.close();
    memory.clear();
    await settings.onRelease();
  };
  const release = (): Promise<void> => (releasing ??= end());

  return {
    ...descriptionOf(program, settings, 0),
    hooks: handlers.hooks,
    get lastRun() {
      return lastRun;
    },
    run: async (feeds: Feeds, second?: Fetches | RunOptions, third?: RunOptions) => {
      dispatcher.check();
      const check = (): ReturnType<typeof checkCall> => checkCall(program, feeds, second, third);
      const { inputs, call } = checkedBy(dispatcher.refuse, runCall, check);
      return runChecked(inputs, call);
    },
    release,
    [asyncDispose]: release,
  };
}

/** Throws `ContextParallelError`. */
export function refuseProblems({ problems }: Pick<SessionSettings, "problems">): void {
  const found = problems();
  if (found.length > 0) throw new ContextParallelError(found);
}

function requested(
  { lengths }: CheckedInputs,
  { wanted, options }: RunCall,
): Pick<RunRequest, "lengths" | "wanted" | "progress"> {
  return { lengths, wanted, progress: options.onProgress !== undefined };
}

function runJob(program: Program, { onProgress }: RunOptions, request: Job["request"]): Job {
  const total = program.steps.length;
  return {
    request,
    onProgress: onProgress && ((done) => onProgress({ done, total })),
    overdue: (milliseconds, late) => lateRun(program, milliseconds, late),
    lost: (error) => lostRun(program, error),
  };
}

/** Or all that is wrong in what `run` was given, whatever that is. */
function checkCall(
  program: Program,
  feeds: unknown,
  second: unknown,
  third: unknown,
): { readonly inputs: CheckedInputs; readonly call: RunCall } {
  const call = readCall(program, second, third);
  const inputs = checkInputs(program, feeds);
  const unknown = call.ok ? checkFetches(program, call.value.wanted) : [];
  const diagnostics = [...call.diagnostics, ...unknown, ...inputs.diagnostics];
  if (!call.ok || !inputs.ok || diagnostics.length > 0) throw new ContextParallelError(diagnostics);
  return { inputs: inputs.value, call: call.value };
}

type Described = "inputNames" | "outputNames" | "inputMetadata" | "outputMetadata";

/** What a session says of itself. */
export function descriptionOf(
  { inputs, outputs, mesh }: Program,
  { engine: { backend, notes }, shares }: SessionSettings,
  rank: number,
): Pick<Session, Described | "rank" | "shares" | "backend" | "notes"> {
  return {
    rank,
    inputNames: inputs.map(({ name }) => name),
    outputNames: outputs.map(({ name }) => name),
    inputMetadata: metadataOf(inputs),
    outputMetadata: metadataOf(outputs),
    shares: shares ?? Array.from({ length: ranksOf(mesh) }, () => 1),
    backend,
    notes,
  };
}
