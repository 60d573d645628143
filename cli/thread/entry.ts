/**
 * @file The thread that a command runs in. The main thread stays free for signals during any computation. Knows no command.
 */
import { parentPort, workerData } from "node:worker_threads";
import { main } from "../cli.ts";
import type { Io } from "../io.ts";
import type { FromCommand, Setup, ToCommand } from "./protocol.ts";
import { inside } from "./section.ts";

const { argv, section, ...terminal } = workerData as Setup;
const stop = new AbortController();
parentPort?.on("message", (message: ToCommand) => {
  if (message === "stop") stop.abort();
  else heard(message.input);
});
let heard: (chunk: Uint8Array | null) => void = () => undefined;
// Only the command keeps the thread alive.
parentPort?.unref();

const io: Io = {
  ...terminal,
  input: (listener) => {
    heard = listener;
    // A command that waits for input stays.
    parentPort?.ref();
    say({ kind: "listen" });
  },
  out: (text) => say({ kind: "out", text }),
  err: (text) => say({ kind: "err", text }),
  signal: stop.signal,
  commit: (path, work) =>
    inside(section, () => {
      work();
      say({ kind: "written", path });
    }),
};

say({ kind: "ended", exitCode: await main(argv, io) });
parentPort?.unref();

function say(message: FromCommand): void {
  parentPort?.postMessage(message, []);
}
