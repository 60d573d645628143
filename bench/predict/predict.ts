/**
 * @file The time that `advise` predicts for each case of the benchmark, at the rates that the benchmark measured in the plain session. Runs no
 * program.
 */
import { copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assess } from "../../advise/assess.ts";
import { configOf } from "../../advise/meshes.ts";
import type { CostModel, MeshChoice } from "../../advise/types.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import { meshCompiler } from "../../compiler/meshes.ts";
import { cases } from "../cases.ts";
import type { Case, Scheme } from "../cases.ts";
import type { LimitResult, Results } from "../results.ts";

/** Of this machine, in round numbers, and the same for all cases: memory that two cores share, and an exchange between threads. */
const STATED = { memory: 40e9, latency: 0.1, bandwidth: 10e9 } as const;

/** Of one workload: products alone and attention inside the plain session give the rates of work. */
function costsFrom({ products, attention }: LimitResult): CostModel {
  return {
    work: "measured",
    exchange: "measured",
    shared: true,
    cores: 2,
    products: (products.gflop / products.alone) * 1e12,
    attention: (attention.gflop / attention.inside) * 1e12,
    ...STATED,
    hosts: null,
  };
}

export interface Places {
  /** The repository, which has the graphs and the plans. */
  readonly repository: string;
  /** For models. */
  readonly folder: string;
}

/** Milliseconds by name of the case, of the cases that were measured. */
export async function predictCases({ limits }: Results, places: Places): Promise<Readonly<Record<string, number>>> {
  const programs = new Map<string, LoweredProgram>();
  const predicted: Record<string, number> = {};
  for (const one of cases) {
    const { name, workload, scheme } = one;
    const limit = limits[workload.name];
    if (limit === undefined) continue;
    const choice = choiceOf(scheme);
    // Workloads that differ in their lengths only have the same programs.
    const key = JSON.stringify([workload.model, choice]);
    const program = programs.get(key) ?? (await compile(one, choice, places));
    programs.set(key, program);
    predicted[name] = assess(program, choice, workload.lengths, costsFrom(limit)).milliseconds;
  }
  return predicted;
}

async function compile(
  { workload }: Case,
  choice: MeshChoice,
  { repository, folder }: Places,
): Promise<LoweredProgram> {
  const model = join(folder, `${workload.model}.onnx`);
  copyFileSync(join(repository, "bench", "models", `${workload.model}.onnx`), model);
  // Nobody reads the weights; the reader wants a file that is long enough.
  writeFileSync(`${model}.data`, "");
  truncateSync(`${model}.data`, 2 ** 32);
  const compiler = await meshCompiler({ model, plan: join(repository, "plans", `${workload.plan}.plan.json`) });
  if (!compiler.ok) throw new Error(compiler.diagnostics.map(({ message }) => message).join("\n"));
  const { stages, diagnostics } = await compiler.value.compile(configOf(choice));
  if (stages.lowered === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return stages.lowered;
}

function choiceOf({ parallel }: Scheme): MeshChoice {
  const { ring_degree = 1, ulysses_degree = 1, rotate_method = null } = parallel;
  return { batch_degree: 1, ring_degree, ulysses_degree, rotate_method };
}
