/**
 * @file One process in which faults happen: `child.js ORDER`. It says what its caller sees of each as lines of JSON, and runs again what
 * must still run. Judges nothing.
 */
import { readdirSync, writeSync } from "node:fs";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { attachAnew, runRight, WORK } from "./host.ts";
import type { After, Cell, Order, Said } from "./order.ts";
import { play } from "./scenes.ts";

const BLOCKED_MS = 300;
/** How long a rank may take to end after its attach. */
const LATE_MS = 5_000;
/** Where the kernel lists them. */
const THREADS = "/proc/self/task";

function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}

/** What the caller does where the fault is the caller's. */
function actOf({ fault }: Cell, session: Session | null, stop: () => void): void {
  if (fault === "abort") return stop();
  if (fault === "release") return void session?.release();
  if (fault === "blocked caller") {
    for (const begun = performance.now(); performance.now() - begun < BLOCKED_MS;);
    return;
  }
  if (fault !== "SIGSTOP, SIGCONT") {
    // The fault from outside may take a moment to come.
    setInterval(() => undefined, BLOCKED_MS);
  }
  say({ kind: "at" });
  if (fault === "exit of the caller") return process.exit(7);
  if (fault === "error of the caller") {
    setImmediate(() => {
      throw new Error("an error of the caller");
    });
  }
}

async function afterwards(session: Session | null): Promise<After> {
  if (session === null) return "no session";
  try {
    await runRight(session, WORK.short);
    return "usable";
  } catch (error) {
    const code = error instanceof ContextParallelError ? error.code : "";
    return code === "CP6511" ? "ended" : code === "CP6510" ? "released" : "wrong result";
  }
}

/** Plays one run of a cell, says what came of it, and gives the session if it is still usable. */
async function playOnce(order: Order, cell: Cell, run: number, before: Session | null): Promise<Session | null> {
  const atAttach = cell.place === "attach";
  if (atAttach) await before?.release();
  let session = atAttach ? null : (before ?? (await attachAnew(order)));
  let since = performance.now();
  const act = (stop: () => void): void => {
    since = performance.now();
    actOf(cell, session, stop);
  };
  const ended = await play({ order, cell, run, session, act }).then(
    (given) => ({ given, code: null, message: "", details: "" }),
    (error: unknown) => ({ given: null, ...described(error) }),
  );
  const milliseconds = Math.round(performance.now() - since);
  session ??= ended.given;
  const after = await afterwards(session);
  const { code, message, details } = ended;
  say({ kind: "outcome", ...cell, run, code, message, details, after, milliseconds });
  if (after === "usable") return session;
  await session?.release();
  return null;
}

function described(error: unknown): { readonly code: string; readonly message: string; readonly details: string } {
  if (!(error instanceof ContextParallelError)) return { code: "other", message: String(error), details: "" };
  return { code: error.code, message: error.message, details: JSON.stringify(error.diagnostics) };
}

async function main(order: Order): Promise<void> {
  // What the process keeps is there after the first session: the threads of the event loop, and of the library.
  const first = await attachAnew(order);
  await runRight(first, WORK.short);
  await first.release();
  const threads = readdirSync(THREADS).length;
  let session: Session | null = null;
  for (const cell of order.cells) {
    for (const run of order.runs) session = await playOnce(order, cell, run, session);
  }
  await session?.release();
  say({ kind: "end", threads: (await fewestThreads(threads)) - threads });
}

/** A rank inside ONNX Runtime at the end of an attach ends after it. */
async function fewestThreads(expected: number): Promise<number> {
  const until = performance.now() + LATE_MS;
  while (readdirSync(THREADS).length > expected && performance.now() < until) {
    await new Promise((done) => void setTimeout(done, 20));
  }
  return readdirSync(THREADS).length;
}

await main(JSON.parse(process.argv[2] ?? "null") as Order);
