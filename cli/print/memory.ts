/**
 * @file `check --explain`: the memory that a program will take, at the lengths that are known or at sample lengths.
 */
import type { Stages } from "../../compiler/compile.ts";
import { withinLimits } from "../../compiler/expr/expr.ts";
import { openInputs } from "../../gain/gain.ts";
import { chosenLengths } from "../../compiler/simulate/inputs/lengths.ts";
import { memoryOf } from "../../memory/memory.ts";
import type { ProgramMemory } from "../../memory/memory.ts";
import { table } from "./table.ts";

export interface MemoryReport {
  /** The lengths that it holds for. */
  readonly lengths: Readonly<Record<string, number>>;
  /** Whether these were chosen, as for `--simulate`; without lengths there is nothing to choose. */
  readonly sample: boolean;
  /** Bytes. */
  readonly per_rank: Pick<ProgramMemory["perRank"], "values" | "exchange">;
  /** Bytes. */
  readonly process: ProgramMemory["process"];
  /** The step with the peak of values. */
  readonly at: { readonly step: number; readonly module: string };
  /** Number of values that are not counted, since their size depends on data. */
  readonly unsized: number;
  /** Options that give other lengths. */
  readonly options: readonly string[];
}

/** `null` where a stage is missing, or a size has no value. */
export function memoryReport({ sharded, lowered }: Stages): MemoryReport | null {
  if (!sharded || !lowered) return null;
  return withinLimits(() => {
    const lengths = chosenLengths(sharded);
    const { program, graphs } = lowered;
    const { perRank, process, unsized } = memoryOf(program, graphs, lengths);
    return {
      lengths,
      sample: Object.keys(lengths).length > 0,
      per_rank: { values: perRank.values, exchange: perRank.exchange },
      process,
      at: { step: perRank.step, module: program.steps[perRank.step]?.module ?? "" },
      unsized: unsized.length,
      options: openInputs(program),
    };
  });
}

export function printMemory(report: MemoryReport): string {
  const { lengths, sample, per_rank: rank, process, at, unsized, options } = report;
  const rows: readonly (readonly [string, number | null, number])[] = [
    ["weights", null, process.weights],
    ["values", rank.values, process.values],
    ["exchange", rank.exchange, process.exchange],
    ["feeds", null, process.feeds],
    ["Node and ONNX Runtime", null, process.base],
    ["in all", null, process.total],
  ];
  const cells = rows.map(([part, one, all]) => [part, one === null ? "-" : mebibytes(one), mebibytes(all)]);
  const chosen = Object.entries(lengths).map(([name, length]) => `${name} = ${length}`);
  return [
    `memory on the backend native, predicted${sample ? ` for ${chosen.join(", ")}` : ""}`,
    ...indented(table(["part", "MiB per rank", "MiB of the process"], cells, [1, 2])),
    `  most values at step ${at.step}, in ${at.module === "" ? "the root" : at.module}`,
    ...(unsized === 0 ? [] : [`  not counted: ${unsized} values whose size depends on data`]),
    ...(sample ? [`  these are sample lengths; give yours with ${options.join(" ")}`] : []),
    "\n",
  ].join("\n");
}

/** For `compile`, at lengths that are fixed. */
export function memoryLine({ per_rank: rank, process }: MemoryReport): string {
  const values = mebibytes(rank.values + rank.exchange);
  return `memory on the backend native: ${mebibytes(process.total)} MiB predicted, ${values} MiB of values per rank\n`;
}

function indented(text: string): readonly string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
}

function mebibytes(bytes: number): string {
  const size = bytes / 2 ** 20;
  return size < 10 ? size.toFixed(1) : size.toFixed(0);
}
