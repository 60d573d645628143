/**
 * @file Models of older operator sets: each operator that changed gives the same bits in the new spelling, and an attention of operator set 11
 * is found, split and run.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { upgrade } from "../../compiler/canonical/passes/upgrade.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { int, ints } from "../../compiler/graph/attributes.ts";
import type { Attributes, Graph } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { createSession } from "../../ort/session.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { network } from "../attention/network.ts";
import { outputsOf, sessionOf, wrongOutputs } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { graph, node, random, value } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const X = random(1, [2, 3, 4]);

test.each([undefined, 1, -2])("Compress along %s, with a condition that is shorter than the axis", async (axis) => {
  const attributes = axis === undefined ? {} : { axis: int(axis) };
  const old = graph({
    inputs: [value("x", "float32", [2, 3, 4]), value("c", "bool", [2])],
    outputs: [value("y", "float32", null)],
    nodes: [node("Compress", ["x", "c"], ["y"], attributes)],
  });
  const { graph: upgraded, opsets } = upgrade({ graph: old, opsets: { "": 20 } });
  expect(opsets).toEqual({ "": 20 });
  expect(upgraded.nodes.map(({ op }) => op)).not.toContain("Compress");
  const feeds: OrtTensors = { x: X, c: ortTensor("bool", [2], [0, 1]) };
  expect(await evaluateGraph(upgraded, feeds, { opsets })).toEqual(await evaluateGraph(old, feeds, { opsets }));
});

/** Operator, last operator set of the old spelling, attributes, and number of outputs. */
type Old = readonly [op: string, opset: number, attributes: Attributes, outputs: number];

const nodes: readonly Old[] = [
  ...["Softmax", "LogSoftmax", "Hardmax"].flatMap((op): readonly Old[] => [
    [op, 12, {}, 1],
    ...[0, 1, 2, -1, -2].map((axis): Old => [op, 12, { axis: int(axis) }, 1]),
  ]),
  ["Unsqueeze", 12, { axes: ints([0, 2]) }, 1],
  ["ReduceSum", 12, { axes: ints([1]), keepdims: int(0) }, 1],
  ["ReduceSum", 12, {}, 1],
  ...["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"].flatMap((of): readonly Old[] => [
    [`Reduce${of}`, 17, { axes: ints([-1, 0]) }, 1],
    [`Reduce${of}`, 11, { keepdims: int(0) }, 1],
  ]),
  ["Split", 12, { axis: int(2), split: ints([1, 3]) }, 2],
  ["Split", 12, { axis: int(2) }, 2],
  ["Split", 17, { axis: int(2) }, 4],
  ["Dropout", 11, { ratio: { kind: "float", value: 0.7 } }, 1],
];

async function both(old: Graph, opset: number, feeds: OrtTensors): Promise<readonly [OrtTensors, OrtTensors]> {
  const { graph: upgraded, opsets } = upgrade({ graph: old, opsets: { "": opset } });
  expect(opsets).toEqual({ "": 18 });
  return [await evaluateGraph(old, feeds, { opsets: { "": opset } }), await evaluateGraph(upgraded, feeds, { opsets })];
}

test.each(nodes)("%s of operator set %i, %j", async (op, opset, attributes, count) => {
  const outputs = Array.from({ length: count }, (_, i) => `y${i}`);
  const old = graph({
    inputs: [value("x", "float32", [2, 3, 4])],
    outputs: outputs.map((name) => value(name, "float32", null)),
    nodes: [node(op, ["x"], outputs, attributes)],
  });
  const [before, after] = await both(old, opset, { x: X });
  expect(after).toEqual(before);
});

test("an axis of extent 1, and what a branch holds", async () => {
  const branch = (name: string, axis: number): Graph =>
    graph({
      name,
      outputs: [value(`${name}/y`, "float32", null)],
      nodes: [node("Softmax", ["x"], [`${name}/y`], { axis: int(axis) })],
    });
  const old = graph({
    inputs: [value("x", "float32", [2, 3, 4]), value("c", "bool", [])],
    outputs: [value("y", "float32", null), value("z", "float32", null)],
    nodes: [
      node("If", ["c"], ["y"], {
        then_branch: { kind: "graph", value: branch("then", 1) },
        else_branch: { kind: "graph", value: branch("else", 2) },
      }),
      node("ReduceMax", ["y"], ["top"], { axes: ints([1]) }),
      node("Squeeze", ["top"], ["z"], { axes: ints([1]) }),
    ],
  });
  for (const flag of [0, 1]) {
    const c = { elem: "bool", dims: [], data: Uint8Array.of(flag) } as const;
    const [before, after] = await both(old, 12, { x: X, c });
    expect(after).toEqual(before);
  }
});

test("RoiAlign keeps its old default", () => {
  const old = graph({ nodes: [node("RoiAlign", ["x", "r", "i"], ["y"], {})] });
  const { graph: upgraded } = upgrade({ graph: old, opsets: { "": 15 } });
  expect(upgraded.nodes[0]!.attributes).toEqual({
    coordinate_transformation_mode: { kind: "string", value: "output_half_pixel" },
  });
});

test("newer models stay as they are", () => {
  const given = { graph: graph({ nodes: [node("Softmax", ["x"], ["y"], { axis: int(1) })] }), opsets: { "": 18 } };
  expect(upgrade(given)).toEqual(given);
});

/** Softmax along axis 3 as TorchScript wrote it for operator set 11, and a norm with the axes as attributes. */
const PLAN: ContextParallelPlan = { "": { hidden_states: { split_dim: 1 } }, out: { gather_dim: 1 } };

function attention(opset: number): Uint8Array {
  const n = network();
  const x = n.input("hidden_states", "float32", [1, "n", 8]);
  const mean = n.add("norm", "ReduceMean", [x], { attributes: { axes: ints([-1]), keepdims: int(1) } });
  const centred = n.add("norm", "Sub", [x, mean]);
  const heads = (name: string, perm: readonly number[]): string => {
    const made = n.add(`attn.${name}`, "MatMul", [centred, n.weights(8, 8)]);
    const split = n.add("attn", "Reshape", [made, n.ints(0, -1, 2, 4)]);
    return n.add("attn", "Transpose", [split], { attributes: { perm: ints([...perm]) } });
  };
  const [q, k, v] = [heads("q", [0, 2, 1, 3]), heads("k", [0, 2, 3, 1]), heads("v", [0, 2, 1, 3])];
  const scores = n.add("attn", "Mul", [n.add("attn", "MatMul", [q, k]), n.numbers([], [0.5])]);
  const weights = n.add("attn", "Softmax", [scores], { attributes: { axis: int(3) } });
  const rows = n.add("attn", "Transpose", [n.add("attn", "MatMul", [weights, v])], {
    attributes: { perm: ints([0, 2, 1, 3]) },
  });
  const joined = n.add("attn", "Reshape", [rows, n.ints(0, -1, 8)]);
  n.output("y", n.add("out", "Add", [joined, x]), [1, "n", 8]);
  return writeModel(n.graph(), { opsets: { "": opset } });
}

/** What changed since: sizes and axes as attributes or operands, defaults of axes, a softmax over flattened rows. */
function spelled(opset: number): Uint8Array {
  const n = network();
  const x = n.input("hidden_states", "float32", [1, "n", 8]);
  const isOld = opset < 13;
  const listed = (name: string, values: readonly number[], inputs: readonly string[]) =>
    isOld ? ([inputs, { [name]: ints([...values]) }] as const) : ([[...inputs, n.ints(...values)], {}] as const);
  const add = (
    op: string,
    name: string,
    values: readonly number[],
    input: string,
    more: Attributes = {},
    outputs = 1,
  ) => {
    const [inputs, attributes] = listed(name, values, [input]);
    return n.add("attn", op, inputs, { attributes: { ...attributes, ...more }, outputs });
  };
  const projected = n.add("attn", "MatMul", [x, n.weights(8, 24)]);
  const first = add("Split", "split", [8, 8, 8], projected, { axis: int(2) }, 3);
  // (1, n, 2, 4) to (2, n, 4): the batch goes, and heads take its place.
  const heads = (made: string): string => {
    const split = n.add("attn", "Reshape", [made, n.ints(0, -1, 2, 4)]);
    const turned = n.add("attn", "Transpose", [split], { attributes: { perm: ints([0, 2, 1, 3]) } });
    return add("Squeeze", "axes", [0], turned);
  };
  const [q, k, v] = [first, `${first}.1`, `${first}.2`].map(heads);
  const turned = n.add("attn", "Transpose", [k!], { attributes: { perm: ints([0, 2, 1]) } });
  const scores = n.add("attn", "Div", [n.add("attn", "MatMul", [q!, turned]), n.numbers([1], [2])]);
  const weights = n.add("attn", "Softmax", [scores], { attributes: { axis: int(2) } });
  const rows = add("Unsqueeze", "axes", [0], n.add("attn", "MatMul", [weights, v!]));
  const order = { attributes: { perm: ints([0, 2, 1, 3]) } };
  const joined = n.add("attn", "Reshape", [n.add("attn", "Transpose", [rows], order), n.ints(0, -1, 8)]);
  const total = add(
    "ReduceSum",
    "axes",
    [-1],
    n.add("gate", "Clip", [joined, n.numbers([], [-1]), n.numbers([], [1])]),
  );
  const most = n.add("gate", "ReduceMax", [joined], { attributes: { axes: ints([2]) } });
  // The default axis was 1, with all behind it.
  const flat = n.add("gate", "Reshape", [joined, n.ints(-1, 8)]);
  const share = n.add("gate", "Softmax", [flat], isOld ? {} : { attributes: { axis: int(1) } });
  const gated = n.add("gate", "Mul", [
    n.add("gate", "Add", [total, most]),
    n.add("gate", "Reshape", [share, n.ints(1, -1, 8)]),
  ]);
  n.output("y", n.add("out", "Add", [gated, x]), [1, "n", 8]);
  return writeModel(n.graph(), { opsets: { "": opset } });
}

const MODELS = [11, 12, 13, 17].flatMap((opset) => [
  [opset, "attention", attention] as const,
  [opset, "model of changed spellings", spelled] as const,
]);

test.each(MODELS)("operator set %i: an %s is found, split and run", async (opset, _, write) => {
  const model = join(await temporaryFolder(), "model.onnx");
  const bytes = write(opset);
  await writeFile(model, bytes);
  const canonical = valueOf(await canonicalise(valueOf(await readModel(model))));
  const bound = valueOf(bindPlan(canonical, valueOf(await readPlanValue(PLAN))));
  for (const mesh of ["ulysses 2", "ring 3", "rotating ring 3", "unified 2 x 2"] as const) {
    const sharded = valueOf(shard(bound, { ...meshes[mesh], mesh: meshes[mesh] }));
    expect(sharded.attention.map(({ scheme }) => scheme)).not.toContain("local");
    const report = valueOf(await simulate(sharded, { hidden_states: random(3, [1, 11, 8]) }));
    expect(report).toMatchObject({ wrong: null, unchecked: [] });
  }
  const compiled = await compilePlan({ plan: PLAN, model, parallel: meshes["rotating ring 3"] });
  expect(texts(compiled.diagnostics)).toEqual([]);
  if (!compiled.ok) return;
  const [session, whole] = [await sessionOf(compiled.program), await createSession(bytes)];
  const feeds = { hidden_states: random(4, [1, 8, 8]) };
  expect(wrongOutputs(await outputsOf(session, feeds), await whole.run(feeds))).toEqual([]);
});
