/**
 * @file `npm run bench:size -- [MODEL [TIMES]]`, for example `flux 1,2,4`: time and memory of `inspect`, `check` and `compile` for models of
 * real size, by number of blocks. The weights are sparse files: they have the real size, and nobody may read them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure } from "./size/measure.ts";
import { models, writeSized } from "./size/models.ts";
import type { SizedModel, Written } from "./size/models.ts";

const TIMES = [0.25, 0.5, 1, 2, 4];
const ROUNDS = 3;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** The options of each command; the degrees are those of a common node of 4 devices. */
function commandsOf({ model, plan }: Written, folder: string): readonly (readonly string[])[] {
  const given = [plan, "--model", model, "--ulysses-degree", "2", "--ring-degree", "2"];
  return [
    ["inspect", model],
    ["check", ...given],
    ["compile", ...given, "--out", join(folder, "program")],
  ];
}

function row(sized: SizedModel, times: number, folder: string): string {
  const written = writeSized(sized, times, folder);
  const cells = commandsOf(written, folder).flatMap((command) => {
    const taken = Array.from({ length: ROUNDS }, () => measure(command));
    const read = Math.max(...taken.map(({ read }) => read ?? Number.NaN));
    return [
      median(taken.map(({ seconds }) => seconds)).toFixed(1),
      Math.max(...taken.map(({ memory }) => memory)).toFixed(0),
      read.toFixed(0),
    ];
  });
  const { nodes, weightBytes, graphBytes } = written;
  const size = [nodes, (graphBytes / 2 ** 20).toFixed(1), (weightBytes / 1e9).toFixed(1)];
  return `| ${sized.name} x ${times} | ${[...size, ...cells].join(" | ")} |`;
}

function main(): void {
  const [name, list] = process.argv.slice(2);
  const chosen = Object.entries(models).filter(([key]) => name === undefined || key === name);
  if (chosen.length === 0) throw new Error(`there is no model ${name}: give one of ${Object.keys(models).join(", ")}`);
  const times = list === undefined ? TIMES : list.split(",").map(Number);
  const of = (command: string): string => `${command}, s | MiB | read, MiB`;
  print(`median time of ${ROUNDS} processes each, largest memory, bytes read including those of the program itself\n`);
  print(`| blocks | nodes | graph, MiB | weights, GB | ${of("inspect")} | ${of("check")} | ${of("compile")} |`);
  print(`|${"---|".repeat(13)}`);
  for (const [, model] of chosen) {
    for (const each of times) {
      const folder = mkdtempSync(join(tmpdir(), "size-bench-"));
      try {
        print(row(model, each, folder));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
}

main();
