/**
 * @file Normalisation along a split axis is as exact as that of ONNX Runtime over the whole axis, where the mean is large and the chunks differ; NaN
 * and half precision give what they give unsplit.
 */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compilePlan } from "../../../compiler/compile.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { ElemType, Graph, Model } from "../../../compiler/graph/types.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../../ort/evaluate.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import { compile } from "../../mutants/judge.ts";
import { outputsOf, sessionOf } from "../../support/compiled.ts";
import { temporaryFolder } from "../../support/files.ts";
import { texts, valueOf } from "../../support/fixtures.ts";
import { graph, noise, node, random, value } from "../../support/graphs.ts";
import { meshes } from "../../support/meshes.ts";
import { canonicalise } from "../../support/stages.ts";

const OPSETS = { "": 21 };
const CHANNELS = 4;
const GROUPS = 2;
const PLAN = { "": [{ x: { split_dim: 2 } }, { gather_dim: 2 }] } as const;
const shape = ["batch", CHANNELS, "rows", 3] as const;

function normalised(elem: ElemType, scale: readonly number[], bias: readonly number[]): Graph {
  return graph({
    inputs: [value("x", elem, shape)],
    outputs: [value("y", elem, shape)],
    constants: new Map([
      ["scale", tensorFromNumbers(elem, [CHANNELS], scale)],
      ["bias", tensorFromNumbers(elem, [CHANNELS], bias)],
    ]),
    nodes: [node("GroupNormalization", ["x", "scale", "bias"], ["y"], { num_groups: int(GROUPS) })],
  });
}

/** In float64, in two passes. */
function reference(x: readonly number[], elements: number): readonly number[] {
  return x.map((each, i) => {
    const group = x.slice(i - (i % elements), i - (i % elements) + elements);
    const mean = group.reduce((a, b) => a + b, 0) / elements;
    const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / elements;
    return (each - mean) / Math.sqrt(variance + 1e-5);
  });
}

it("a mean of a thousand deviations costs no more digits than ONNX Runtime loses", async () => {
  const plain = normalised("float32", Array<number>(CHANNELS).fill(1), Array<number>(CHANNELS).fill(0));
  const folder = await temporaryFolder();
  writeFileSync(`${folder}/m.onnx`, writeModel(plain, { opsets: OPSETS }));
  const rows = 11;
  const x = random(5, [1, CHANNELS, rows, 3]);
  const data = Float32Array.from(x.data as Float32Array, (v) => 1000 + v);
  const feeds = { x: { ...x, data } };
  const exact = reference([...data], (CHANNELS / GROUPS) * rows * 3);
  const worst = (found: ArrayLike<number>): number => Math.max(...exact.map((e, i) => Math.abs(e - found[i]!)));
  const parallel = meshes["rotating ring 3"];
  const compiled = await compilePlan({ model: `${folder}/m.onnx`, plan: PLAN, parallel, out: `${folder}/program` });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const { y } = await outputsOf(await sessionOf(compiled.program), feeds);
  const whole = (await evaluateGraph(plain, feeds, { opsets: OPSETS }))["y"]!;
  const [split, unsplit] = [y!, whole].map((tensor) => worst(tensor.data as Float32Array));
  // Inputs near 1000 are multiples of 6e-5, half of which the mean may be off.
  expect(split).toBeLessThan(1e-4);
  expect(split).toBeLessThan(2 * unsplit! + 1e-6);
});

it.each(["float32", "float16"] as const)("every value of %s agrees, next to NaN and for every cut", async (elem) => {
  const file = normalised(elem, noise(1, CHANNELS), noise(2, CHANNELS));
  const model: Model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: OPSETS, sha256: "0", graph: file };
  const source = { model, canonical: valueOf(await canonicalise(model)) };
  const sharded = valueOf(await compile(source, PLAN, meshes["unified 2 x 2"]));
  const rows = 9;
  // Squares of these leave the range of half precision.
  const plain = Array.from(random(6, [2, CHANNELS, rows, 3]).data as Float32Array, (v) => 300 * v);
  const special = plain.map((v, i) => (i === 7 ? NaN : i === 40 ? Infinity : v));
  for (const data of [plain, special]) {
    const feeds = { x: ortTensor(elem, [2, CHANNELS, rows, 3], data) };
    for (const shares of [null, [1, 5, 2, 3]]) {
      const report = valueOf(await simulate(sharded, feeds, { shares }));
      expect([report.wrong?.diagnostic.message ?? null, report.compared > 1]).toEqual([null, true]);
    }
  }
});
