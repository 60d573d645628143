/**
 * @file Measures one committed export under its family's plan: every scheme at every length that the export allows, in the simulator and on
 * worker threads. Knows no page.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileStages, type Stages } from "../../compiler/compile.ts";
import { evaluate } from "../../compiler/expr/expr.ts";
import type { Model } from "../../compiler/graph/types.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { canonicalOutputs, unsplitSession } from "../../cli/run/unsplit.ts";
import { OrtError } from "../../ort/session.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { compareOutputs, compareTensors } from "../../runtime/verify.ts";
import { codesOf } from "../attention/cell.ts";
import { schemeName, type Scheme } from "../attention/schemes.ts";
import { outputsOf, shippedPlan } from "../support/compiled.ts";
import { fits, sampleFile, type Export } from "../support/exports.ts";
import { fixture, fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { number } from "./page.ts";

export const modelSchemes: readonly Scheme[] = [
  { ring: 1, ulysses: 2, rotate: "allgather" },
  { ring: 1, ulysses: 4, rotate: "allgather" },
  { ring: 2, ulysses: 1, rotate: "allgather" },
  { ring: 4, ulysses: 1, rotate: "allgather" },
  { ring: 2, ulysses: 1, rotate: "alltoall" },
  { ring: 4, ulysses: 1, rotate: "alltoall" },
  { ring: 2, ulysses: 2, rotate: "allgather" },
  { ring: 2, ulysses: 2, rotate: "alltoall" },
];

/** For exports with a batch of 2. */
export const batchSchemes: readonly Scheme[] = [
  { batch: 2, ring: 1, ulysses: 1, rotate: "allgather" },
  { batch: 2, ring: 1, ulysses: 2, rotate: "allgather" },
  { batch: 2, ring: 2, ulysses: 1, rotate: "alltoall" },
  { batch: 2, ring: 2, ulysses: 2, rotate: "alltoall" },
];

/** One export at one set of lengths. */
export interface Row {
  readonly size: string;
  /** Every length that the plan splits. */
  readonly split: readonly number[];
  /** By scheme: `simulator / run`, the codes of a refusal, or what is wrong. */
  readonly cells: Readonly<Record<string, string>>;
  /** Largest difference of any run to what torch gave. */
  readonly torch: number;
}

interface Sample {
  readonly size: string;
  readonly feeds: OrtTensors;
  readonly unsplit: OrtTensors;
  readonly torch: OrtTensors;
}

/** One row for each of its sizes that the export takes. */
export async function measureModel(source: Export): Promise<readonly Row[]> {
  return measure(source, modelSchemes, await samplesOf(source, await fixtureModel(source.file)));
}

/** One row for each of its sizes with a batch of 2 that the export takes. */
export async function measureBatch(source: Export): Promise<readonly Row[]> {
  const samples = await samplesOf(source, await fixtureModel(source.file));
  return measure(
    source,
    batchSchemes,
    samples.filter(({ feeds }) => feeds["hidden_states"]?.dims[0] === 2),
  );
}

async function measure(
  source: Export,
  schemes: readonly Scheme[],
  samples: readonly Sample[],
): Promise<readonly Row[]> {
  if (samples.length === 0) return [];
  const rows = samples.map(({ size }) => ({
    size,
    split: [] as readonly number[],
    cells: {} as Record<string, string>,
    torch: 0,
  }));
  for (const scheme of schemes) {
    const name = schemeName(scheme);
    const { stages, refused } = await compiled(source, scheme);
    if (stages.sharded === undefined || stages.lowered === undefined) {
      for (const row of rows) row.cells[name] = refused;
      continue;
    }
    const ran = await run(stages, samples);
    for (const [i, sample] of samples.entries()) {
      const row = rows[i]!;
      row.cells[name] = `${await bySimulator(stages.sharded, sample.feeds)} / ${byRun(ran[i]!, sample)}`;
      row.torch = Math.max(row.torch, worst(againstTorch(source, ran[i]!, sample)));
      if (againstTorch(source, ran[i]!, sample).some(({ ok }) => !ok)) row.cells[name] += " WRONG: not torch's";
      row.split = splitLengths(stages.sharded, sample.feeds);
    }
  }
  return rows;
}

async function samplesOf(source: Export, model: Model): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const size of source.sizes) {
    const feeds = await fixtureTensors(sampleFile(source, size, "inputs"));
    if (!fits(model, feeds)) continue;
    const torch = await fixtureTensors(sampleFile(source, size, "outputs"));
    samples.push({ size, feeds, torch, unsplit: await unsplit(fixture(source.file), feeds) });
  }
  return samples;
}

/** What onnxruntime makes of the model, or of its canonical form where it refuses the model. */
async function unsplit(file: string, feeds: OrtTensors): Promise<OrtTensors> {
  const session = await unsplitSession(file, 1);
  try {
    return await session.run(feeds);
  } catch (error) {
    const outputs = error instanceof OrtError ? await canonicalOutputs(file, feeds) : null;
    if (outputs === null) throw error;
    return outputs;
  } finally {
    await session.release();
  }
}

async function compiled(
  source: Export,
  scheme: Scheme,
): Promise<{ readonly stages: Stages; readonly refused: string }> {
  const parallel = {
    batch_degree: scheme.batch ?? 1,
    ring_degree: scheme.ring,
    ulysses_degree: scheme.ulysses,
    rotate_method: scheme.rotate,
  };
  const options = { model: fixture(source.file), plan: shippedPlan(source.family), parallel };
  const { stages, diagnostics } = await compileStages(options);
  return { stages, refused: codesOf(diagnostics).join(", ") };
}

async function run({ lowered }: Stages, samples: readonly Sample[]): Promise<readonly OrtTensors[]> {
  const folder = await mkdtemp(join(tmpdir(), "onnx-cp-table-"));
  const session = await attach(valueOf(await writeProgram(lowered!, join(folder, "program"))));
  try {
    const all: OrtTensors[] = [];
    for (const { feeds } of samples) all.push(await outputsOf(session, feeds));
    return all;
  } finally {
    await session.release();
    await rm(folder, { recursive: true, force: true });
  }
}

async function bySimulator(sharded: ShardedGraph, feeds: OrtTensors): Promise<string> {
  const report = await simulate(sharded, feeds);
  if (!report.ok) return codesOf(report.diagnostics).join(", ");
  const { wrong, differences } = report.value;
  return wrong === null ? number(Math.max(...differences.values())) : `WRONG: ${wrong.value}`;
}

function byRun(outputs: OrtTensors, { unsplit: expected }: Sample): string {
  const compared = compareOutputs(outputs, expected);
  const largest = number(worst(compared));
  return compared.every(({ ok }) => ok) ? largest : `WRONG: ${largest}`;
}

/** LTX2's gates multiply the differences that its export has to torch. */
function againstTorch({ family }: Export, outputs: OrtTensors, { torch }: Sample): ReturnType<typeof compareOutputs> {
  const at = family === "ltx2" ? 1e-3 : 1e-4;
  return Object.entries(torch).map(([name, tensor]) =>
    compareTensors(name, outputs[name], tensor, { atol: at, rtol: at }),
  );
}

function worst(compared: ReturnType<typeof compareOutputs>): number {
  return Math.max(...compared.map(({ largest_absolute }) => largest_absolute));
}

/** The length of every segment that an entry of the plan splits, each number once. */
function splitLengths({ graph, steps, layouts }: ShardedGraph, feeds: OrtTensors): readonly number[] {
  const lengths = Object.fromEntries(
    graph.lengths.map(({ name, sources: [source] }) => [name, feeds[source!.input]!.dims[source!.axis]!]),
  );
  const entries = steps.flatMap((step) =>
    step.kind === "local" && step.origin.spec?.action === "split" ? step.node.outputs : [],
  );
  const shards = entries.flatMap((name) => layouts.get(name) ?? []).filter(({ over }) => over !== "batch");
  const segments = shards.flatMap((axis) => axis.segments);
  return [...new Set(segments.map(({ length }) => evaluate(length, lengths)))].sort((a, b) => b - a);
}
