/**
 * @file Loaded into a measured command by `node --import`: when the process exits, it writes the peak of its memory and the number of bytes
 * that it read to file descriptor 3.
 */
import { existsSync, readFileSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** What a process used. */
export interface Used {
  /** Largest resident set, MiB. */
  readonly memory: number;
  /** MiB that its system calls read, from files of Node and of this project too; `null` where the system does not count them. */
  readonly read: number | null;
}

const COUNTERS = "/proc/self/io";

function used(): Used {
  const counted = existsSync(COUNTERS) ? /^rchar: (\d+)/m.exec(readFileSync(COUNTERS, "utf8"))?.[1] : undefined;
  return {
    memory: process.resourceUsage().maxRSS / 1024,
    read: counted === undefined ? null : Number(counted) / 2 ** 20,
  };
}

// A worker loads what its process loads.
if (isMainThread) process.on("exit", () => writeSync(3, JSON.stringify(used())));
