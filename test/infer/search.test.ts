/**
 * @file What the search does on small graphs: where a plan may act, and what it learns from a refusal. Each plan found is simulated on a mesh on
 * which it was not proven.
 */
import { expect, test } from "vitest";
import { sampleFeeds } from "../../cli/run/sample-feeds.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { planOf } from "../../infer/entries.ts";
import { searchPlan, type Found } from "../../infer/search.ts";
import { valueOf } from "../support/fixtures.ts";
import { graphFrom } from "../support/language/graph.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, shard } from "../support/stages.ts";

const proven = { ...meshes["ulysses 2"], mesh: meshes["ulysses 2"] };

async function found(graph: CanonicalGraph): Promise<Found> {
  const plan = searchPlan(graph, proven);
  if ("why" in plan) throw new Error(plan.why);
  const mesh = meshes["rotating ring 3"];
  const bound = valueOf(bindPlan(graph, valueOf(readPlanValue(planOf(plan.entries)))));
  const sharded = valueOf(shard(bound, { ...mesh, mesh }));
  expect(valueOf(await simulate(sharded, sampleFeeds(sharded)))).toMatchObject({ wrong: null });
  return plan;
}

test("without modules, a sequence begins and ends at ONNX values of the root", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, n, 4, 8]
"":
  whole = Softmax(x) {axis=1}
  rows = Relu(whole)
  a = cp.Attention(rows, rows, rows) {scale=0.5}
  y = Softmax(a) {axis=1}
out y
`),
  );
  expect(planOf(plan.entries)).toEqual({
    "": [{ rows: { split_dim: 1, expected_dims: 4, value: "rows" } }, { gather_dim: 1, expected_dims: 4, value: "a" }],
  });
});

test("a gather for all readers leaves no rows for one of them: the region ends there", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, n, 4, 8]
"":
  a = cp.Attention(x, x, x) {scale=0.5}
  b = Relu(a)
  c = Softmax(a) {axis=1}
  y = Add(b, c)
out y
`),
  );
  expect(planOf(plan.entries)).toEqual({
    "": [{ x: { split_dim: 1, expected_dims: 4 } }, { gather_dim: 1, expected_dims: 4, value: "a" }],
  });
});

test("boundaries of modules come first", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, n, 4, 8]
"":
  whole = Softmax(x) {axis=1}
attn:
  a = cp.Attention(whole, whole, whole) {scale=0.5}
"":
  y = Softmax(a) {axis=1}
out y
`),
  );
  expect(plan.entries.map(({ pattern }) => pattern)).toEqual(["attn"]);
});

test("of two splits that disagree, the table of positions stays whole, and not the state", async () => {
  const plan = await found(
    graphFrom(`
in text float32 [1, txt, 4, 8]
in image float32 [1, img, 4, 8]
in ids float32 [1, s, 1, 1]
"":
  stream = Concat(text, image) {axis=1}
  turn = Sin(ids)
  turned = Mul(stream, turn)
  y = cp.Attention(turned, turned, turned) {scale=0.5}
out y
`),
  );
  expect(plan.entries[0]!.splits.map(({ key }) => key)).toEqual(["text", "image"]);
});

test("products that are no known attention have rows as one has, and keys and values that are gathered", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, n, 8]
"":
  h = Reshape(x, [1, n, 2, 4])
  q = Transpose(h) {perm=[0, 2, 1, 3]}
  r = Relu(h)
  v = Transpose(r) {perm=[0, 2, 1, 3]}
  k = Transpose(r) {perm=[0, 2, 3, 1]}
  scores = MatMul(q, k)
  weights = Relu(scores)
  out = MatMul(weights, v)
  rows = Transpose(out) {perm=[0, 2, 1, 3]}
  y = Reshape(rows, [1, n, 8])
out y
`),
  );
  const [entries] = Object.values(planOf(plan.entries));
  expect(entries).toMatchObject([{ x: { split_dim: 1 } }, { gather_dim: 1 }]);
  expect(plan.sharded.attention.map(({ scheme }) => scheme)).toEqual(["ulysses"]);
});

test("rows of quantised products are not their batch, which both operands have", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [b, n, 8]
const s float32 [] = 0.05
const zero int8 [] = 0
"":
  h = QuantizeLinear(x, s, zero)
  t = Transpose(h) {perm=[0, 2, 1]}
  scores = QLinearMatMul(h, s, zero, t, s, zero, s, zero)
  out = QLinearMatMul(scores, s, zero, h, s, zero, s, zero)
  y = DequantizeLinear(out, s, zero)
out y
`),
  );
  expect(planOf(plan.entries)).toMatchObject({ "": [{ x: { split_dim: 1 } }, { gather_dim: 1 }] });
});

test("where a plan at boundaries shares little of the work, ONNX values are tried as well", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, n, 1, 2]
const w float32 [2, 64]
first:
  a = cp.Attention(x, x, x) {scale=0.5}
second:
  wide = MatMul(a, w)
  whole = Softmax(wide) {axis=1}
  rows = Relu(whole)
  b = cp.Attention(rows, rows, rows) {scale=0.5}
  y = Softmax(b) {axis=1}
out y
`),
  );
  expect(planOf(plan.entries)).toMatchObject({ "": [{ rows: { split_dim: 1, value: "rows" } }, { value: "b" }] });
});

test("a model of convolutions alone is split by the rows of its places", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, 64, n, 6]
const w float32 [64, 64, 3, 3]
"":
  a = Conv(x, w) {pads=[1, 1, 1, 1]}
  b = Relu(a)
  y = Conv(b, w) {pads=[1, 1, 1, 1]}
out y
`),
  );
  expect(planOf(plan.entries)).toMatchObject({ "": [{ x: { split_dim: 2 } }, { gather_dim: 2 }] });
});

test("a group norm before attention does not hide the rows of the grid behind it", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, 8, 6, 5]
const w float32 [8, 8, 3, 3]
const scale float32 [2]
const bias float32 [2]
"":
  image = Conv(x, w) {pads=[1, 1, 1, 1]}
  flat = Reshape(image, [1, 8, 30])
  norm = GroupNormalization(flat, scale, bias) {num_groups=2}
  rows = Transpose(norm) {perm=[0, 2, 1]}
  heads = Reshape(rows, [1, 30, 2, 4])
  y = cp.Attention(heads, heads, heads) {scale=0.5}
out y
`),
  );
  expect(planOf(plan.entries)).toMatchObject({ "": [{ x: { split_dim: 2 } }, { gather_dim: 1 }] });
});

test("linear attention is split by rows: the product of keys and values is a sum over all of them", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, n, 8]
"":
  q = Sigmoid(x)
  v = Relu(x)
  kt = Transpose(x) {perm=[0, 2, 1]}
  kv = MatMul(kt, v)
  out = MatMul(q, kv)
  y = Neg(out)
out y
`),
  );
  expect(plan.sharded.attention.map(({ scheme }) => scheme)).toEqual(["local"]);
});

test("where most work is in convolutions, rows are split before them", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, 32, 8]
const w float32 [32, 32, 3]
conv:
  y = Conv(x, w) {pads=[1, 1]}
attn:
  rows = Transpose(y) {perm=[0, 2, 1]}
  heads = Reshape(rows, [1, 8, 4, 8])
  a = cp.Attention(heads, heads, heads) {scale=0.5}
out a
`),
  );
  expect(planOf(plan.entries)).toEqual({
    "": { x: { split_dim: 2, expected_dims: 3 } },
    attn: { gather_dim: 1, expected_dims: 4 },
  });
});

test("where a grid is convolved after attention, its rows are split, not its places", async () => {
  const plan = await found(
    graphFrom(`
in x float32 [1, 4, 5, 32]
const w float32 [32, 32, 3, 3]
attn:
  heads = Reshape(x, [1, 20, 4, 8])
  a = cp.Attention(heads, heads, heads) {scale=0.5}
conv:
  grid = Reshape(a, [1, 4, 5, 32])
  image = Transpose(grid) {perm=[0, 3, 1, 2]}
  y = Conv(image, w) {pads=[1, 1, 1, 1]}
out y
`),
  );
  expect(planOf(plan.entries)).toEqual({
    "": { x: { split_dim: 1, expected_dims: 4 } },
    conv: { gather_dim: 2, expected_dims: 4 },
  });
});
