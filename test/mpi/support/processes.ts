/**
 * @file Processes of jobs: those that are still there, by a mark in their environment, and their end. Knows no launcher.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A variable by which the processes of a job are known. */
export const MARK: string = "ONNX_CP_TEST_JOB";

/** Processes of a job that are still there. */
export function processesOf(mark: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(`${MARK}=${mark}`));
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(join("/proc", String(pid), "environ"), "utf8").split("\0");
  } catch {
    return [];
  }
}

export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}
