/**
 * @file Networks over rows and columns whose rows are split: every value is exact on 2, 3 and 4 ranks, for lengths that the ranks do not divide;
 * ranks that are threads give the same outputs, and send what the formulas say.
 */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compilePlan } from "../../../compiler/compile.ts";
import type { Graph, Model } from "../../../compiler/graph/types.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import type { ContextParallelPlan } from "../../../compiler/plan/types.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../../ort/evaluate.ts";
import { compile } from "../../mutants/judge.ts";
import { outputsOf, sessionOf, wrongOutputs } from "../../support/compiled.ts";
import { temporaryFolder } from "../../support/files.ts";
import { texts, valueOf } from "../../support/fixtures.ts";
import { random } from "../../support/graphs.ts";
import { meshes, type MeshName } from "../../support/meshes.ts";
import { canonicalise } from "../../support/stages.ts";
import { CHANNELS, LATENTS, decoder, sana, unet } from "./models.ts";

const OPSETS = { "": 18 };
const WIDTH = 6;
const BATCH = 2;

interface Network {
  readonly graph: Graph;
  readonly input: string;
  readonly meshes: readonly MeshName[];
  readonly rows: readonly number[];
  /** Bytes that all ranks send, by purpose; each rank has a row at least, so that only neighbours exchange rows. */
  readonly bytes: Readonly<Record<string, (ranks: number) => number>>;
}

/** Float32 values of both edges between neighbours: rows of all channels, for a window of three rows around its place. */
const edges = (ranks: number, channels: number, scale = 1): number =>
  4 * BATCH * channels * (WIDTH * scale) * 2 * (ranks - 1);

/** What every rank sends to every other: so many float32 values for each element of the batch. */
const shared = (ranks: number, values: number): number => 4 * BATCH * values * ranks * (ranks - 1);

/** Channels that a convolution of the decoder reads, and how many times as many columns there are. */
const CONVOLUTIONS = [
  [LATENTS, 1],
  ...Array.from({ length: 4 }, () => [CHANNELS, 1] as const),
  [CHANNELS, 2],
  [CHANNELS, 2],
  [2, 2],
  [2, 4],
  [CHANNELS, 4],
] as const;

const NETWORKS: Readonly<Record<string, Network>> = {
  // One head: the ring, or keys and values gathered.
  decoder: {
    graph: decoder(),
    input: "sample",
    meshes: ["ring 2", "rotating ring 3", "ring 4"],
    rows: [4, 7],
    bytes: {
      halo: (ranks) => total(CONVOLUTIONS.map(([channels, scale]) => edges(ranks, channels, scale))),
      // Mean and squared deviations of two groups, for each of eight normalisations.
      "all-reduce": (ranks) => shared(ranks, 8 * 2 * 2),
    },
  },
  sana: {
    graph: sana(),
    input: "hidden_states",
    meshes: ["ulysses 2", "ulysses 3", "unified 2 x 2"],
    rows: [4, 9],
    bytes: {
      halo: (ranks) => edges(ranks, 4 * CHANNELS),
      // Sums of values and of ones, times keys, of two heads.
      "all-reduce": (ranks) => shared(ranks, 2 * (CHANNELS / 2 + 1) * (CHANNELS / 2)),
    },
  },
  unet: {
    graph: unet(),
    input: "sample",
    meshes: ["ulysses 2", "rotating ring 3", "unified 2 x 2"],
    rows: [8, 14],
    bytes: { "all-reduce": (ranks) => shared(ranks, 5 * 2 * 2) },
  },
};

const planOf = (input: string): ContextParallelPlan => ({ "": [{ [input]: { split_dim: 2 } }, { gather_dim: 2 }] });

const feedsOf = (input: string, rows: number) => ({ [input]: random(rows, [BATCH, LATENTS, rows, WIDTH]) });

const cases = Object.entries(NETWORKS).flatMap(([name, n]) => n.meshes.map((mesh) => [name, mesh, n] as const));

it.each(cases)("%s on %s: every value is exact", async (_, mesh, { graph, input, rows }) => {
  const model: Model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: OPSETS, sha256: "0", graph };
  const source = { model, canonical: valueOf(await canonicalise(model)) };
  const sharded = valueOf(await compile(source, planOf(input), meshes[mesh]));
  const ranks = meshes[mesh].ring_degree * meshes[mesh].ulysses_degree;
  const uneven = Array.from({ length: ranks }, (_, rank) => 1 + 2 * rank);
  for (const [at, height] of rows.entries()) {
    const shares = at === 0 ? null : uneven;
    const report = valueOf(await simulate(sharded, feedsOf(input, height), { shares }));
    expect([report.wrong?.diagnostic.message ?? null, report.compared > 20]).toEqual([null, true]);
  }
});

it.each(cases)("%s on %s: threads give the same, and send the bytes of the formula", async (name, mesh, network) => {
  const { graph, input, rows, bytes } = network;
  const folder = await temporaryFolder();
  writeFileSync(`${folder}/m.onnx`, writeModel(graph, { opsets: OPSETS }));
  const out = `${folder}/program`;
  const compiled = await compilePlan({
    model: `${folder}/m.onnx`,
    plan: planOf(input),
    parallel: meshes[mesh],
    out,
  });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const session = await sessionOf(compiled.program);
  const feeds = feedsOf(input, rows[1]!);
  const whole = await evaluateGraph(graph, feeds, { opsets: OPSETS });
  expect(wrongOutputs(await outputsOf(session, feeds), whole)).toEqual([]);
  const ranks = meshes[mesh].ring_degree * meshes[mesh].ulysses_degree;
  const { collectives } = session.lastRun!;
  const sent = (wanted: string): number =>
    collectives.filter(({ purpose }) => purpose === wanted).reduce((sum, step) => sum + total(step.bytes), 0);
  for (const [purpose, formula] of Object.entries(bytes)) {
    expect([name, purpose, sent(purpose)]).toEqual([name, purpose, formula(ranks)]);
  }
});

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
