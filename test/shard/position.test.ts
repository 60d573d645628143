/**
 * @file The position of the largest and smallest number along a split axis: that of ONNX Runtime's kernel for every number of ranks and every length,
 * with equal numbers, infinities and NaN anywhere, and for rows of several segments.
 */
import { expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import type { ElemType, Graph, Model, Node } from "../../compiler/graph/types.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";
import { compile } from "../mutants/judge.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, noise, node, value } from "../support/graphs.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { canonicalise } from "../support/stages.ts";

const OPSETS = { "": 18 };
const WIDTH = 24;
const PLAN: ContextParallelPlan = { "": { a: { split_dim: 1 }, b: { split_dim: 1 } } };

/** Every form of the operators over the rows of two streams, end to end. */
function positions(elem: ElemType): Graph {
  const forms = ["ArgMax", "ArgMin"].flatMap((op) =>
    [0, 1, 2, 3].map((i) => ({ op, last: i % 2, keepdims: i >> 1, axis: i === 0 ? -2 : 1 })),
  );
  return graph({
    inputs: ["a", "b"].map((name) => value(name, elem, [1, `rows_${name}`, WIDTH])),
    outputs: forms.map((_, i) => value(`y${i}`, "int64", null)),
    nodes: [
      node("Concat", ["a", "b"], ["x"], { axis: int(1) }),
      ...forms.map(({ op, last, keepdims, axis }, i): Node => {
        const attributes = { axis: int(axis), keepdims: int(keepdims), select_last_index: int(last) };
        return node(op, ["x"], [`y${i}`], attributes);
      }),
    ],
  });
}

const modelOf = (source: Graph): Model => ({
  file: "m.onnx",
  folder: "/",
  irVersion: 10,
  opsets: OPSETS,
  sha256: "0",
  graph: source,
});

/** Few different numbers, so that many are equal; of floats some are infinite or NaN, also in the first row. */
function numbers(seed: number, rows: number, elem: OrtElem): OrtTensor {
  const special = [NaN, Infinity, -Infinity];
  const values = noise(seed, rows * WIDTH).map((x, i) => {
    const pick = Math.floor(Math.abs(x) * 1000) % 8;
    return elem === "float32" && pick < 3 ? special[pick]! : i % 5 === 0 ? NaN : (pick % 3) - 1;
  });
  return ortTensor(elem, [1, rows, WIDTH], elem === "float32" ? values : values.map((x) => (Number.isNaN(x) ? 0 : x)));
}

test.each<readonly [MeshName, ElemType]>([
  ["ulysses 2", "float32"],
  ["rotating ring 3", "float32"],
  ["unified 2 x 2", "float32"],
  ["ulysses 3", "int64"],
])("%s: positions of %s are those of the unsplit model", async (name, elem) => {
  const model = modelOf(positions(elem));
  const source = { model, canonical: valueOf(await canonicalise(model)) };
  const sharded = valueOf(await compile(source, PLAN, meshes[name]));
  for (const [a, b] of [
    [4, 5],
    [13, 4],
    [8, 17],
  ] as const) {
    const feeds = { a: numbers(a, a, elem as OrtElem), b: numbers(b + 50, b, elem as OrtElem) };
    const report = valueOf(await simulate(sharded, feeds));
    expect(report.wrong?.diagnostic.message ?? null).toBeNull();
    const found = await evaluateGraph(model.graph, feeds, { opsets: OPSETS });
    expect(new Set(Object.values(found).flatMap(({ data }) => [...(data as BigInt64Array)])).size).toBeGreaterThan(3);
  }
});
