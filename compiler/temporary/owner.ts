/**
 * @file Which process a file on disk belongs to, encoded in the file's name, and whether that process has ended. Knows no folder. The only
 * file of the compiler that inspects processes.
 */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The form of `ownerToken()`, for names: place, process id, start. */
export const TOKEN = "[0-9a-f]{8}-[0-9]+-[0-9]+";

/**
 * Identifies this process: the namespace where its id is valid, the id, and its start time, so that no later process with the same id is
 * mistaken for it. The start is 0 where the system does not report it.
 */
export function ownerToken(): string {
  return `${place()}-${process.pid}-${startOf(process.pid) ?? 0}`;
}

/**
 * True only if the process has certainly ended. Never for a process of another machine, boot or container, whose id has no meaning here.
 */
export function isGone(token: string): boolean {
  const [where, id, start] = token.split("-");
  if (where !== place()) return false;
  const pid = Number(id);
  if (start !== "0") return startOf(pid) !== start;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

let known: string | undefined;

/** The scope in which an id means one process at a time: this boot of this machine, and this namespace of process ids. */
function place(): string {
  known ??= createHash("sha256").update(placeFacts().join("\n")).digest("hex").slice(0, 8);
  return known;
}

function placeFacts(): readonly string[] {
  const boot = tried(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  const processes = tried(() => readlinkSync("/proc/self/ns/pid"));
  return [boot, processes, hostname()];
}

/** When a process started, in ticks since the boot; `null` if it has ended, or if the system does not report it. */
function startOf(pid: number): string | null {
  const stat = tried(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // The program name is in parentheses and may contain anything; the state and 19 more fields precede the start.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ended = state === "Z" || state === "X" || state === "";
  return ended ? null : (fields[18] ?? null);
}

function tried(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
