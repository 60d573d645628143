/**
 * @file Threads of released ranks that wait for another session. koffi keeps 100 to 200 KiB for each thread that has used it, for as long as the
 * process lives: sessions that start threads anew would add that up. Knows no session and no message.
 */
import type { Worker } from "node:worker_threads";
import { usableCores } from "../../cores.ts";
import { startWorker } from "../../start-worker.ts";

/** Threads that wait, at most; more where the process may use more cores. */
const LIMIT = 16;

/** What a thread was started with, which is all that it differs in from a new one. */
const origins = new WeakMap<Worker, string>();

/** The one that has waited longest is the first. None of them keeps the process alive, and all end with it. */
const idle: Worker[] = [];

/** One that waits, else a new one. Throws what starting a thread throws. */
export function takeThread(rank: number, script: URL | undefined): Worker {
  // A thread has a copy of the environment.
  const origin = JSON.stringify([rank, script?.href ?? null, process.env]);
  const worker = idle.find((one) => origins.get(one) === origin);
  if (worker !== undefined) {
    remove(worker);
    return worker;
  }
  const started = startWorker(rank, script);
  origins.set(started, origin);
  return started;
}

/** Only a thread that has answered a release with `stay`, and nothing has ever gone wrong on. */
export async function keepThread(worker: Worker): Promise<void> {
  forget(worker);
  worker.on("error", () => undefined);
  worker.on("exit", () => remove(worker));
  idle.push(worker);
  if (idle.length > Math.max(LIMIT, usableCores())) await idle.shift()!.terminate();
}

function remove(worker: Worker): void {
  forget(worker);
  const index = idle.indexOf(worker);
  if (index >= 0) idle.splice(index, 1);
}

/** Listeners of others than Node itself, which has its own for other events. */
function forget(worker: Worker): void {
  for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
}
