/**
 * @file Infers a plan for one export without a hint, verifies it in every scheme, and compares it with the family's shipped plan. Knows no
 * page.
 */
import { lengthsIn } from "../../cli/run/unsplit.ts";
import { bytesByFormula } from "../../cli/bench/bytes.ts";
import { tooFewHeads } from "../../compiler/diagnostics/catalog/shard.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { readPlanFile, readPlanText } from "../../compiler/plan/read.ts";
import type { MeshConfig, Plan } from "../../compiler/plan/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { Model } from "../../compiler/graph/types.ts";
import { inferPlan } from "../../infer/infer.ts";
import { shareSplit } from "../../gain/share.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { codesOf } from "../attention/cell.ts";
import { shippedPlan } from "../support/compiled.ts";
import { fits, sampleFile, type Export } from "../support/exports.ts";
import { fixture, fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

export const schemes: readonly MeshName[] = [
  "ulysses 2",
  "ulysses 4",
  "ring 2",
  "ring 4",
  "rotating ring 2",
  "rotating ring 4",
  "unified 2 x 2",
  "rotating unified 2 x 2",
];

/** The refusal of a scheme that needs more heads than a model has, whatever the plan. */
export const TOO_FEW_HEADS: string = tooFewHeads.code;

/** The schemes whose bytes are shown, for two and four ranks. */
export const compared: readonly MeshName[] = ["ulysses 2", "unified 2 x 2"];

/** What a plan costs: the largest number of bytes that a rank sends, by scheme, and the share of the work that ranks divide. */
export interface Costs {
  readonly bytes: readonly number[];
  readonly share: number;
}

export interface Inferred {
  readonly size: string;
  /** The inferred plan on one line for each entry. */
  readonly entries: readonly string[];
  readonly shipped: Costs;
  readonly inferred: Costs;
  /** The largest difference to the unsplit model in any value, by scheme; the codes of a refusal; or what is wrong. */
  readonly cells: readonly string[];
}

export async function inferredFor(source: Export, meshNames: readonly MeshName[]): Promise<Inferred> {
  const model = await fixtureModel(source.file);
  const graph = valueOf(await canonicalise(model));
  const { size, feeds } = await sampleOf(source, model);
  const found = await inferPlan({ model: fixture(source.file) });
  if (!found.ok) throw new Error(codesOf(found.diagnostics).join(", "));
  const plan = valueOf(await readPlanText(found.text, "inferred.plan.jsonc"));
  const shipped = valueOf(await readPlanFile(shippedPlan(source.family)));
  const cells: string[] = [];
  for (const name of meshNames) {
    const mesh = meshes[name];
    const sharded = shard(valueOf(bindPlan(graph, plan)), { ...mesh, mesh });
    cells.push(sharded.ok ? await verified(sharded.value, feeds) : codesOf(sharded.diagnostics).join(", "));
  }
  const { $model: _, ...entries } = found.plan;
  return {
    size,
    entries: Object.entries(entries).map(([key, entry]) => `${JSON.stringify(key)}: ${JSON.stringify(entry)}`),
    shipped: costsOf(model, graph, shipped, feeds),
    inferred: costsOf(model, graph, plan, feeds),
    cells,
  };
}

/** The last sample that the export takes: its lengths divide least. */
async function sampleOf(source: Export, model: Model): Promise<{ readonly size: string; readonly feeds: OrtTensors }> {
  for (const size of source.sizes.toReversed()) {
    const feeds = await fixtureTensors(sampleFile(source, size, "inputs"));
    if (fits(model, feeds)) return { size, feeds };
  }
  throw new Error(`no sample fits ${source.file}`);
}

function shardedBy(graph: CanonicalGraph, plan: Plan, mesh: MeshConfig): ShardedGraph {
  return valueOf(shard(valueOf(bindPlan(graph, plan)), { ...mesh, mesh }));
}

async function verified(sharded: ShardedGraph, feeds: OrtTensors): Promise<string> {
  const report = await simulate(sharded, feeds);
  if (!report.ok) return codesOf(report.diagnostics).join(", ");
  const { wrong, differences } = report.value;
  return wrong === null ? shortNumber(Math.max(...differences.values())) : `WRONG: ${wrong.value}`;
}

function costsOf(model: Model, graph: CanonicalGraph, plan: Plan, feeds: OrtTensors): Costs {
  const lengths = lengthsIn(graph, feeds);
  const bytes = compared.map((name) => {
    const mesh = meshes[name];
    const sharded = shardedBy(graph, plan, mesh);
    const { program } = valueOf(lower(sharded, { model, data: [], options: mesh, hooks: [], notes: [] }));
    return Math.max(...bytesByFormula(program, lengths));
  });
  return { bytes, share: shareSplit(shardedBy(graph, plan, meshes["ulysses 2"]), lengths) };
}

function shortNumber(value: number): string {
  return value === 0 ? "0" : value.toExponential(0).replace("e+0", "");
}
