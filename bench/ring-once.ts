/**
 * @file One measurement in its own process: `ring-once.js METHOD RANKS TOKENS RUNS` prints a `Measurement` as JSON.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyContextParallel } from "../index.ts";
import type { RunStats } from "../index.ts";
import { CHANNELS, modelBytes, plan } from "./ring-model.ts";

export interface Measurement {
  /** Of each run after the first. */
  readonly milliseconds: readonly number[];
  /** Largest resident memory minus the resident memory before the first run, MiB. */
  readonly memory: number;
  /** What the first rank sends in a run, MiB. */
  readonly sent: number;
}

export type Method = "allgather" | "alltoall";

const MIB = 2 ** 20;

async function measure(method: Method, ranks: number, tokens: number, runs: number): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), "ring-bench-"));
  const file = join(folder, "ring.onnx");
  writeFileSync(file, modelBytes());
  const devices = Array.from({ length: ranks }, () => "cpu" as const);
  const session = await applyContextParallel(file, { ring_degree: ranks, rotate_method: method }, plan, { devices });
  const data = Float32Array.from({ length: tokens * CHANNELS }, (_, i) => Math.sin(i));
  const feeds = { hidden_states: { type: "float32", dims: [1, tokens, CHANNELS], data } } as const;
  const before = process.memoryUsage.rss();
  const stats: RunStats[] = [];
  for (let run = 0; run <= runs; run++) {
    await session.run(feeds);
    stats.push(session.lastRun!);
  }
  const memory = (process.resourceUsage().maxRSS * 1024 - before) / MIB;
  await session.release();
  rmSync(folder, { recursive: true });
  const sent = stats[0]!.collectives
    .filter(({ purpose }) => purpose === "ring")
    .reduce((sum, c) => sum + c.bytes[0]!, 0);
  return { milliseconds: stats.slice(1).map((run) => run.milliseconds), memory, sent: sent / MIB };
}

const [method, ranks, tokens, runs] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await measure(method as Method, Number(ranks), Number(tokens), Number(runs))));
