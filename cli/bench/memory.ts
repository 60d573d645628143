/**
 * @file Memory of a process as Linux reports it under /proc; no other system has these files. Knows no measurement.
 */
import { readFileSync } from "node:fs";

export interface PeakMemory {
  /** Largest resident set, bytes; `null` except on Linux. */
  readonly resident: number | null;
  /** Largest proportional set of all samples, bytes, or `null`: pages that several processes share are divided among them. */
  readonly proportional: number | null;
}

/** Between two samples. A sample of a large process takes milliseconds, in which the process cannot map memory. */
const SAMPLE_MS = 20;

export interface MemoryWatch {
  /** Of the time until now; while the process lives. */
  readonly peak: () => PeakMemory;
  /** Ends the samples. */
  readonly stop: () => void;
}

/** Samples the memory of a process until `stop`. */
export function watchMemory(pid: number): MemoryWatch {
  let proportional: number | null = null;
  const sample = (): void => {
    const now = bytesIn(pid, "smaps_rollup", "Pss");
    if (now !== null) proportional = Math.max(proportional ?? 0, now);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    peak: () => {
      sample();
      return { resident: bytesIn(pid, "status", "VmHWM"), proportional };
    },
    stop: () => clearInterval(timer),
  };
}

function bytesIn(pid: number, file: string, field: string): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}
