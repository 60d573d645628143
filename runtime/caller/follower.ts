/**
 * @file The session of a process that follows rank 0: its calls take part in those of rank 0, whose feeds and outputs wanted count. Knows no
 * message.
 */
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Program } from "../../program/types.ts";
import type { Feeds } from "./check-inputs.ts";
import { runCall } from "./check-options.ts";
import { checkedBy, createDispatcher } from "./dispatch.ts";
import type { Job } from "./dispatch.ts";
import { createHooks } from "./hooks.ts";
import { lateRun, lostRun } from "./late.ts";
import type { Outputs } from "./outputs.ts";
import { outputsFor } from "./outputs.ts";
import { readCall } from "./run-options.ts";
import type { Fetches, RunCall, RunOptions } from "./run-options.ts";
import { asyncDispose, descriptionOf, refuseProblems } from "./session.ts";
import type { Session, SessionSettings } from "./session.ts";
import type { RunRequest } from "../messages.ts";
import { runStats } from "./stats.ts";
import type { RunStats } from "./stats.ts";
import type { Crew } from "../world/crew.ts";

/** Only its kind counts: the rest comes from rank 0. */
const anyRun: RunRequest = {
  kind: "run",
  feeds: { memory: new SharedArrayBuffer(0), tensors: [] },
  lengths: {},
  shares: null,
  wanted: [],
  handlers: [],
  memory: { kind: "sizes", outboxBytes: [] },
  progress: false,
};

/** Every rank makes the same calls in the same order. The feeds given here are not looked at; the outputs are those of all ranks. */
export function createFollower(program: Program, rank: number, crew: Crew, settings: SessionSettings): Session {
  const dispatcher = createDispatcher(crew);
  const handlers = createHooks(program, dispatcher);
  let releasing: Promise<void> | undefined;
  let lastRun: RunStats | null = null;

  const follow = async ({ preallocated, options }: RunCall): Promise<Outputs> => {
    const { signal, deadlineMs = settings.deadlineMs } = options;
    const started = performance.now();
    const job: Job = {
      request: () => {
        refuseProblems(settings);
        return anyRun;
      },
      overdue: (milliseconds, late) => lateRun(program, milliseconds, late),
      lost: (error) => lostRun(program, error),
    };
    const [report] = await dispatcher.dispatch(job, { signal, deadlineMs });
    refuseProblems(settings);
    lastRun = report ? runStats(program, [report], performance.now() - started) : null;
    return outputsFor(report?.outputs ?? [], preallocated);
  };

  const end = async (): Promise<void> => {
    await dispatcher.close();
    await settings.onRelease();
  };
  const release = (): Promise<void> => (releasing ??= end());

  return {
    ...descriptionOf(program, settings, rank),
    hooks: handlers.hooks,
    get lastRun() {
      return lastRun;
    },
    run: async (_feeds: Feeds, second?: Fetches | RunOptions, third?: RunOptions) => {
      dispatcher.check();
      return follow(checkedBy(dispatcher.refuse, runCall, () => checkCall(program, second, third)));
    },
    release,
    [asyncDispose]: release,
  };
}

function checkCall(program: Program, second: unknown, third: unknown): RunCall {
  const call = readCall(program, second, third);
  if (!call.ok) throw new ContextParallelError(call.diagnostics);
  return call.value;
}
