/**
 * @file What this process holds of the system: memory, handles, threads, temporary files. Linux only. Knows no session.
 */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Usage {
  /** Resident memory, MiB, after a collection of garbage on this thread. */
  readonly memory: number;
  readonly handles: number;
  readonly threads: number;
  readonly files: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export async function usage(): Promise<Usage> {
  // What has ended on other threads reaches this one by messages.
  await new Promise((done) => void setTimeout(done, 20));
  collect();
  return {
    memory: process.memoryUsage.rss() / 2 ** 20,
    handles: readdirSync("/proc/self/fd").length,
    threads: readdirSync("/proc/self/task").length,
    files: readdirSync(tmpdir()).length,
  };
}
