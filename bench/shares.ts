/**
 * @file `npm run bench:shares -- MODEL PLAN LENGTHS [ROUNDS]`, for example `flux.onnx flux.plan.json img=1024,txt=128 5`: two ranks, each
 * thread pinned to its own core, one of which a busy process takes half of; equal shares and 2,1 take turns. Linux only (/proc, taskset).
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attach, compilePlan, type CompiledProgram, type Session } from "../index.ts";
import type { Feeds } from "../runtime/caller/check-inputs.ts";

const RANKS = 2;
/** Rank i runs on core i; the last one is shared. */
const SLOW_CORE = RANKS - 1;
const SIDES = [
  { name: "equal", shares: [1, 1] },
  { name: "2,1", shares: [2, 1] },
] as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Clock ticks that a thread of this process has run; 0 where it has ended. */
function ticksOf(thread: number): number {
  try {
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, "utf8").split(") ")[1]!.split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

const threads = (): readonly number[] => readdirSync("/proc/self/task").map(Number);

/** Attaches, runs once, and pins the rank threads: of the new threads, those that compute, in order of their start. */
async function pinned(compiled: CompiledProgram, shares: readonly number[], feeds: Feeds): Promise<Session> {
  const before = new Set(threads());
  const session = await attach(compiled, { shares, backend: "binding" });
  await session.run(feeds);
  const ticks = threads()
    .filter((thread) => !before.has(thread))
    .map((thread) => [thread, ticksOf(thread)] as const);
  const busiest = ticks.toSorted(([, a], [, b]) => b - a).slice(0, RANKS);
  for (const [core, [thread]] of busiest.toSorted(([a], [b]) => a - b).entries())
    execFileSync("taskset", ["-pc", String(core), String(thread)]);
  return session;
}

function feedsOf({ program }: CompiledProgram, lengths: Readonly<Record<string, number>>): Feeds {
  return Object.fromEntries(
    program.inputs.map(({ name, dims }) => {
      const extents = dims.map((dim) => (typeof dim === "number" ? dim : (lengths[String(dim)] ?? 1)));
      const data = Float32Array.from({ length: extents.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
      return [name, { type: "float32", dims: extents, data }];
    }),
  );
}

async function measure(compiled: CompiledProgram, feeds: Feeds, rounds: number): Promise<void> {
  const sessions: Session[] = [];
  let busy: ChildProcess | undefined;
  try {
    for (const { shares } of SIDES) sessions.push(await pinned(compiled, shares, feeds));
    busy = spawn("taskset", ["-c", String(SLOW_CORE), process.execPath, "-e", "for (;;) {}"], { stdio: "ignore" });
    const times: number[][] = sessions.map(() => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [i, session] of sessions.entries()) {
        await session.run(feeds);
        // In the first round the busy process starts.
        if (round > 0) times[i]!.push(session.lastRun!.milliseconds);
      }
    }
    report(times);
  } finally {
    busy?.kill("SIGKILL");
    await Promise.all(sessions.map((session) => session.release()));
  }
}

/** The ratio is the median over the rounds, each against equal shares in the same round. */
function report(times: readonly (readonly number[])[]): void {
  print("| shares | ms | times faster |\n|---|---|---|");
  for (const [i, { name }] of SIDES.entries()) {
    const ratio = median(times[i]!.map((one, round) => times[0]![round]! / one));
    print(`| ${name} | ${median(times[i]!).toFixed(0)} | ${ratio.toFixed(2)} |`);
  }
}

async function main(): Promise<void> {
  const [model, plan, list, rounds = "5"] = process.argv.slice(2);
  if (model === undefined || plan === undefined || list === undefined) throw new Error("give MODEL PLAN LENGTHS");
  const lengths = Object.fromEntries(list.split(",").map((pair) => [pair.split("=")[0]!, Number(pair.split("=")[1])]));
  const folder = mkdtempSync(join(tmpdir(), "shares-bench-"));
  try {
    const compiled = await compilePlan({
      model,
      plan,
      parallel: { ulysses_degree: RANKS },
      out: join(folder, "program"),
    });
    if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join("\n"));
    await measure(compiled.program, feedsOf(compiled.program, lengths), Number(rounds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
