/**
 * @file Entry of the command line: connects `main` to the process. Knows no command.
 */
import { main } from "./cli.ts";
import type { Io } from "./io.ts";
import { EXIT } from "./outcome.ts";

/** How long a command may take to wind up after an interrupt before the process ends all the same. */
const GRACE_MS = 3000;

const stop = new AbortController();

process.on("SIGINT", () => {
  if (stop.signal.aborted) process.exit(EXIT.interrupted);
  stop.abort();
  setTimeout(() => process.exit(EXIT.interrupted), GRACE_MS).unref();
});

// A reader that has seen enough, such as `head`, is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.fine : EXIT.fault));
}

process.on("uncaughtException", (error: unknown) => {
  process.stderr.write(`internal error of onnx-context-parallel (please report it): ${oneLine(error)}\n`);
  process.exit(EXIT.fault);
});

const { NO_COLOR, FORCE_COLOR } = process.env;
const interactive = process.stderr.isTTY;
const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  colors: !NO_COLOR && (Boolean(FORCE_COLOR) || interactive),
  interactive,
  columns: process.stderr.columns ?? 110,
  signal: stop.signal,
};

process.exitCode = await main(process.argv.slice(2), io);

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
}
