/**
 * @file How much a fuzz test does: a little in `npm test`, always the same; much in `npm run fuzz`, from a new seed that is printed. Every
 * input has its limits of time and memory. Knows nothing of what is fuzzed.
 *
 * FUZZ_SECONDS bounds one test of the long run; FUZZ_SEED repeats one.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import * as fc from "fast-check";

const long: boolean = process.env["MODE"] === "long";

export interface Budget {
  readonly short: number;
  readonly long: number;
}

/** Limits of one input. Processor time, so that a busy machine fails nothing; the wall catches what waits. */
const CPU_MS = 5_000;
const WALL_MS = 60_000;
const MEMORY_MB = 500;

const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 1200);
/** What vitest is told: the last input may take its time. */
export const TIMEOUT: number = (long ? SECONDS * 1000 : 0) + 2 * WALL_MS;
const SEED = process.env["FUZZ_SEED"];

/** Distinct faults after which a test stops: more would only hide them. */
const ENOUGH = 12;

/** What `answer` says of every input must be nothing. Prints how many inputs were tried and the hardest of them. */
export async function fuzz<T>(
  what: string,
  inputs: fc.Arbitrary<T>,
  budget: Budget,
  answer: (input: T) => Promise<readonly string[]>,
): Promise<void> {
  const seed = SEED === undefined ? (long ? Date.now() % 2 ** 31 : 6) : Number(SEED);
  const until = performance.now() + SECONDS * 1000;
  const faults = new Map<string, string>();
  const worst = { milliseconds: 0, megabytes: 0 };
  let count = 0;
  for (const input of generated(inputs, seed, long ? budget.long : budget.short)) {
    if (faults.size >= ENOUGH || (long && performance.now() > until)) break;
    const text = fc.stringify(input);
    if (long) leaveBehind(what, text);
    for (const fault of await faultsIn(() => answer(input), worst)) if (!faults.has(fault)) faults.set(fault, text);
    count += 1;
  }
  const most = `at most ${Math.round(worst.milliseconds)} ms and ${Math.round(worst.megabytes)} MB for one`;
  process.stdout.write(`${what}: ${count} inputs, seed ${seed}, ${most}\n`);
  expect(Object.fromEntries([...faults].map(([fault, input]) => [fault, input.slice(0, 800)]))).toEqual({});
  expect(count).toBeGreaterThan(0);
}

/** The same inputs for the same seed, one at a time: a hundred thousand need not fit into memory. */
function* generated<T>(inputs: fc.Arbitrary<T>, seed: number, count: number): Generator<T> {
  const block = 500;
  for (let made = 0; made < count; made += block) {
    yield* fc.sample(inputs, { seed: seed + made, numRuns: Math.min(block, count - made) });
  }
}

async function faultsIn(
  answer: () => Promise<readonly string[]>,
  worst: { milliseconds: number; megabytes: number },
): Promise<readonly string[]> {
  const [wall, cpu, peak] = [performance.now(), process.cpuUsage(), process.resourceUsage().maxRSS];
  const faults = await answer().catch((error: unknown) => [`exception: ${briefly(error)}`]);
  const { user, system } = process.cpuUsage(cpu);
  const took = (user + system) / 1000;
  const grown = (process.resourceUsage().maxRSS - peak) / 1024;
  worst.milliseconds = Math.max(worst.milliseconds, took);
  worst.megabytes = Math.max(worst.megabytes, grown);
  return [
    ...faults,
    ...(took > CPU_MS || performance.now() - wall > WALL_MS ? ["takes too long"] : []),
    ...(grown > MEMORY_MB ? ["takes too much memory"] : []),
    ...pollution(),
  ];
}

const innocent = [Object.prototype, Array.prototype].map((prototype) => Reflect.ownKeys(prototype).length);

function pollution(): readonly string[] {
  const now = [Object.prototype, Array.prototype].map((prototype) => Reflect.ownKeys(prototype).length);
  return now.every((keys, i) => keys === innocent[i]) ? [] : ["a prototype has changed"];
}

/** The message and the first places: what is the same for the same fault. */
function briefly(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, ...places] = (error.stack ?? "").split("\n    at ");
  return [`${error.name} ${error.message}`.slice(0, 200), ...places.slice(0, 3)].join(" < ");
}

/** So that an input that ends the process is not lost with it. */
function leaveBehind(what: string, text: string): void {
  writeFileSync(join(tmpdir(), `onnx-cp-fuzz-${what.replaceAll(/\W+/g, "-")}.txt`), text);
}
