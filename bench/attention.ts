/**
 * @file `npm run bench:attention -- [TOKENS [ROUNDS]]`: time and memory of each form of attention on one core, as the compiler emits it and
 * as plain operators. A part has half the tokens as its keys. Each measurement runs in its own process; the two models alternate.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { forms, HEADS } from "./attention-models.ts";
import type { Kind } from "./attention-models.ts";
import type { Measurement, Model } from "./attention-once.ts";

const RUNS = 3;
const MODELS: readonly Model[] = ["plain operators", "emitted"];
const [tokens = 4096, rounds = 1] = process.argv.slice(2).map(Number);
const script = fileURLToPath(new URL("attention-once.js", import.meta.url));

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

function measure(kind: Kind, form: string, model: Model): Measurement {
  const lengths = [tokens, kind === "whole" ? tokens : tokens / 2].map(String);
  return JSON.parse(
    execFileSync(process.execPath, [script, kind, form, model, ...lengths, String(RUNS)]).toString(),
  ) as Measurement;
}

function row(kind: Kind, form: string): string {
  const taken = Array.from({ length: rounds }, () => MODELS.map((model) => measure(kind, form, model)));
  const [plain, own] = MODELS.map((_, i) => {
    const all = taken.map((pair) => pair[i]!);
    return {
      milliseconds: median(all.flatMap(({ milliseconds }) => milliseconds)),
      memory: median(all.map(({ memory }) => memory)),
    };
  });
  const times = [plain!.milliseconds, own!.milliseconds].map((x) => x.toFixed(1));
  const ratio = (own!.milliseconds / plain!.milliseconds).toFixed(2);
  return `| ${kind}, ${form} | ${times.join(" | ")} | ${ratio} | ${plain!.memory.toFixed(0)} | ${own!.memory.toFixed(0)} |`;
}

print(`${tokens} queries and keys, a part half the keys; ${HEADS} heads of 64, float32, one thread`);
print("| attention | plain, ms | emitted, ms | ratio | plain, MiB | emitted, MiB |\n|---|---|---|---|---|---|");
for (const kind of ["whole", "part"] as const)
  // The pattern of a part is in its mask.
  for (const form of Object.keys(forms)) if (kind === "whole" || form !== "causal") print(row(kind, form));
