/**
 * @file The measuring end of a side: starts its process, asks it, and ends it. Knows the messages, not what is measured.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { cliMessages } from "../../../compiler/diagnostics/catalog/cli.ts";
import { diagnose, invariant } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { OperatorTime } from "../operators.ts";
import type { FromSide, Ran, SideConfig, Started, ToSide } from "./protocol.ts";

export interface Side {
  readonly name: string;
  readonly config: SideConfig;
  /** Script of the process; default: that of the kinds of sides here. */
  readonly script?: string;
}

/** A side in its process; every request throws `ContextParallelError` if the side fails or its process ends. */
export interface RunningSide {
  readonly pid: number;
  readonly started: Started;
  readonly run: (outputs?: boolean) => Promise<Ran>;
  readonly profile: () => Promise<readonly OperatorTime[]>;
  /** Ends the process at once. */
  readonly stop: () => Promise<void>;
}

/** Resolves when the side is ready; `signal` ends its process, whatever it does. */
export async function startSide({ name, config, script }: Side, signal: AbortSignal): Promise<RunningSide> {
  signal.throwIfAborted();
  // Flags of the main program, such as --input-type, may be wrong for this one.
  const child = fork(script ?? createRequire(import.meta.url).resolve("#bench-side"), [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  const gone = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, by) => resolve(by === null ? `it exited with code ${code}` : `it was ended by ${by}`));
  });
  signal.addEventListener("abort", kill);
  const stop = async (): Promise<void> => {
    kill();
    await gone;
    signal.removeEventListener("abort", kill);
  };
  try {
    const started = await ask(child, name, gone, { kind: "start", config });
    invariant(started.kind === "started" && child.pid !== undefined, "a side has no process");
    return { pid: child.pid, started, stop, ...requests(child, name, gone) };
  } catch (error) {
    await stop();
    throw error;
  }
}

function requests(child: ChildProcess, name: string, gone: Promise<string>): Pick<RunningSide, "run" | "profile"> {
  return {
    run: async (outputs = false) => {
      const answer = await ask(child, name, gone, { kind: "run", outputs });
      invariant(answer.kind === "ran", "a side did not answer with a run");
      return answer;
    },
    profile: async () => {
      const answer = await ask(child, name, gone, { kind: "profile" });
      invariant(answer.kind === "profiled", "a side did not answer with a profile");
      return answer.operators;
    },
  };
}

async function ask(child: ChildProcess, name: string, gone: Promise<string>, request: ToSide): Promise<FromSide> {
  const answered = new Promise<FromSide>((resolve) => child.once("message", (answer: FromSide) => resolve(answer)));
  const ended = gone.then(
    (reason) => new ContextParallelError([diagnose(cliMessages.sideEnded, { side: name, reason })]),
  );
  // A process that is gone takes no message; `gone` says so.
  child.send(request, () => undefined);
  const answer = await Promise.race([answered, ended]);
  if (answer instanceof ContextParallelError) throw answer;
  if (answer.kind === "failed") throw new ContextParallelError(answer.diagnostics);
  return answer;
}
