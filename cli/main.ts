/**
 * @file Entry point of the command line: starts the command's thread and connects it to the process (streams, signals, exit code). Knows no
 * command.
 */
import { constants } from "node:os";
import { Worker } from "node:worker_threads";
import { removeAtExit, removeTemporaryFolders } from "../compiler/temporary/folders.ts";
import { keepTelemetryOff } from "../ort/telemetry.ts";
import { usesColors } from "./colors.ts";
import { EXIT } from "./outcome.ts";
import type { FromCommand, Setup, ToCommand } from "./thread/protocol.ts";
import { close, createSection } from "./thread/section.ts";

/** How long a command may take to stop after a signal before the process is ended anyway. */
const GRACE_MS = 1500;

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof signals)[number];

// Not a terminal is `undefined` there, whatever its type says.
const interactive = Boolean(process.stderr.isTTY);
const setup: Setup = {
  argv: process.argv.slice(2),
  section: createSection(),
  colors: usesColors(process.env, interactive),
  interactive,
  columns: process.stderr.columns ?? 110,
  width: process.stdout.isTTY ? process.stdout.columns : null,
};
const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

const written: string[] = [];
let received: Signal | undefined;
let broken: number | undefined;
let exitCode: number | undefined;
/** The process is about to end: no further output. */
let over = false;

removeAtExit();
// Before the thread starts: a worker cannot change the environment that native code reads.
await keepTelemetryOff();
const thread = new Worker(new URL("thread/entry.js", import.meta.url), { workerData: setup });
thread.on("message", (message: FromCommand) => {
  if (over) return;
  if (message.kind === "out") out(message.text);
  if (message.kind === "err") err(message.text);
  if (message.kind === "listen") listen();
  if (message.kind === "written") written.push(message.path);
  if (message.kind !== "ended") return;
  ({ exitCode } = message);
  process.stdin.destroy();
});
thread.on("error", (error: unknown) => {
  err(`internal error of onnx-context-parallel (please report it): ${oneLine(error)}\n`);
});
thread.on("exit", () => {
  process.exitCode = broken ?? codeOf(exitCode ?? EXIT.fault);
});

for (const signal of signals) {
  process.on(signal, () => {
    const again = received !== undefined;
    received ??= signal;
    stopCommand(again ? 0 : GRACE_MS, signal);
  });
}

// A reader that closes the pipe early, such as `head`, is not an error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (broken !== undefined) return;
    broken = error.code === "EPIPE" ? EXIT.fine : EXIT.fault;
    stopCommand(GRACE_MS, "SIGTERM");
  });
}

/** Passes on standard input, which only some commands read. */
function listen(): void {
  const pass = (input: Uint8Array | null): void => thread.postMessage({ input } satisfies ToCommand, []);
  process.stdin
    .on("data", pass)
    .on("end", () => pass(null))
    .on("error", () => pass(null));
}

/** Asks the command to stop, and ends the process by `signal` if that takes too long. */
function stopCommand(milliseconds: number, signal: Signal): void {
  thread.postMessage("stop" satisfies ToCommand, []);
  setTimeout(() => void die(signal), milliseconds).unref();
}

/**
 * Ends the process as the signal does by default: at once, even during native computation. An exit would wait for native code. Files
 * already in place stay, complete; no further file is put in place.
 */
async function die(signal: Signal): Promise<void> {
  const { reportInterrupt } = await import("./cli.ts");
  close(setup.section);
  // Output that the command has already written is still delivered.
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => void setImmediate(resolve));
  if (over) return;
  over = true;
  if (exitCode === undefined && broken === undefined) {
    const stop = AbortSignal.abort();
    const none = {
      signal: stop,
      commit: () => undefined,
      input: () => undefined,
    };
    reportInterrupt(setup.argv, written, { ...setup, ...none, out, err });
  }
  if (interactive) err("\u001b[?25h");
  removeTemporaryFolders();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** A command ended by a signal exits with the code that a shell gives for that signal. */
function codeOf(code: number): number {
  return code === EXIT.interrupted && received !== undefined ? 128 + constants.signals[received] : code;
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
}
