/**
 * @file `npm run bench:backends -- MODEL PLAN LENGTHS [ROUNDS]`, for example `flux.onnx flux.plan.json img=4096,txt=128 5`: time and memory of
 * a model split over two ranks, on both backends, against the unsplit model in one session with as many threads. Each is a process;
 * for memory it is alone, for time they take turns. Memory is read from /proc, so on Linux only.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compilePlan } from "../index.ts";
import type { Served, ServerConfig } from "./server.ts";

const RANKS = 2;
const RUNS_ALONE = 3;
const SAMPLE_MS = 20;
const meshes = {
  ulysses: { ulysses_degree: RANKS },
  ring: { ring_degree: RANKS, rotate_method: "alltoall" },
} as const;

interface Side {
  readonly name: string;
  readonly config: ServerConfig;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

async function startServer({ config }: Side): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("server.js", import.meta.url));
  const server = fork(script, [JSON.stringify(config)]);
  await once(server, "message");
  return server;
}

async function run(server: ChildProcess): Promise<Served> {
  server.send("run");
  const [served] = (await once(server, "message")) as [Served];
  return served;
}

async function stop(server: ChildProcess): Promise<void> {
  server.kill("SIGKILL");
  await once(server, "exit");
}

/** A number of a file of /proc, in MiB. */
function mebibytes(server: ChildProcess, file: string, field: string): number {
  const text = readFileSync(`/proc/${server.pid}/${file}`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
}

/** Largest proportional set size that was seen, and the largest resident set. */
async function memoryOf(side: Side): Promise<{ readonly pss: number; readonly rss: number }> {
  const server = await startServer(side);
  let pss = 0;
  const sampling = setInterval(() => {
    pss = Math.max(pss, mebibytes(server, "smaps_rollup", "Pss"));
  }, SAMPLE_MS);
  for (let i = 0; i < RUNS_ALONE; i++) await run(server);
  clearInterval(sampling);
  const rss = mebibytes(server, "status", "VmHWM");
  await stop(server);
  return { pss, rss };
}

async function timesOf(sides: readonly Side[], rounds: number): Promise<readonly (readonly Served[])[]> {
  const servers = await Promise.all(sides.map(startServer));
  const times: Served[][] = servers.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, server] of servers.entries()) {
      const served = await run(server);
      // The first takes its memory.
      if (round > 0) times[i]!.push(served);
    }
  }
  await Promise.all(servers.map(stop));
  return times;
}

async function sidesOf(
  folder: string,
  [model, plan]: readonly [string, string],
  lengths: ServerConfig["lengths"],
): Promise<readonly Side[]> {
  const common = { model, lengths, threads: RANKS };
  const sides: Side[] = [{ name: "one session", config: { ...common, kind: "plain", program: "" } }];
  for (const [name, parallel] of Object.entries(meshes)) {
    const program = join(folder, name);
    const compiled = await compilePlan({ model, plan, parallel, out: program });
    if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join("\n"));
    for (const kind of ["native", "binding"] as const) {
      sides.push({ name: `${name} ${RANKS}, ${kind}`, config: { ...common, kind, program } });
    }
  }
  return sides;
}

async function main(): Promise<void> {
  const [model, plan, list, rounds = "5"] = process.argv.slice(2);
  if (model === undefined || plan === undefined || list === undefined) throw new Error("give MODEL PLAN LENGTHS");
  const lengths = Object.fromEntries(
    list.split(",").map((pair) => [pair.split("=")[0]!, Number(pair.split("=")[1])] as const),
  );
  const folder = mkdtempSync(join(tmpdir(), "backends-bench-"));
  try {
    const sides = await sidesOf(folder, [model, plan], lengths);
    await printMemory(sides);
    if (Number(rounds) > 0) await printTimes(sides, Number(rounds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function printMemory(sides: readonly Side[]): Promise<void> {
  print("| alone | peak PSS, MiB | ratio | peak RSS, MiB |\n|---|---|---|---|");
  let first: number | undefined;
  for (const side of sides) {
    const { pss, rss } = await memoryOf(side);
    first ??= pss;
    print(`| ${side.name} | ${pss.toFixed(0)} | ${(pss / first).toFixed(2)} | ${rss.toFixed(0)} |`);
  }
}

/** Ratios are medians over the rounds, each against the first side in the same round. */
async function printTimes(sides: readonly Side[], rounds: number): Promise<void> {
  const times = await timesOf(sides, rounds);
  print("\n| in turns | ms | ratio | least ms | processor ms | ratio |\n|---|---|---|---|---|---|");
  for (const [i, { name }] of sides.entries()) {
    const cell = (of: keyof Served): string => median(times[i]!.map((one) => one[of])).toFixed(0);
    const ratio = (of: keyof Served): string =>
      median(times[i]!.map((one, round) => one[of] / times[0]![round]![of])).toFixed(2);
    const least = Math.min(...times[i]!.map(({ milliseconds }) => milliseconds)).toFixed(0);
    const cells = [cell("milliseconds"), ratio("milliseconds"), least, cell("processor"), ratio("processor")];
    print(`| ${name} | ${cells.join(" | ")} |`);
  }
}

await main();
