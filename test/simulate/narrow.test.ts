/**
 * @file Elements of 4 bits and floats of 8: weights as a quantiser writes them, and values between two nodes, on several ranks and in pieces.
 */
import { expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { ElemType, Model } from "../../compiler/graph/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, node, noise, random, value } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const WIDTH = 8;

/** Weights in blocks of 2 rows, and the product quantised and back with one scale. */
function modelOf(elem: ElemType): Model {
  const isFloat = elem.startsWith("float");
  const [low, high] = elem === "uint4" ? [0, 15] : [-8, 7];
  const whole = noise(3, WIDTH * WIDTH).map((x) => Math.max(low!, Math.min(high!, Math.round(8 * x))));
  const scales = noise(4, (WIDTH * WIDTH) / 2).map((x) => 0.1 + Math.abs(x));
  const blocks = isFloat ? [1] : [WIDTH / 2, WIDTH];
  const zero = tensorFromNumbers(elem, [], [0]);
  const constants = new Map([
    ["w", tensorFromNumbers(elem, [WIDTH, WIDTH], whole)],
    ["scales", tensorFromNumbers("float32", isFloat ? [] : blocks, isFloat ? [0.25] : scales)],
    ["step", tensorFromNumbers("float32", [], [0.5])],
    ["zero", zero],
  ]);
  const blocked = isFloat ? {} : { axis: int(0), block_size: int(2) };
  const nodes = [
    node("DequantizeLinear", ["w", "scales"], ["floats"], blocked),
    node("MatMul", ["x", "floats"], ["product"]),
    node("QuantizeLinear", ["product", "step", "zero"], ["narrow"]),
    node("DequantizeLinear", ["narrow", "step", "zero"], ["y"]),
  ];
  const inputs = [value("x", "float32", [1, "n", WIDTH])];
  const source = graph({ inputs, outputs: [value("y", "float32", null)], nodes, constants });
  return { file: "m.onnx", folder: "/", irVersion: 10, opsets: { "": 21 }, sha256: "", graph: source };
}

test.each(["int4", "uint4", "float8e4m3fn", "float8e5m2"] as const)("%s keeps every bit", async (elem) => {
  const plan = valueOf(readPlanValue({ "": [{ x: { split_dim: 1 } }, { gather_dim: 1 }] }));
  const canonical = valueOf(await canonicalise(modelOf(elem)));
  // A constant of these types is not folded: it would be four to eight times as large.
  expect(canonical.nodes.map(({ op }) => op)).toContain("DequantizeLinear");
  expect(canonical.shapes.get("narrow")!.elem).toBe(elem);
  const mesh = meshes["rotating ring 3"];
  const sharded = valueOf(shard(valueOf(bindPlan(canonical, plan)), { ...mesh, mesh }));
  const report = valueOf(await simulate(sharded, { x: random(5, [1, 11, WIDTH]) }));
  expect(report).toMatchObject({ wrong: null, unchecked: [] });
  expect(report.differences.get("narrow") ?? 0).toBe(0);
  expect(Math.max(...report.differences.values())).toBe(0);
});
