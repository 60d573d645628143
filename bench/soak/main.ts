/**
 * @file `npm run soak [-- STEPS ATTACHES COMPILATIONS [MIB]]`: many steps, sessions and compilations in one process, and what it holds in the
 * first and in the second half after a warm-up. Ends with 1 if anything has grown, memory by more than so many MiB, with sessions an eighth.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attach } from "../../index.ts";
import { usage } from "./usage.ts";
import type { Usage } from "./usage.ts";
import { attachAndRelease, backends, compiled, schemes, stepper } from "./work.ts";

/** `noise`: what the heaps of two ranks hold before V8 collects, some 50 MiB with feeds and outputs in JavaScript's memory. */
const [steps = 5_000, attaches = 200, compilations = 100, noise = 64] = process.argv.slice(2).map(Number);

/** The part of the work that is the warm-up. */
const WARM_UP = 0.2;
/** How often memory is looked at in each half of the rest. */
const SAMPLES = 8;

let failed = false;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function soak(
  name: string,
  times: number,
  work: (index: number) => Promise<void>,
  allowed: number = noise,
): Promise<void> {
  const warm = Math.ceil(times * WARM_UP);
  const middle = Math.ceil((warm + times) / 2);
  for (let i = 0; i < warm; i++) await work(i);
  const begun = performance.now();
  const before = await least(warm, middle, work);
  const after = await least(middle, times, work);
  const seconds = (performance.now() - begun) / 1000;
  const { memory, handles, threads, files } = differences(before, after);
  const grown = memory > allowed || handles > 0 || threads > 0 || files > 0;
  failed ||= grown;
  const fields = ["memory", "handles", "threads", "files"] as const;
  const pairs = fields.map((field) => `${Math.round(before[field])}, ${Math.round(after[field])}`);
  print(`| ${[name, times, seconds.toFixed(1), ...pairs].join(" | ")} |${grown ? " GROWN" : ""}`);
}

/** Does a part of the work. The least memory of several moments: heaps of other threads are collected when V8 likes. */
async function least(from: number, to: number, work: (index: number) => Promise<void>): Promise<Usage> {
  const every = Math.ceil((to - from) / SAMPLES);
  let memory = Infinity;
  for (let i = from; i < to; i++) {
    await work(i);
    if ((i - from) % every === 0) memory = Math.min(memory, (await usage()).memory);
  }
  const last = await usage();
  return { ...last, memory: Math.min(memory, last.memory) };
}

function differences(before: Usage, after: Usage): Usage {
  return {
    memory: after.memory - before.memory,
    handles: after.handles - before.handles,
    threads: after.threads - before.threads,
    files: after.files - before.files,
  };
}

async function soakSteps(): Promise<void> {
  const share = Math.ceil(steps / (backends.length * Object.keys(schemes).length));
  for (const [scheme, parallel] of Object.entries(schemes)) {
    // In a temporary folder, which goes with the last session.
    const program = await compiled(parallel);
    const sessions = await Promise.all(backends.map((backend) => attach(program, { backend })));
    for (const session of sessions) {
      const step = stepper(program, session);
      await soak(`steps, ${scheme}, ${session.backend}`, share, () => step());
    }
    for (const session of sessions) await session.release();
  }
}

async function soakAttaches(folder: string): Promise<void> {
  const program = await compiled(schemes["ulysses"]!, join(folder, "ulysses"));
  for (const backend of backends) {
    const share = Math.ceil(attaches / backends.length);
    // Nothing is collected late: the heaps of ranks are, before they wait.
    await soak(`attach, a step, release, ${backend}`, share, () => attachAndRelease(program, backend), noise / 8);
  }
}

const temporary = mkdtempSync(join(tmpdir(), "soak-"));
const folder = mkdtempSync(join(tmpdir(), "soak-"));
process.env["TMPDIR"] = temporary;
print("| work | times | s | MiB resident | handles | threads | temporary files |\n|---|---|---|---|---|---|---|");
try {
  await soakSteps();
  await soakAttaches(folder);
  const all = Object.values(schemes);
  await soak("compile", compilations, async (i) => {
    await compiled(all[i % all.length]!, join(folder, `compiled-${i % all.length}`));
  });
} finally {
  for (const path of [temporary, folder]) rmSync(path, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
