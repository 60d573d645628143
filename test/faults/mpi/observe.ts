/**
 * @file One job with a fault, seen from outside: what its ranks say, how and when it ends, what it leaves. Brings about the faults that come from
 * outside. Judges nothing.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobCell, JobFault, JobOrder, RankOutcome, RankSaid } from "../../../bench/faults/mpi/order.ts";
import { killAll, processesOf } from "../../mpi/support/processes.ts";
import { launch } from "../../mpi/support/launchers.ts";
import type { Network } from "../../mpi/support/network.ts";
import { root } from "../../structure/sources.ts";
import { sweptFolder } from "../observe.ts";
import type { JobWorld } from "./worlds.ts";

export interface JobSeen {
  /** By rank; `null` for a rank that was ended before it could say anything. */
  readonly outcomes: readonly (RankOutcome | null)[];
  /** Of the launcher; `null` where a signal ended it. */
  readonly code: number | null;
  readonly hung: boolean;
  readonly stderr: string;
  /** What the launcher said of a process that crashed; `null` for none. */
  readonly crash: string | null;
  /** Processes of the job that had to be killed when the launcher had ended. */
  readonly orphans: readonly string[];
  /** Files of the temporary folder, of shared memory. */
  readonly files: readonly string[];
  /** From the fault to the end of the launcher and of all processes. */
  readonly endMs: number;
  /** How long after its time a fault from outside came. */
  readonly strikeMs: number;
}

export type Given = Pick<JobOrder, "folder" | "deadlineMs" | "run"> & JobCell;

const RANKS = 2;
const LOOK_MS = 20;
/** How long a rank stays stopped, where it is to go on. */
const STOPPED_MS = 700;
/** A heap that a handler can fill soon. */
const HEAP = "--max-old-space-size=64";
/** What must come in time; the end of a stop need not. */
const FROM_OUTSIDE: ReadonlySet<JobFault> = new Set([
  "link down",
  "packets lost",
  "few packets lost",
  "launcher stopped",
  "launcher killed",
]);
/** Lost packets that a connection makes up for. */
const FEW_PERCENT = 5;
/** Much longer than a job of MPICH takes to make its shared memory and use it. */
const STARTING_MS = 3_000;
const SHARED_MEMORY = "/dev/shm";
const AS_HOST = 'hostname "$0"; exec "$@"';
const CRASH = /.*(Segmentation fault|signal (4|6|7|8|11)\b|Aborted|FATAL ERROR: v8).*/;
/** Has the launcher notice within 4 s that it does not reach a host any more; its own limit is 8 minutes. */
const KEEP_ALIVE = Object.entries({ time: 2, intvl: 1, probes: 2 }).flatMap(([name, value]) => [
  "--mca",
  `oob_tcp_keepalive_${name}`,
  String(value),
]);

/** `limitMs`: after the fault, the job is a hang, and is killed. */
export async function observeJob(world: JobWorld, given: Given, limitMs: number): Promise<JobSeen> {
  const reports = mkdtempSync(join(tmpdir(), "cp-job-"));
  const temporary = mkdtempSync(join(tmpdir(), "cp-"));
  const network = world.hosts?.() ?? null;
  const before = new Set(readdirSync(SHARED_MEMORY));
  try {
    const seen = await watch(world, network, { ...given, reports }, temporary, limitMs);
    // Each host removes what its own ended processes left.
    for (const host of network?.hosts ?? []) sweptFolder(temporary, ["unshare", "--uts", "sh", "-c", AS_HOST, host]);
    return { ...seen, files: [...sweptFolder(temporary), ...(await keptShared(before, jobOf(reports)))] };
  } finally {
    network?.down();
    for (const folder of [reports, temporary]) rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(
  { library }: JobWorld,
  network: Network | null,
  order: JobOrder,
  temporary: string,
  limitMs: number,
): Promise<Omit<JobSeen, "files">> {
  let [launcher, mark, hung, strikeMs] = [0, "", false, 0];
  let struck = false;
  const timer = setInterval(() => {
    const at = faultTime(order);
    if (at === null) return;
    if (!struck) {
      struck = true;
      strike(order, network, launcher);
      if (FROM_OUTSIDE.has(order.fault)) strikeMs = Date.now() - at;
    }
    if (Date.now() - at < limitMs) return;
    hung = true;
    killAll([launcher, ...processesOf(mark), ...(network?.processes() ?? [])]);
  }, LOOK_MS);
  const ended = await launch({
    ranks: RANKS,
    argv: [HEAP, join(root, "dist/bench/faults/mpi/rank.js"), JSON.stringify(order)],
    library,
    ...(network === null ? {} : { network, options: KEEP_ALIVE }),
    env: { TMPDIR: temporary },
    timeoutMs: limitMs + 120_000,
    started: (...known) => ([launcher, mark] = known),
  });
  const left = async (): Promise<readonly number[]> => {
    const living = (): readonly number[] => [...processesOf(mark), ...(network?.processes() ?? [])].filter(isAlive);
    const until = (faultTime(order) ?? Date.now()) + limitMs;
    while (living().length > 0 && Date.now() < until) await new Promise((done) => void setTimeout(done, LOOK_MS));
    return living();
  };
  const orphans = await left();
  clearInterval(timer);
  const endMs = Date.now() - (faultTime(order) ?? Date.now());
  const names = orphans.map(commandOf);
  killAll(orphans);
  const outcomes = Array.from({ length: RANKS }, (_, rank) => outcomeOf(order, rank));
  const crash = CRASH.exec(ended.stderr)?.[0] ?? null;
  return { outcomes, code: ended.code, hung, stderr: ended.stderr, crash, orphans: names, endMs, strikeMs };
}

/** A fault from outside, or the end of one. */
function strike({ fault, reports, rank }: JobOrder, network: Network | null, launcher: number): void {
  if (fault === "SIGSTOP, SIGCONT") {
    const { pid } = saidBy(reports, rank).find((said) => said.kind === "started")!;
    const timer = setInterval(() => {
      if (stateOf(pid) !== "T") return;
      clearInterval(timer);
      setTimeout(() => void process.kill(pid, "SIGCONT"), STOPPED_MS);
    }, LOOK_MS);
  }
  if (fault === "link down") network?.cut();
  if (fault === "packets lost") network?.lose(100);
  if (fault === "few packets lost") network?.lose(FEW_PERCENT);
  if (fault === "launcher stopped") {
    process.kill(launcher, "SIGSTOP");
    continueWhenEnded(launcher, reports);
  }
  if (fault === "launcher killed") process.kill(launcher, "SIGKILL");
}

function continueWhenEnded(launcher: number, reports: string): void {
  const ranks = Array.from({ length: RANKS }, (_, rank) =>
    saidBy(reports, rank).find(({ kind }) => kind === "started"),
  );
  const timer = setInterval(() => {
    if (ranks.some((said) => said?.kind === "started" && isAlive(said.pid))) return;
    clearInterval(timer);
    process.kill(launcher, "SIGCONT");
  }, LOOK_MS);
}

/** When the fault has happened, or could, by `Date.now()`. */
function faultTime({ reports, rank }: JobOrder): number | null {
  return saidBy(reports, rank).find((said) => said.kind === "at")?.time ?? null;
}

function outcomeOf({ reports }: JobOrder, rank: number): RankOutcome | null {
  return saidBy(reports, rank).find((said) => said.kind === "outcome") ?? null;
}

function saidBy(reports: string, rank: number): readonly RankSaid[] {
  try {
    const lines = readFileSync(join(reports, `rank${rank}.jsonl`), "utf8").split("\n");
    // The last one may not be whole yet.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as RankSaid);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== null && state !== "Z";
}

/** `T` for a stopped process, `Z` for one that has ended and not been waited for; `null` for none. */
function stateOf(pid: number): string | null {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 60);
  } catch {
    return String(pid);
  }
}

/** The number of the job in names of Open MPI's shared memory; empty under MPICH, or if no rank has come to say it. */
function jobOf(reports: string): string {
  const said = saidBy(reports, 0).find(({ kind }) => kind === "started");
  return said?.kind === "started" && said.job !== "0" ? said.job : "";
}

/** Shared memory that stays. A job that starts meanwhile makes some before it uses it. */
async function keptShared(before: ReadonlySet<string>, job: string): Promise<readonly string[]> {
  const first = newShared(before, job);
  if (first.length === 0) return first;
  await new Promise((done) => void setTimeout(done, STARTING_MS));
  const now = new Set(newShared(before, job));
  return first.filter((name) => now.has(name));
}

/** Shared memory of this job; under MPICH, whose names do not tell, what has come since and nobody uses. */
function newShared(before: ReadonlySet<string>, job: string): readonly string[] {
  const fresh = readdirSync(SHARED_MEMORY).filter((name) => !before.has(name));
  if (job !== "") return fresh.filter((name) => name.includes(job));
  return fresh.filter((name) => /mpich/i.test(name) && !inUse(name));
}

function inUse(name: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/maps`, "utf8").includes(name);
    } catch {
      return false;
    }
  });
}
