/**
 * @file Emission: every form of attention against plain loops, fills, integers, weights on disk, and the inputs of an emitted model.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { emitGraph, emitModel, emitNodes, wholeGraph } from "../../compiler/emit/emit.ts";
import type { CanonicalGraph, CanonicalNode } from "../../compiler/ir/types.ts";
import { chunk, mul } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Tensor } from "../../compiler/graph/types.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { createSession } from "../../ort/session.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attentionReference } from "../support/attention.ts";
import { canonical, canonicalNode, integers, random, shape } from "../support/graphs.ts";
import { attention, difference } from "./site.ts";
import type { Case } from "./site.ts";

const run = async (graph: CanonicalGraph, feeds: OrtTensors): Promise<OrtTensors> => {
  const emitted = emitGraph(graph);
  return evaluateGraph(emitted.graph, feeds, { opsets: emitted.opsets });
};

const blocked = ortTensor(
  "bool",
  [2, 1, 5, 7],
  Array.from({ length: 70 }, (_, i) => (i % 3 === 0 || (i >= 14 && i < 21) ? 0 : 1)),
);
const additive = (dims: readonly number[]): OrtTensor => random(9, dims);

describe("attention is what its definition says", () => {
  const cases: Readonly<Record<string, Case>> = {
    plain: {},
    "one head": { heads: [1, 1] },
    "other value width": { width: [8, 6] },
    "heads that differ between ranks": { said: [chunk("sequence", 8, 2, "rank"), chunk("sequence", 8, 2, "rank")] },
    "heads that differ between ranks, other value width": { said: ["h", "h"], width: [8, 6] },
    "additive mask, one row for all": { mask: additive([7]) },
    "additive mask with heads": { mask: additive([2, 4, 5, 7]) },
    "additive mask of keys": { mask: additive([2, 1, 1, 7]) },
    "boolean mask with a fully masked row": { mask: blocked },
    "boolean mask, fully masked rows to zero": { mask: blocked, nanToZero: true },
    causal: { causal: true },
    "causal with more keys than queries": { causal: true, sizes: [1, 3, 9] },
    "causal and masked": { causal: true, mask: additive([5, 7]) },
    "grouped heads": { heads: [4, 2] },
    "one key head": { heads: [3, 1] },
    "grouped heads that differ between ranks": {
      heads: [4, 2],
      said: [mul(2, chunk("sequence", 4, 2, "rank")), chunk("sequence", 4, 2, "rank")],
    },
    "grouped heads with a mask of heads": { heads: [4, 2], mask: additive([2, 4, 1, 7]) },
    "no scale": { scale: 1, mask: additive([7]) },
    "no queries": { sizes: [2, 0, 7] },
    "no queries, heads that differ between ranks": { sizes: [2, 0, 7], said: ["h", "h"] },
    "no queries, masked": { sizes: [2, 0, 7], mask: additive([2, 1, 1, 7]) },
    "no queries, grouped": { sizes: [2, 0, 7], heads: [4, 2] },
    "oldest opset": { opset: 13, causal: true, heads: [4, 2] },
  };
  test.each(Object.entries(cases))("%s", async (_, options) => {
    expect(await difference(options)).toBeLessThan(2e-6);
  });
  test("float64", async () => {
    expect(await difference({ elem: "float64" })).toBeLessThan(1e-7);
  });
  test("float16", async () => {
    expect(await difference({ elem: "float16", mask: random(9, [7], "float16") })).toBeLessThan(2e-3);
  });
});

test("one emitted attention serves all lengths and batches", async () => {
  const { graph } = attention({});
  const emitted = emitModel(wholeGraph(graph));
  const session = await createSession(emitted.bytes);
  for (const sizes of [
    [1, 3, 3],
    [2, 6, 1],
    [3, 0, 4],
  ] as const) {
    const { inputs } = attention({ sizes });
    const { y } = await session.run({ q: inputs.q, k: inputs.k, v: inputs.v });
    const reference = attentionReference(inputs);
    expect(Array.from(numbersIn(y!)).every((number, i) => Math.abs(number - reference[i]!) < 2e-6)).toBe(true);
  }
  await session.release();
});

const relu = (from: string, to: string): CanonicalNode => canonicalNode("Relu", [from], [to]);

test("a fill is as large as its integers say, also where they come from lengths", async () => {
  const fill = canonicalNode("Fill", ["dims"], ["y"], {
    domain: "cp",
    attributes: { value: { kind: "tensor", value: tensorFromNumbers("float32", [], [2.5]) } },
  });
  const graph = canonical({
    inputs: { x: shape("float32", "n") },
    outputs: ["y"],
    nodes: [fill],
    shapes: { y: shape("float32", "n", 2) },
    integers: { dims: integers("n", 2) },
  });
  expect(emitGraph(graph).integerInputs).toEqual(["dims"]);
  const { y } = await run(graph, { x: random(1, [3]), dims: ortTensor("int64", [2], [3, 2]) });
  expect(y).toEqual(ortTensor("float32", [3, 2], [2.5, 2.5, 2.5, 2.5, 2.5, 2.5]));
});

test("integers that are numbers become constants, the others inputs in order of use", async () => {
  const graph = canonical({
    inputs: { x: shape("float32", "n", 4) },
    outputs: ["y", "z"],
    nodes: [
      canonicalNode("Reshape", ["x", "target"], ["y"]),
      canonicalNode("Slice", ["x", "start", "end", "axis"], ["z"]),
    ],
    shapes: { y: shape("float32", mul(2, "n"), 2), z: shape("float32", "n", 4) },
    integers: {
      target: integers(-1, 2),
      end: integers("n"),
      start: integers(0),
      axis: integers(0),
      unused: integers("n"),
    },
  });
  const { graph: emitted, integerInputs } = emitGraph(graph);
  expect(integerInputs).toEqual(["end"]);
  expect([...emitted.constants.keys()].sort()).toEqual(["axis", "start", "target"]);
  expect(emitted.inputs.map(({ name, type }) => [name, type.elem, type.dims])).toEqual([
    ["x", "float32", [null, 4]],
    ["end", "int64", [1]],
  ]);
  const { y, z } = await run(graph, { x: random(1, [3, 4]), end: ortTensor("int64", [1], [2]) });
  expect([y?.dims, z?.dims]).toEqual([
    [6, 2],
    [2, 4],
  ]);
});

test("what plans bound into the graph does nothing to whole values", async () => {
  const bound = (op: string, from: string, to: string): CanonicalNode =>
    canonicalNode(op, [from], [to], { domain: "cp", attributes: { axis: int(0), binding: int(0) } });
  const graph = canonical({
    inputs: { x: shape("float32", "n") },
    outputs: ["y"],
    nodes: [bound("Shard", "x", "s"), relu("s", "r"), bound("Gather", "r", "y")],
    shapes: { s: shape("float32", "n"), r: shape("float32", "n"), y: shape("float32", "n") },
  });
  expect((await run(graph, { x: ortTensor("float32", [2], [-1, 3]) }))["y"]).toEqual(ortTensor("float32", [2], [0, 3]));
});

test("an input, a constant and a passed integer may be outputs", async () => {
  const graph = canonical({
    inputs: { x: shape("float32", "n") },
    outputs: ["x", "c", "i", "j"],
    nodes: [],
    shapes: { i: shape("int64", 1), j: shape("int64", 1) },
    constants: { c: tensorFromInts([4]) },
    integers: { i: integers("n"), j: integers(5) },
  });
  const out = await run(graph, { x: random(1, [2]), i: ortTensor("int64", [1], [2]) });
  expect(Object.values(out).map(({ data }) => Number(data[0]))).toEqual([random(1, [2]).data[0], 4, 2, 5]);
});

test("part of a graph is emitted with the constants that it reads, and their folder", () => {
  const external = (file: string): Tensor => ({
    elem: "float32",
    dims: [1],
    data: { kind: "external", file, offset: 8, length: 4 },
  });
  const request = {
    name: "piece",
    nodes: [canonicalNode("Mul", ["x", "w"], ["y"])],
    inputs: [{ name: "x", elem: "float32", dims: ["n"] }],
    outputs: [{ name: "y" }],
    constants: new Map([
      ["w", external("/models/a/w.bin")],
      ["other", external("/elsewhere/v.bin")],
    ]),
    integers: new Map(),
    shapes: new Map([["y", shape("float32", "n")]]),
    opsets: { "": 18, cp: 1 },
  } as const;
  const { bytes, externalFolder } = emitModel(request);
  expect(externalFolder).toBe("/models/a");
  const proto = fromBinary(ModelProtoSchema, bytes);
  expect(proto.opsetImport.map(({ domain }) => domain)).toEqual([""]);
  expect(
    proto.graph?.initializer.map(({ name, externalData }) => [name, externalData.map((e) => `${e.key}=${e.value}`)]),
  ).toEqual([["w", ["location=w.bin", "offset=8", "length=4"]]]);
  const scattered = { ...request, nodes: [...request.nodes, canonicalNode("Mul", ["x", "other"], ["z"])] };
  expect(() => emitModel(scattered)).toThrow("reads weights from /models/a and /elsewhere");
  expect(() => emitNodes({ ...request, constants: new Map() })).toThrow("reads w, which nothing gives");
});
