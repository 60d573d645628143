/**
 * @file A progress bar on a terminal, plain lines elsewhere; both on standard error. The one file that knows cli-progress.
 */
import { Writable } from "node:stream";
import type { Io } from "../io.ts";

export interface Progress {
  /** Reports that `done` of the total is done, and optionally the current activity. */
  readonly update: (done: number, detail?: string) => void;
  readonly stop: () => void;
}

const silent: Progress = { update: () => {}, stop: () => {} };

/** Starts a progress display over `total` steps. `isLong`: print lines of text where there is no terminal. */
export async function startProgress(label: string, total: number, io: Io, isLong = true): Promise<Progress> {
  if (io.interactive) return bar(label, total, io);
  return isLong ? lines(label, total, io) : silent;
}

async function bar(label: string, total: number, io: Io): Promise<Progress> {
  const { default: progress } = await import("cli-progress");
  const format = `${label} [{bar}] {value}/{total} {detail}`;
  const options = { format, barCompleteChar: "=", barIncompleteChar: "-", barsize: 32, hideCursor: true };
  const display = new progress.SingleBar({ ...options, clearOnComplete: false, stream: terminalOf(io) });
  display.start(total, 0, { detail: "" });
  return {
    update: (done, detail = "") => display.update(done, { detail }),
    stop: () => display.stop(),
  };
}

/** Standard error as a stream: the bar needs to know whether it is a terminal, and how wide. */
function terminalOf({ err, columns }: Io): NodeJS.WritableStream {
  const stream = new Writable({
    decodeStrings: false,
    write: (text, _encoding, done) => {
      err(String(text));
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns });
}

/** About ten lines in all, so that a log stays short. */
function lines(label: string, total: number, io: Io): Progress {
  const every = Math.max(1, Math.ceil(total / 10));
  let last = 0;
  return {
    update: (done, detail = "") => {
      if (done === last) return;
      last = done;
      if (done % every === 0 || done === total) io.err(`${label} ${done}/${total} ${detail}`.trimEnd().concat("\n"));
    },
    stop: () => {},
  };
}
