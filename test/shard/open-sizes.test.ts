/**
 * @file Lengths that depend on data: operands that size such values leave them open, so that a graph with them is exact on every rank; a plan
 * that splits one is refused when it is compiled.
 */
import { expect, test } from "vitest";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import { isOpen } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph, Model, Node } from "../../compiler/graph/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { searchPlan } from "../../infer/search.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const mesh = meshes["ulysses 2"];
const options = { ...mesh, mesh };

function modelOf(source: Graph): Model {
  return { file: "test.onnx", folder: "", irVersion: 10, opsets: { "": 18 }, sha256: "", graph: source };
}

/** y = x + the sum of `open`, which the nodes make of `counts` (?): the numbers of the rows of x as a float32 Range. */
async function modelWith(nodes: readonly Node[]): Promise<CanonicalGraph> {
  const source = graph({
    inputs: [value("x", "float32", [2, "n", 4, 8])],
    outputs: [value("y", "float32", null)],
    nodes: [
      node("Shape", ["x"], ["rows"], { start: int(1), end: int(2) }),
      node("Squeeze", ["rows"], ["count"]),
      node("Cast", ["count"], ["limit"], { to: int(1) }),
      node("Range", ["zero", "limit", "one"], ["counts"]),
      ...nodes,
      node("ReduceSum", ["open"], ["sum"], { keepdims: int(0) }),
      { ...node("Add", ["x", "sum"], ["y"]), name: "/add/Add" },
    ],
    constants: new Map([
      ["zero", tensorFromNumbers("float32", [], [0])],
      ["one", tensorFromNumbers("float32", [], [1])],
      ["column", tensorFromNumbers("float32", [3, 1], [1, 2, 3])],
      ["as row", tensorFromInts([1, -1])],
      ["twice", tensorFromInts([2, 1])],
      ["as they are", tensorFromInts([0, 0, 1])],
    ]),
  });
  return valueOf(await canonicalise(modelOf(source)));
}

const row = node("Reshape", ["counts", "as row"], ["row"]);

test.each<[string, readonly Node[]]>([
  ["Expand", [row, node("Expand", ["row", "twice"], ["open"])]],
  ["Reshape", [row, node("Mul", ["column", "row"], ["table"]), node("Reshape", ["table", "as they are"], ["open"])]],
  [
    "Split",
    [
      node("Concat", ["counts", "counts"], ["both"], { axis: int(0) }),
      node("Split", ["both"], ["open", "rest"], { axis: int(0), num_outputs: int(2) }),
    ],
  ],
])("%s keeps a length that depends on data, and ranks compute it from the value", async (_, nodes) => {
  const canonical = await modelWith(nodes);
  expect(canonical.shapes.get("open")?.dims.some(isOpen)).toBe(true);
  const plan = { "": { x: { split_dim: 1 } }, add: { gather_dim: 1 } };
  const sharded = valueOf(shard(valueOf(bindPlan(canonical, valueOf(readPlanValue(plan)))), options));
  expect(valueOf(await simulate(sharded, sampleFeeds(sharded)))).toMatchObject({ wrong: null });
});

const attending = (rows: string): readonly Node[] => [
  node("MatMul", [rows, "wide"], ["q"]),
  node("Transpose", ["q"], ["k"]),
  node("MatMul", ["q", "k"], ["scores"]),
  node("Softmax", ["scores"], ["weights"], { axis: int(-1) }),
  node("MatMul", ["weights", "q"], ["z"]),
];

test("no plan splits rows whose number depends on data", async () => {
  const source = graph({
    inputs: [value("x", "float32", ["n", 4])],
    outputs: [value("z", "float32", null)],
    nodes: [
      node("Relu", ["x"], ["computed"]),
      node("NonZero", ["computed"], ["places"]),
      node("Transpose", ["places"], ["pairs"]),
      node("Cast", ["pairs"], ["tokens"], { to: int(1) }),
      ...attending("tokens"),
    ],
    constants: new Map([
      [
        "wide",
        tensorFromNumbers(
          "float32",
          [2, 8],
          Array.from({ length: 16 }, (_, i) => i / 16),
        ),
      ],
    ]),
  });
  const canonical = valueOf(await canonicalise(modelOf(source)));
  const plan = readPlanValue({ "": [{ tokens: { split_dim: 0, value: "tokens" } }, { gather_dim: 0, value: "z" }] });
  const ring = meshes["rotating ring 3"];
  const sharded = shard(valueOf(bindPlan(canonical, valueOf(plan))), { ...ring, mesh: ring });
  expect(sharded.diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
    "CP4603",
  ]);
  expect(searchPlan(canonical, options)).toHaveProperty("why");
});

test("a block with a length that depends on data is not gathered", async () => {
  const source = graph({
    inputs: [value("x", "float32", ["n", 4])],
    outputs: [value("z", "float32", null)],
    nodes: [
      node("Sin", ["x"], ["mask"]),
      node("NonZero", ["mask"], ["places"]),
      node("Cast", ["places"], ["row"], { to: int(1) }),
      node("MatMul", ["x", "wide"], ["columns"]),
      node("MatMul", ["columns", "row"], ["z"]),
    ],
    constants: new Map([["wide", tensorFromNumbers("float32", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])]]),
  });
  const canonical = valueOf(await canonicalise(modelOf(source)));
  const plan = readPlanValue({ "": [{ columns: { split_dim: 0, value: "columns" } }, { gather_dim: 0, value: "z" }] });
  const sharded = shard(valueOf(bindPlan(canonical, valueOf(plan))), options);
  const said = expect.stringContaining("is how many elements of mask are true (node places), which no input gives");
  expect(sharded.diagnostics.map(({ message }) => message)).toContainEqual(said);
  expect(sharded.diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
    "CP4603",
  ]);
});
