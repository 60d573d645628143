/**
 * @file `npm run bench:ring -- [TOKENS [ROUNDS]]`: time and memory of a ring that gathers all keys against one that rotates them, on 4 and
 * 8 ranks. Each measurement runs in its own process; the two methods alternate.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HEADS, HEAD_SIZE } from "./ring-model.ts";
import type { Measurement, Method } from "./ring-once.ts";

const METHODS: readonly Method[] = ["allgather", "alltoall"];
const RUNS = 2;
const [tokens = 32768, rounds = 3] = process.argv.slice(2).map(Number);
const script = fileURLToPath(new URL("ring-once.js", import.meta.url));

function measure(method: Method, ranks: number): Measurement {
  const out = execFileSync(process.execPath, [script, method, String(ranks), String(tokens), String(RUNS)]);
  return JSON.parse(out.toString()) as Measurement;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function row(method: Method, ranks: number, all: readonly Measurement[]): string {
  const seconds = median(all.flatMap(({ milliseconds }) => milliseconds)) / 1000;
  const memory = median(all.map((one) => one.memory));
  return `| ${ranks} | ${method} | ${seconds.toFixed(2)} | ${memory.toFixed(0)} | ${all[0]!.sent.toFixed(0)} |`;
}

const all = (2 * tokens * HEADS * HEAD_SIZE * 4) / 2 ** 20;
print(`${tokens} tokens, ${HEADS} heads of ${HEAD_SIZE}, float32: keys and values take ${all.toFixed(0)} MiB`);
print(`medians of ${rounds} processes with ${RUNS} runs each, after one that is not counted\n`);
print("| ranks | rotate_method | s per run | peak memory, MiB | sent by a rank, MiB |\n|---|---|---|---|---|");
for (const ranks of [4, 8]) {
  const taken = Array.from({ length: rounds }, () => METHODS.map((method) => measure(method, ranks)));
  METHODS.forEach((method, i) =>
    print(
      row(
        method,
        ranks,
        taken.map((pair) => pair[i]!),
      ),
    ),
  );
}
