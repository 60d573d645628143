/**
 * @file What the compiler says of one plan on one export: refused and why, or right, and the bytes that its ranks send. Knows no page.
 */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { bytesByFormula } from "../../cli/bench/bytes.ts";
import { compileStages } from "../../compiler/compile.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { fits } from "../support/exports.ts";
import { fixture, fixtureModel, fixtureTensors, texts } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";

export const compared = ["ulysses 2", "ring 2"] as const;
export type Compared = (typeof compared)[number];

/** The note on a whole value that ranks slice to match a split one. */
export const SLICED = "CP4015";

export interface Sample {
  /** `img67-txt13` */
  readonly size: string;
  readonly feeds: OrtTensors;
}

export type Verdict =
  | {
      readonly ok: true;
      /** Largest number of bytes that a rank sends in one run. */
      readonly bytes: number;
      /** Codes of warnings and notes, each once. */
      readonly notes: readonly string[];
      /** The message of each slice that no entry states. */
      readonly slices: readonly string[];
      /** Largest difference to the unsplit model in any value; `null` if not simulated. */
      readonly difference: number | null;
    }
  | { readonly ok: false; /** `CP4001 message` of each error. */ readonly errors: readonly string[] };

/** The last sample that the export takes: its lengths divide least. `file` is relative to `test/`. */
export async function sampleOf(file: string): Promise<Sample> {
  const name = `../${file}`;
  const stem = file.slice(file.lastIndexOf("/") + 1).split(".")[0]!;
  const ending = ".inputs.npz";
  const files = readdirSync(fixture(dirname(name))).filter((it) => it.startsWith(`${stem}.`) && it.endsWith(ending));
  const model = await fixtureModel(name);
  for (const sample of files.sort().toReversed()) {
    const feeds = await fixtureTensors(`${dirname(name)}/${sample}`);
    if (fits(model, feeds)) return { size: sample.slice(stem.length + 1, -ending.length), feeds };
  }
  throw new Error(`no sample fits ${file}`);
}

/** Compiles a plan, and simulates it if `simulated`. */
export async function verdictOf(
  file: string,
  plan: string | ContextParallelPlan,
  mesh: Compared,
  { feeds }: Sample,
  simulated: boolean,
): Promise<Verdict> {
  const { stages, diagnostics } = await compileStages({ model: fixture(`../${file}`), plan, parallel: meshes[mesh] });
  const { sharded, lowered } = stages;
  const errors = texts(diagnostics.filter(({ severity }) => severity === "error"));
  if (errors.length > 0 || sharded === undefined || lowered === undefined) return { ok: false, errors };
  const lengths = Object.fromEntries(
    sharded.graph.lengths.map(({ name, sources: [source] }) => [name, feeds[source!.input]!.dims[source!.axis]!]),
  );
  return {
    ok: true,
    bytes: Math.max(...bytesByFormula(lowered.program, lengths)),
    slices: diagnostics.filter(({ code }) => code === SLICED).map(({ message }) => message),
    notes: [...new Set(diagnostics.map(({ code }) => code))].sort(),
    difference: simulated ? await differenceOf(sharded, feeds) : null,
  };
}

async function differenceOf(...[sharded, feeds]: Parameters<typeof simulate>): Promise<number> {
  const report = await simulate(sharded, feeds);
  if (!report.ok) throw new Error(texts(report.diagnostics).join("\n"));
  if (report.value.wrong !== null) throw new Error(report.value.wrong.diagnostic.message);
  return Math.max(...report.value.differences.values());
}
