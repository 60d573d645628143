/**
 * @file One process of a fault, seen from outside: what it says, how and when it ends, what it leaves. Injects faults that come from outside.
 * Judges nothing.
 */
import { spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Cell, Order, Outcome, Said } from "../../bench/faults/order.ts";
import { root } from "../structure/sources.ts";
import type { Launcher } from "./launch.ts";

export interface Observed {
  readonly outcomes: readonly Outcome[];
  /** Threads that are left when all has been released; `null` if it did not come to that. */
  readonly threads: number | null;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Whether it had to be killed. */
  readonly hung: boolean;
  /** Whether a process of its group was left. */
  readonly orphans: boolean;
  /** Files of the temporary folders, once another process has looked for those of ended ones. */
  readonly files: readonly string[];
  /** From the last fault from outside, or from its last line, to its end. */
  readonly endMs: number;
}

const LONGEST_MS = 120_000;
/** How long a process stays stopped. */
const STOPPED_MS = 300;

export async function observe(launcher: Launcher, order: Omit<Order, "backend">): Promise<Observed> {
  const temporary = mkdtempSync(join(tmpdir(), "cp-faults-"));
  try {
    const child = launcher.start({ ...order, backend: launcher.backend }, temporary);
    const seen = await watch(child, order.cells);
    return { ...seen, orphans: endGroup(child), files: leftIn(temporary, child) };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

type Watched = Omit<Observed, "orphans" | "files">;

function watch(child: ChildProcess, cells: readonly Cell[]): Promise<Watched> {
  const outcomes: Outcome[] = [];
  let [threads, hung, last, stderr, rest]: [number | null, boolean, number, string, string] = [
    null,
    false,
    performance.now(),
    "",
    "",
  ];
  const hear = (said: Said): void => {
    last = performance.now();
    if (said.kind === "outcome") outcomes.push(said);
    else if (said.kind === "end") threads = said.threads;
    else strike(child, cells[Math.min(cells.length - 1, outcomes.length)]!);
  };
  child.stdout?.on("data", (data: Buffer) => {
    const lines = `${rest}${String(data)}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) hear(JSON.parse(line) as Said);
  });
  child.stderr?.on("data", (data: Buffer) => (stderr += String(data)));
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, LONGEST_MS);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ outcomes, threads, code, signal, stderr, hung, endMs: Math.round(performance.now() - last) });
    });
  });
}

/** A fault from outside, for the process that has reached its place. */
function strike(child: ChildProcess, { fault }: Cell): void {
  if (fault === "SIGKILL" || fault === "SIGTERM" || fault === "SIGINT") child.kill(fault);
  if (fault !== "SIGSTOP, SIGCONT") return;
  child.kill("SIGSTOP");
  setTimeout(() => child.kill("SIGCONT"), STOPPED_MS);
}

/** Whether anyone of the process group is left; whoever it is, is ended. */
function endGroup({ pid }: ChildProcess): boolean {
  try {
    process.kill(-pid!, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

const folders = pathToFileURL(join(root, "dist/compiler/temporary/folders.js")).href;
const SHARED_MEMORY = "/dev/shm";

/** What the next process does not remove either, and shared memory with the number of the process in its name. */
function leftIn(temporary: string, { pid }: ChildProcess): readonly string[] {
  const shared = readdirSync(SHARED_MEMORY).filter((name) => name.includes(String(pid)));
  return [...sweptFolder(temporary), ...shared];
}

/** What is left in a temporary folder when a process, started with `enter` before its words, has looked for folders of ended ones. */
export function sweptFolder(temporary: string, enter: readonly string[] = []): readonly string[] {
  if (readdirSync(temporary).length > 0) {
    const sweep = `(await import(${JSON.stringify(folders)})).sweepTemporaryFolders();`;
    const env = { ...process.env, TMPDIR: temporary };
    const [command = "", ...words] = [...enter, process.execPath, "--input-type=module", "-e", sweep];
    spawnSync(command, words, { env });
  }
  return readdirSync(temporary);
}
