/**
 * @file Windows along a split axis: exact for every number of ranks and length, also where chunks are shorter than a window; the bytes are those
 * of the formula; and the runtime executes it.
 */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { int, ints } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph, Model } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { compile } from "../mutants/judge.ts";
import { outputsOf, sessionOf, wrongOutputs } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { graph, noise, node, random, value } from "../support/graphs.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { canonicalise } from "../support/stages.ts";

const OPSETS = { "": 18 };
const CHANNELS = 3;
const WIDTH = 4;
const PLAN = { "": [{ x: { split_dim: 2 } }, { gather_dim: 2 }] } as const;

/** A 3 x 3 convolution, a dilated one over rows with all padding before them, pooling, and a running sum over the rows. */
function windows(): Graph {
  const weights = (features: number, ...kernel: readonly number[]) => {
    const dims = [features, 1, ...kernel];
    return tensorFromNumbers(
      "float32",
      dims,
      noise(
        features + kernel.length,
        dims.reduce((a, b) => a * b),
      ),
    );
  };
  const shape = ["batch", CHANNELS, "rows", WIDTH] as const;
  return graph({
    inputs: [value("x", "float32", shape)],
    outputs: [value("y", "float32", shape)],
    constants: new Map([
      ["square", weights(CHANNELS, 3, 3)],
      ["tall", weights(CHANNELS, 3, 1)],
      ["axis", tensorFromNumbers("int64", [], [2])],
    ]),
    nodes: [
      node("Conv", ["x", "square"], ["a"], { group: int(CHANNELS), pads: ints([1, 1, 1, 1]) }),
      node("Conv", ["a", "tall"], ["b"], { group: int(CHANNELS), dilations: ints([2, 1]), pads: ints([4, 0, 0, 0]) }),
      node("AveragePool", ["b"], ["c"], {
        kernel_shape: ints([3, 1]),
        pads: ints([1, 0, 1, 0]),
        strides: ints([1, 1]),
        count_include_pad: int(1),
      }),
      node("CumSum", ["c", "axis"], ["y"], { reverse: int(1) }),
    ],
  });
}

const whole = windows();
const model: Model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: OPSETS, sha256: "0", graph: whole };
const feeds = (rows: number) => ({ x: random(rows, [2, CHANNELS, rows, WIDTH]) });

describe("windows along a split axis", () => {
  it.each<readonly [MeshName, readonly number[]]>([
    ["ulysses 2", [2, 7]],
    ["rotating ring 3", [3, 8]],
    ["unified 2 x 2", [4, 5, 13]],
  ])("are exact on every value: %s", async (name, lengths) => {
    const source = { model, canonical: valueOf(await canonicalise(model)) };
    const sharded = valueOf(await compile(source, PLAN, meshes[name]));
    for (const rows of lengths) {
      const ranks = meshes[name].ring_degree * meshes[name].ulysses_degree;
      const shares = Array.from({ length: ranks }, (_, rank) => 1 + 2 * rank);
      for (const dealt of [null, shares]) {
        const report = valueOf(await simulate(sharded, feeds(rows), { shares: dealt }));
        expect([report.wrong?.diagnostic.message ?? null, report.compared > 4]).toEqual([null, true]);
      }
    }
  });

  it.each<readonly [MeshName, number]>([
    ["ulysses 2", 9],
    ["rotating ring 2", 8],
    ["unified 2 x 2", 10],
  ])("run on %s with the bytes of the formula", async (name, rows) => {
    const folder = await temporaryFolder();
    writeFileSync(`${folder}/m.onnx`, writeModel(whole, { opsets: OPSETS }));
    const out = `${folder}/program`;
    const compiled = await compilePlan({ model: `${folder}/m.onnx`, plan: PLAN, parallel: meshes[name], out });
    if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
    const session = await sessionOf(compiled.program);
    const outputs = await outputsOf(session, feeds(rows));
    expect(wrongOutputs(outputs, await evaluateGraph(whole, feeds(rows), { opsets: OPSETS }))).toEqual([]);
    const ranks = meshes[name].ring_degree * meshes[name].ulysses_degree;
    const sent = session
      .lastRun!.collectives.filter(({ purpose }) => purpose === "halo")
      .map(({ bytes }) => sum(bytes));
    const size = 4 * 2 * CHANNELS * WIDTH;
    expect(sent).toEqual(
      [
        [1, 1],
        [4, 0],
        [1, 1],
      ].map(([before, after]) => size * moved(rows, ranks, before!, after!)),
    );
  });
});

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Rows that ranks read and others hold: `before` and `after` the own ones, within the axis. */
function moved(rows: number, ranks: number, before: number, after: number): number {
  const start = (i: number): number => Math.floor(rows / ranks) * i + Math.min(i, rows % ranks);
  return sum(
    Array.from({ length: ranks }, (_, i) => Math.min(start(i), before) + Math.min(rows - start(i + 1), after)),
  );
}

/** Rows with NaN and infinities, which a maximum passes on or not by their order. */
function special(rows: number) {
  const { x } = feeds(rows);
  const data = Float32Array.from(x.data as Float32Array);
  for (let i = 0; i < data.length; i += 5) data[i] = [NaN, -Infinity, Infinity][(i / 5) % 3]!;
  return { x: { ...x, data } };
}

it.each(["ulysses 2", "rotating ring 3"] as const)(
  "a maximum over padding is exact next to NaN, and a mean leaves padding out: %s",
  async (name) => {
    const shape = ["batch", CHANNELS, "rows", WIDTH] as const;
    const window = { kernel_shape: ints([3, 2]), pads: ints([1, 1, 1, 0]) };
    const pooled = graph({
      inputs: [value("x", "float32", shape)],
      outputs: [value("y", "float32", shape)],
      nodes: [node("MaxPool", ["x"], ["largest"], window), node("AveragePool", ["largest"], ["y"], window)],
    });
    const padded: Model = { ...model, graph: pooled };
    const source = { model: padded, canonical: valueOf(await canonicalise(padded)) };
    const sharded = valueOf(await compile(source, PLAN, meshes[name]));
    for (const rows of [3, 8]) {
      for (const given of [feeds(rows), special(rows)]) {
        const report = valueOf(await simulate(sharded, given));
        expect([report.wrong?.diagnostic.message ?? null, report.compared > 2]).toEqual([null, true]);
      }
    }
  },
);

it.each(["ulysses 2", "rotating ring 3", "unified 2 x 2"] as const)(
  "windows over two streams, one after the other, read rows of both, and leave them apart: %s",
  async (name) => {
    const joined = graph({
      inputs: [
        value("a", "float32", ["batch", CHANNELS, "first", WIDTH]),
        value("b", "float32", ["batch", CHANNELS, "second", WIDTH]),
      ],
      outputs: [value("y", "float32", null), value("z", "float32", null)],
      constants: new Map([...whole.constants, ["two", tensorFromNumbers("int64", [1], [2])]]),
      nodes: [
        node("Concat", ["a", "b"], ["x"], { axis: int(2) }),
        node("Conv", ["x", "square"], ["c"], { group: int(CHANNELS), pads: ints([1, 1, 1, 1]) }),
        node("MaxPool", ["c"], ["y"], { kernel_shape: ints([5, 1]), pads: ints([2, 0, 2, 0]) }),
        node("Shape", ["a"], ["length"], { start: int(2), end: int(3) }),
        node("Shape", ["x"], ["lengths"], { start: int(2), end: int(3) }),
        node("Slice", ["y", "length", "lengths", "two"], ["z"]),
      ],
    });
    const streams: Model = { ...model, graph: joined };
    const source = { model: streams, canonical: valueOf(await canonicalise(streams)) };
    const split = { split_dim: 2 } as const;
    const plan = { "": [{ a: split, b: split }, [{ gather_dim: 2 }, { gather_dim: 2 }]] } as const;
    const sharded = valueOf(await compile(source, plan, meshes[name]));
    for (const [first, second] of [
      [4, 9],
      [13, 5],
    ] as const) {
      const given = { a: feeds(first).x, b: feeds(second).x };
      const ranks = meshes[name].ring_degree * meshes[name].ulysses_degree;
      for (const shares of [null, Array.from({ length: ranks }, (_, rank) => 1 + 3 * rank)]) {
        const report = valueOf(await simulate(sharded, given, { shares }));
        expect([report.wrong?.diagnostic.message ?? null, report.compared > 4]).toEqual([null, true]);
      }
    }
  },
);

it("windows that leave no row at small lengths: exact where every rank has one, refused below", async () => {
  const shape = ["batch", CHANNELS, "rows", WIDTH] as const;
  const weights = tensorFromNumbers("float32", [CHANNELS, 1, 9, 1], noise(5, CHANNELS * 9));
  const tall = { group: int(CHANNELS), strides: ints([3, 1]) };
  const strided = graph({
    inputs: [value("x", "float32", shape)],
    outputs: [value("y", "float32", null)],
    constants: new Map([["w", weights]]),
    nodes: ["x", "a", "b"].map((from, i) => node("Conv", [from, "w"], [["a", "b", "y"][i]!], tall)),
  });
  const small: Model = { ...model, graph: strided };
  const source = { model: small, canonical: valueOf(await canonicalise(small)) };
  const sharded = valueOf(await compile(source, PLAN, meshes["ulysses 3"]));
  // (163 - 9) / 3 + 1 = 52, then 15, then 3.
  expect(valueOf(await simulate(sharded, feeds(163))).wrong).toBeNull();
  for (const rows of [158, 24, 9]) {
    expect((await simulate(sharded, feeds(rows))).diagnostics.map(({ code }) => code)).toContain("CP6008");
  }
});
