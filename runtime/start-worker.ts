/**
 * @file Starts the thread of a rank. Its script lies next to this module, and next to a bundle that contains it: bundlers leave the expression
 * alone and are given the script as a second entry. Knows no message.
 */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** `script`: a `file:` URL, also of another realm's class. */
export function startWorker(rank: number, script: URL | undefined): Worker {
  const { href } = script ?? new URL(/* webpackIgnore: true */ /* @vite-ignore */ "./rank-worker.js", import.meta.url);
  // Flags of the main program, such as --input-type, may be wrong for a worker, and a rank needs none.
  return new Worker(fileURLToPath(href), { name: `rank ${rank}`, execArgv: [], workerData: { rank } });
}
