/**
 * @file Infers a plan for an export that nobody wrote a plan for, and verifies it in every scheme at every sample. Knows no page.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { tooFewHeads } from "../../compiler/diagnostics/catalog/shard.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { readModel } from "../../compiler/graph/read.ts";
import type { Model } from "../../compiler/graph/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { readPlanFile, readPlanText } from "../../compiler/plan/read.ts";
import type { Plan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { lengthsIn } from "../../cli/run/unsplit.ts";
import { bytesByFormula } from "../../cli/bench/bytes.ts";
import { inferPlan } from "../../infer/infer.ts";
import { shareSplit } from "../../gain/share.ts";
import { readNpz } from "../../ort/files/npz.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { shippedPlan } from "../support/compiled.ts";
import { valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

/** Every way to attend, on two ranks and on four. */
export const schemes: readonly MeshName[] = [
  "ulysses 2",
  "ring 2",
  "rotating ring 2",
  "unified 2 x 2",
  "rotating ring 4",
];

/** What `tools/export_others.py` reports of one export: its class, the exporter, and why there is no file. */
export interface Other {
  /** `bert.dynamo18` */
  readonly name: string;
  readonly model: string;
  readonly exporter: string;
  readonly failed?: string;
}

/** The result of one export. */
export interface Tried extends Verified {
  readonly other: Other;
  /** Why there is no plan; the rest is then missing. */
  readonly refused: string | null;
  readonly entries: number;
  /** The same of the plan of `plans/`, if there is one for this export. */
  readonly shipped: Verified | null;
}

/** What a plan gives. */
export interface Verified {
  /** At the last sample: the share of the work that ranks divide, and the bytes that a rank sends under Ulysses 2 or a ring of 2. */
  readonly share: number;
  readonly bytes: number;
  /** The largest difference to the unsplit model by scheme; the code of a refusal; or what is wrong. */
  readonly cells: readonly string[];
}

/** The exports of a folder, in order of name. */
export function othersIn(folder: string): readonly Other[] {
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Record<string, Omit<Other, "name">>;
  return Object.entries(report).map(([name, rest]) => ({ name, ...rest }));
}

/** Rounding may explain a difference, and hide a wrong result. */
const CANNOT_JUDGE = "CP5512";

/** Infers a plan for an export of a folder, and verifies it in the schemes that are named, in all of them beside a plan of `plans/` if there is one. */
export async function tried(other: Other, folder: string, names: readonly MeshName[] = schemes): Promise<Tried> {
  const nothing = { other, entries: 0, share: 0, bytes: 0, cells: [], shipped: null };
  if (other.failed !== undefined) return { ...nothing, refused: `no export: ${other.failed}` };
  const file = join(folder, `${other.name}.onnx`);
  const found = await inferPlan({ model: file });
  if (!found.ok) return { ...nothing, refused: textOf(found.diagnostics) };
  const model = valueOf(await readModel(file));
  const graph = valueOf(await canonicalise(model));
  const given = { model, graph, samples: await samplesOf(other, folder), names };
  const own = await verifiedIn(given, valueOf(await readPlanText(found.text, "inferred.plan.jsonc")));
  const path = shippedPlan(other.name.split(".")[0]!);
  const shipped =
    names === schemes && existsSync(path) ? await verifiedIn(given, valueOf(await readPlanFile(path))) : null;
  const { $model: _, ...entries } = found.plan;
  return { other, refused: null, entries: Object.keys(entries).length, ...own, shipped };
}

interface Given {
  readonly model: Model;
  readonly graph: CanonicalGraph;
  readonly samples: readonly OrtTensors[];
  readonly names: readonly MeshName[];
}

async function verifiedIn({ model, graph, samples, names }: Given, plan: Plan): Promise<Verified> {
  const cells: string[] = [];
  for (const name of names) cells.push(await verified(graph, plan, name, samples));
  return { ...costs(model, graph, plan, samples), cells };
}

function textOf(diagnostics: readonly Diagnostic[]): string {
  const error = diagnostics.find(({ severity }) => severity === "error");
  return error === undefined ? "" : `${error.code}: ${error.message}`;
}

async function samplesOf({ name }: Other, folder: string): Promise<readonly OrtTensors[]> {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`) && file.endsWith(".inputs.npz"));
  return Promise.all(files.map(async (file) => valueOf(await readNpz(join(folder, basename(file))))));
}

async function verified(
  graph: CanonicalGraph,
  plan: Plan,
  name: MeshName,
  samples: readonly OrtTensors[],
): Promise<string> {
  const mesh = meshes[name];
  const sharded = shard(valueOf(bindPlan(graph, plan)), { ...mesh, mesh });
  if (!sharded.ok) return codeOf(sharded.diagnostics);
  let worst = 0;
  for (const feeds of samples) {
    const report = await simulate(sharded.value, feeds);
    if (!report.ok) return codeOf(report.diagnostics);
    const { wrong } = report.value;
    if (wrong?.diagnostic.code === CANNOT_JUDGE) return CANNOT_JUDGE;
    if (wrong !== null) return `WRONG: ${wrong.value}`;
    worst = Math.max(worst, ...report.value.differences.values());
  }
  return worst === 0 ? "0" : worst.toExponential(0).replace("e+0", "");
}

function codeOf(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.find(({ severity }) => severity === "error")?.code ?? "?";
}

/** A model with an odd number of heads has no Ulysses: a ring of two has the same layouts. */
function costs(
  model: Model,
  graph: CanonicalGraph,
  plan: Plan,
  samples: readonly OrtTensors[],
): Pick<Tried, "share" | "bytes"> {
  const feeds = samples.at(-1) ?? {};
  const lengths = lengthsIn(graph, feeds);
  const bound = valueOf(bindPlan(graph, plan));
  const first = shard(bound, { ...meshes["ulysses 2"], mesh: meshes["ulysses 2"] });
  const isRing = first.diagnostics.some(({ code }) => code === tooFewHeads.code);
  const mesh = meshes[isRing ? "ring 2" : "ulysses 2"];
  const sharded = isRing ? valueOf(shard(bound, { ...mesh, mesh })) : valueOf(first);
  const { program } = valueOf(lower(sharded, { model, data: [], options: mesh, hooks: [], notes: [] }));
  return { share: shareSplit(sharded, lengths), bytes: Math.max(...bytesByFormula(program, lengths)) };
}
