/**
 * @file `npm run soak [-- STEPS ATTACHES COMPILATIONS]`: many steps, sessions and compilations in one process, and what it holds after a
 * warm-up and at the end. Ends with 1 if anything has grown.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attach } from "../../index.ts";
import { usage } from "./usage.ts";
import type { Usage } from "./usage.ts";
import { attachAndRelease, backends, compiled, schemes, stepper } from "./work.ts";

const [steps = 5_000, attaches = 200, compilations = 100] = process.argv.slice(2).map(Number);

/** The part of the work that is the warm-up. */
const WARM_UP = 0.2;
/** What memory may grow by, MiB: heaps of threads are collected when V8 likes. */
const NOISE_MIB = 24;

let failed = false;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function soak(name: string, times: number, work: (index: number) => Promise<void>): Promise<void> {
  const warm = Math.ceil(times * WARM_UP);
  for (let i = 0; i < warm; i++) await work(i);
  const before = await usage();
  const begun = performance.now();
  for (let i = warm; i < times; i++) await work(i);
  const seconds = (performance.now() - begun) / 1000;
  const after = await usage();
  const { memory, handles, threads, files } = differences(before, after);
  const grown = memory > NOISE_MIB || handles > 0 || threads > 0 || files > 0;
  failed ||= grown;
  const cells = [
    name,
    times,
    seconds.toFixed(1),
    pair(before.memory, after.memory),
    pair(before.handles, after.handles),
  ];
  print(
    `| ${[...cells, pair(before.threads, after.threads), pair(before.files, after.files)].join(" | ")} |${grown ? " GROWN" : ""}`,
  );
}

function differences(before: Usage, after: Usage): Usage {
  return {
    memory: after.memory - before.memory,
    handles: after.handles - before.handles,
    threads: after.threads - before.threads,
    files: after.files - before.files,
  };
}

function pair(before: number, after: number): string {
  return `${Math.round(before)}, ${Math.round(after)}`;
}

async function soakSteps(): Promise<void> {
  const share = Math.ceil(steps / (backends.length * Object.keys(schemes).length));
  for (const [scheme, parallel] of Object.entries(schemes)) {
    for (const backend of backends) {
      const program = await compiled(parallel);
      const session = await attach(program, { backend });
      const step = stepper(program, session);
      await soak(`steps, ${scheme}, ${backend}`, share, () => step());
      await session.release();
    }
  }
}

async function soakAttaches(folder: string): Promise<void> {
  const program = await compiled(schemes["ulysses"]!, join(folder, "attached"));
  for (const backend of backends) {
    const share = Math.ceil(attaches / backends.length);
    await soak(`attach, a step, release, ${backend}`, share, () => attachAndRelease(program, backend));
  }
}

const temporary = mkdtempSync(join(tmpdir(), "soak-"));
const folder = mkdtempSync(join(tmpdir(), "soak-"));
process.env["TMPDIR"] = temporary;
print(
  "| work | times | s | MiB resident: warm, end | handles | threads | temporary files |\n|---|---|---|---|---|---|---|",
);
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
