/**
 * @file What lies between two products and is no attention that a rewrite knows: under Ulysses each rank computes it for its heads, every value is
 * exact, and the run has the unsplit outputs. A ring has no heads to give: each rank computes its rows, with the other operands gathered.
 */
import { writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { createSession } from "../../ort/session.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { network, type Network } from "../attention/network.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const [HEADS, SIZE, REACH] = [4, 6, 3];
const CHANNELS = HEADS * SIZE;
const scope = "attn";
const PLAN = { "": [{ x: { split_dim: 1 } }, { gather_dim: 1 }] } as const;

/** (B, H, S, D) of a projection of `x`. */
function heads(n: Network, x: string): string {
  const projected = n.add(scope, "MatMul", [x, n.weights(CHANNELS, CHANNELS)]);
  return transposed(n, n.add(scope, "Reshape", [projected, n.ints(0, 0, HEADS, SIZE)]), [0, 2, 1, 3]);
}

function transposed(n: Network, x: string, perm: readonly number[]): string {
  return n.add(scope, "Transpose", [x], { attributes: { perm: { kind: "ints", value: [...perm] } } });
}

function softmax(n: Network, x: string): string {
  return n.add(scope, "Softmax", [x], { attributes: { axis: int(-1) } });
}

/** One length of a value, as a list of one. */
function length(n: Network, x: string, axis: number): string {
  return n.add(scope, "Gather", [n.add(scope, "Shape", [x]), n.ints(axis)], { attributes: { axis: int(0) } });
}

function merged(n: Network, x: string): string {
  return n.add(scope, "Reshape", [transposed(n, x, [0, 2, 1, 3]), n.ints(0, 0, CHANNELS)]);
}

type Form = (n: Network, x: string) => string;

/** q k^T plus a bias by head and distance that the positions of a table give: as a sum with products of their own. */
const relative: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const rows = length(n, x, 1);
  const table = n.weights(1, HEADS, 64, SIZE);
  const near = n.add(scope, "Slice", [table, n.ints(0), rows, n.ints(2)]);
  const scores = n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]);
  const ofQueries = n.add(scope, "MatMul", [q, transposed(n, near, [0, 1, 3, 2])]);
  const ofKeys = transposed(n, n.add(scope, "MatMul", [k, transposed(n, near, [0, 1, 3, 2])]), [0, 1, 3, 2]);
  const sum = n.add(scope, "Add", [n.add(scope, "Add", [scores, ofQueries]), ofKeys]);
  return merged(n, n.add(scope, "MatMul", [softmax(n, sum), v]));
};

/** Scores of 2 S - 1 distances, padded and reshaped so that each row begins one later: rows mix, heads do not. The weights are read twice. */
const shifted: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const [b, s] = [length(n, x, 0), length(n, x, 1)];
  const width = n.add(scope, "Sub", [n.add(scope, "Add", [s, s]), n.ints(1)]);
  const table = n.add(scope, "Slice", [n.weights(1, 1, 64, SIZE), n.ints(0), width, n.ints(2)]);
  const distances = n.add(scope, "MatMul", [q, transposed(n, table, [0, 1, 3, 2])]);
  const wide = n.add(scope, "Pad", [distances, n.ints(0, 0, 0, 0, 0, 0, 0, 1)]);
  const flat = n.add(scope, "Reshape", [wide, n.add(scope, "Concat", [b, n.ints(HEADS, -1)], axis0)]);
  const more = n.add(scope, "Concat", [n.ints(0, 0, 0, 0, 0), n.add(scope, "Sub", [s, n.ints(1)])], axis0);
  const rowsOf = n.add(scope, "Add", [s, n.ints(1)]);
  const shape = n.add(scope, "Concat", [b, n.ints(HEADS), rowsOf, width], axis0);
  const turned = n.add(scope, "Reshape", [n.add(scope, "Pad", [flat, more]), shape]);
  const from = n.add(scope, "Sub", [s, n.ints(1)]);
  const upper = n.add(scope, "Slice", [turned, n.ints(0), s, n.ints(2)]);
  const bias = n.add(scope, "Slice", [upper, from, width, n.ints(3)]);
  const weights = softmax(n, n.add(scope, "Add", [n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]), bias]));
  const near = n.add(scope, "Slice", [n.weights(1, HEADS, 64, SIZE), n.ints(0), s, n.ints(2)]);
  const results = [v, near].map((values) => n.add(scope, "MatMul", [weights, values]));
  return merged(n, n.add(scope, "Add", results));
};

/** Batch and heads are one axis, which views between the products divide for a mask that is applied before a cap. */
const mergedBatch: Form = (n, x) => {
  const flat = (value: string): string => n.add(scope, "Reshape", [value, shapeOf(n, value, [2, 3])]);
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const scores = n.add(scope, "MatMul", [flat(q), transposed(n, flat(k), [0, 2, 1])]);
  const [b, s] = [length(n, x, 0), length(n, x, 1)];
  const apart = n.add(scope, "Reshape", [scores, n.add(scope, "Concat", [b, n.ints(HEADS), s, s], axis0)]);
  const slopes = n.weights(1, HEADS, 1, 1);
  const capped = n.add(scope, "Tanh", [n.add(scope, "Mul", [apart, slopes])]);
  const weights = softmax(n, n.add(scope, "Mul", [capped, n.numbers([1], [5])]));
  const joined = n.add(scope, "Reshape", [weights, n.add(scope, "Concat", [n.ints(-1), s, s], axis0)]);
  const result = n.add(scope, "MatMul", [joined, flat(v)]);
  return merged(
    n,
    n.add(scope, "Reshape", [result, n.add(scope, "Concat", [b, n.ints(HEADS), s, n.ints(SIZE)], axis0)]),
  );
};

const axis0 = { attributes: { axis: int(0) } };

/** (-1, and the extents of some axes). */
function shapeOf(n: Network, x: string, axes: readonly number[]): string {
  return n.add(scope, "Concat", [n.ints(-1), ...axes.map((axis) => length(n, x, axis))], axis0);
}

/** No softmax: weights are the squares of what a rectifier leaves, for keys within reach. */
const rectified: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const scores = n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]);
  const positions = n.add(scope, "Range", [zero(n, 0), scalar(n, length(n, x, 1)), zero(n, 1)]);
  const [rows, columns] = [1, 0].map((axis) => n.add(scope, "Unsqueeze", [positions, n.ints(axis)]));
  const far = n.add(scope, "Greater", [n.add(scope, "Abs", [n.add(scope, "Sub", [rows!, columns!])]), zero(n, REACH)]);
  const seen = n.add(scope, "Where", [far, n.numbers([1], [0]), n.add(scope, "Relu", [scores])]);
  return merged(n, n.add(scope, "MatMul", [n.add(scope, "Mul", [seen, seen]), v]));
};

function scalar(n: Network, list: string): string {
  return n.add(scope, "Squeeze", [list, n.ints(0)]);
}

function zero(n: Network, value: number): string {
  return scalar(n, n.ints(value));
}

/** Heads are outside the batch: what is innermost is no guide to which extent is fixed. */
const headsFirst: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)].map((value) => transposed(n, value, [1, 0, 2, 3]));
  const scores = n.add(scope, "MatMul", [q!, transposed(n, k!, [0, 1, 3, 2])]);
  const sums = n.add(scope, "ReduceSum", [n.add(scope, "Abs", [scores]), n.ints(-1)]);
  const result = n.add(scope, "MatMul", [n.add(scope, "Div", [scores, sums]), v!]);
  return merged(n, transposed(n, result, [1, 0, 2, 3]));
};

/** Quantised and back, with one scale for all elements. */
function rounded(n: Network, x: string, scale: number): string {
  const parameters = [n.numbers([], [scale]), n.numbers([], [0], "int8")];
  const integers = n.add(scope, "QuantizeLinear", [x, ...parameters]);
  return n.add(scope, "DequantizeLinear", [integers, ...parameters]);
}

/** As static quantisation writes it: every operand and result of a product, of the scale and of the softmax is rounded to 8 bits. */
const quantised: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)].map((value) => rounded(n, value, 0.03));
  const scores = rounded(n, n.add(scope, "MatMul", [q!, transposed(n, k!, [0, 1, 3, 2])]), 0.05);
  const scaled = rounded(n, n.add(scope, "Mul", [scores, n.numbers([], [0.4])]), 0.02);
  return merged(n, rounded(n, n.add(scope, "MatMul", [rounded(n, softmax(n, scaled), 1 / 127), v!]), 0.02));
};

/** The same as operators on integers, whose results are rounded at once: their sums cannot be added up by the ranks. */
const integers: Form = (n, x) => {
  const by = (scale: number): readonly string[] => [n.numbers([], [scale]), n.numbers([], [0], "int8")];
  const quantise = (value: string, scale: number): string => n.add(scope, "QuantizeLinear", [value, ...by(scale)]);
  const product = (a: string, ofA: number, b: string, ofB: number, ofResult: number): string => {
    const result = n.add(scope, "QLinearMatMul", [a, ...by(ofA), b, ...by(ofB), ...by(ofResult)]);
    return n.add(scope, "DequantizeLinear", [result, ...by(ofResult)]);
  };
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)].map((value) => quantise(value, 0.03));
  const scores = product(q!, 0.03, transposed(n, k!, [0, 1, 3, 2]), 0.03, 0.05);
  return merged(n, product(quantise(softmax(n, scores), 1 / 127), 1 / 127, v!, 0.03, 0.02));
};

/** Scores and weights of one head are sums over those of all heads, as in talking heads: no head can be computed alone. */
const talking: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const mixed = (value: string): string => {
    const last = n.add(scope, "MatMul", [transposed(n, value, [0, 2, 3, 1]), n.weights(HEADS, HEADS)]);
    return transposed(n, last, [0, 3, 1, 2]);
  };
  const scores = n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]);
  return merged(n, n.add(scope, "MatMul", [mixed(softmax(n, mixed(scores))), v]));
};

/** One softmax for two values, the second of which is computed where the first result has its readers already. */
const shared: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const weights = softmax(n, n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]));
  const first = merged(n, n.add(scope, "MatMul", [weights, v]));
  const second = merged(n, n.add(scope, "MatMul", [weights, heads(n, x)]));
  return n.add(scope, "Sub", [first, second]);
};

/** Weights that decay with the difference of each pair of rows: one value is paired with itself, and a rank has only some of its rows. */
const decaying: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const levels = n.add(scope, "ReduceSum", [heads(n, x), n.ints(-1)], { attributes: { keepdims: int(0) } });
  const [rows, columns] = [-1, -2].map((axis) => n.add(scope, "Unsqueeze", [levels, n.ints(axis)]));
  const apart = n.add(scope, "Abs", [n.add(scope, "Sub", [rows!, columns!])]);
  const scores = n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]);
  const decayed = n.add(scope, "Mul", [scores, n.add(scope, "Exp", [n.add(scope, "Neg", [apart])])]);
  return merged(n, n.add(scope, "MatMul", [decayed, v]));
};

const FORMS: Readonly<Record<string, Form>> = {
  relative,
  shifted,
  "merged batch": mergedBatch,
  rectified,
  "heads first": headsFirst,
  quantised,
  integers,
  talking,
  shared,
  decaying,
};

async function written(form: Form): Promise<{ readonly file: string; readonly bound: BoundPlan }> {
  const n = network();
  const x = n.input("x", "float32", ["batch", "rows", CHANNELS]);
  n.output("y", n.add("out", "Neg", [form(n, x)]), ["batch", "rows", CHANNELS]);
  const file = `${await temporaryFolder()}/model.onnx`;
  await writeFile(file, writeModel(n.graph(), { opsets: { "": 18 } }));
  const graph = valueOf(await canonicalise(valueOf(await readModel(file))));
  return { file, bound: valueOf(bindPlan(graph, valueOf(readPlanValue(PLAN)))) };
}

test.each(Object.entries(FORMS))(
  "%s: every value is exact for the heads of each rank, and under a ring for its rows",
  async (_, form) => {
    const { bound } = await written(form);
    for (const name of ["ulysses 2", "ulysses 3", "ulysses 4"] as const) {
      const made = shard(bound, { ...meshes[name], mesh: meshes[name] });
      expect(made.diagnostics.map(({ code }) => code)).toContain(form === talking ? "CP4056" : "CP4045");
      await expectExact(valueOf(made), uneven(Number(name.at(-1))));
    }
    for (const name of ["ring 2", "rotating ring 3", "unified 2 x 2"] as const) {
      const made = shard(bound, { ...meshes[name], mesh: meshes[name] });
      // Padding and views of padded scores mix the rows of queries.
      expect(made.diagnostics.map(({ code }) => code)).toContain(form === shifted ? "CP4057" : "CP4056");
      const report = valueOf(await simulate(valueOf(made), { x: random(3, [2, 13, CHANNELS]) }));
      expect(report.wrong?.diagnostic.message ?? null).toBeNull();
      expect(report.unchecked).toEqual([]);
    }
  },
);

async function expectExact(graph: ShardedGraph, shares: readonly number[]): Promise<void> {
  for (const rows of [8, 13]) {
    const feeds = { x: random(rows, [2, rows, CHANNELS]) };
    const report = valueOf(await simulate(graph, feeds, { shares: rows === 8 ? null : shares }));
    expect(report.wrong?.diagnostic.message ?? null).toBeNull();
    expect(report.unchecked).toEqual([]);
  }
}

/** Keys and values of a width that only a feed tells: ranks could not agree on their blocks. */
const ofOpenWidth: Form = (n, x) => {
  const width = n.add(scope, "Concat", [n.ints(0, 0, HEADS), n.input("width", "int64", [1])], axis0);
  const open = (): string => {
    const projected = n.add(scope, "MatMul", [x, n.weights(CHANNELS, CHANNELS)]);
    return transposed(n, n.add(scope, "Reshape", [projected, width]), [0, 2, 1, 3]);
  };
  const scores = n.add(scope, "MatMul", [heads(n, x), transposed(n, open(), [0, 1, 3, 2])]);
  return merged(n, n.add(scope, "MatMul", [n.add(scope, "Relu", [scores]), open()]));
};

test.each(["ulysses 2", "ring 2"] as const)("a size that depends on data is refused: %s", async (name) => {
  const { bound } = await written(ofOpenWidth);
  const made = shard(bound, { ...meshes[name], mesh: meshes[name] });
  expect(made.ok).toBe(false);
  expect(made.diagnostics.map(({ code }) => code).join()).not.toMatch(/CP4045|CP4056|CP4057/);
});

function uneven(ranks: number): readonly number[] {
  return Array.from({ length: ranks }, (_, rank) => [3, 1, 2, 1][rank]!);
}

test.each(Object.entries(FORMS))("%s: the unsplit outputs on worker threads", async (_, form) => {
  const { file } = await written(form);
  const degrees = [relative, shifted, talking].includes(form) ? { ring_degree: 2 } : { ulysses_degree: 2 };
  const compiled = await compilePlan({ model: file, plan: PLAN, parallel: degrees });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const session = await attach(compiled.program);
  onTestFinished(() => session.release());
  const plain = await createSession(file);
  const { elem, ...rest } = random(1, [2, 13, CHANNELS]);
  const outputs = await session.run({ x: { type: elem, ...rest } });
  const own = Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { elem: type, dims, data } as OrtTensor]),
  );
  const [compared] = compareOutputs(own, await plain.run({ x: { elem, ...rest } }));
  await plain.release();
  // ONNX Runtime joins quantisation to the products of a whole model: a tie may become the next of its levels.
  expect(compared!.largest_absolute).toBeLessThan(form === quantised || form === integers ? 0.0201 : 1e-5);
});

/** Weights are shares among the heads, and of the queries, so that only the batch is computed index by index. */
const amongHeads: Form = (n, x) => {
  const [q, k, v] = [heads(n, x), heads(n, x), heads(n, x)];
  const scores = n.add(scope, "MatMul", [q, transposed(n, k, [0, 1, 3, 2])]);
  const among = n.add(scope, "Softmax", [scores], { attributes: { axis: int(1) } });
  const ofQueries = n.add(scope, "Softmax", [among], { attributes: { axis: int(2) } });
  return merged(n, n.add(scope, "MatMul", [ofQueries, v]));
};

test("a batch that is spread in place of heads has an element for each rank, or the run refuses", async () => {
  const { bound } = await written(amongHeads);
  const made = shard(bound, { ...meshes["ulysses 4"], mesh: meshes["ulysses 4"] });
  expect(made.diagnostics.map(({ code }) => code)).toContain("CP4045");
  const graph = valueOf(made);
  const enough = valueOf(await simulate(graph, { x: random(1, [4, 9, CHANNELS]) }));
  expect(enough.wrong?.diagnostic.message ?? null).toBeNull();
  const refused = await simulate(graph, { x: random(1, [2, 9, CHANNELS]) });
  // It names the module and the last node: the values between the products have no names that a user knows.
  expect(texts(refused.diagnostics)).toEqual([
    'CP6008 the batch of the products up to "/attn/MatMul_13" in module "attn" is 2, fewer than the 4 ranks that it is split over',
  ]);
});
