/**
 * @file What a job is to do and what its ranks have found: a folder with the order, and one file for each rank. Knows no launcher.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./launchers.ts";
import type { Ended, Job } from "./launchers.ts";

/** Path of a script of `test/mpi/jobs`. */
function script(name: string): string {
  return fileURLToPath(new URL(`../jobs/${name}.mjs`, import.meta.url));
}

export interface Done<Found> extends Ended {
  /** By rank; `null` for a rank that left nothing. */
  readonly found: readonly (Found | null)[];
}

/** Runs a script on all ranks of a job, each of which reads `order`. */
export async function perform<Found>(name: string, order: unknown, job: Omit<Job, "argv">): Promise<Done<Found>> {
  const folder = mkdtempSync(join(tmpdir(), "onnx-cp-test-"));
  try {
    writeFileSync(join(folder, "order.json"), JSON.stringify(order));
    const ended = await launch({ ...job, argv: [script(name), folder] });
    const ranks = Array.from({ length: job.ranks }, (_, rank) => rank);
    return { ...ended, found: ranks.map((rank) => readFound<Found>(join(folder, `rank${rank}.json`))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readFound<Found>(file: string): Found | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Found;
  } catch {
    return null;
  }
}
