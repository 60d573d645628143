/**
 * @file Ends this process when a case takes so long that its own thread cannot notice, and leaves a record of it.
 */
import { Worker } from "node:worker_threads";
import type { Finding } from "./findings.ts";

const LIMIT_MS = 180_000;

/** Runs in a thread of its own: that of the cases may never come back to its timers. */
const CODE = `
const { parentPort, workerData } = require("node:worker_threads");
let timer;
parentPort.on("message", (line) => {
  clearTimeout(timer);
  if (line === null) return;
  timer = setTimeout(() => {
    require("node:fs").appendFileSync(workerData.file, line + "\\n");
    process.kill(process.pid, "SIGKILL");
  }, workerData.limit);
});`;

export interface Watchdog {
  /** The next case has begun, or there is none. */
  watch(next: Omit<Finding, "outcome" | "why" | "milliseconds"> | null): void;
  end(): Promise<void>;
}

/** `file` takes a line of JSON. */
export function startWatchdog(file: string): Watchdog {
  const worker = new Worker(CODE, { eval: true, workerData: { file, limit: LIMIT_MS } });
  return {
    watch: (next) => {
      const hung = { ...next, outcome: "hung", why: `nothing for ${LIMIT_MS} ms`, milliseconds: LIMIT_MS };
      worker.postMessage(next === null ? null : JSON.stringify(hung), []);
    },
    end: async () => {
      await worker.terminate();
    },
  };
}
