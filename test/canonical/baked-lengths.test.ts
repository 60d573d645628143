/**
 * @file Lengths that an export wrote into a Reshape as numbers: the plan is exact where they hold, and a run refuses all others.
 */
import { expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { show } from "../../compiler/expr/expr.ts";
import { network, type Network } from "../attention/network.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const axis = (value: number) => ({ attributes: { axis: int(value) } });

/** Pairs of the last axis turned as in a rotary embedding, with the rows of an example written as a number; back to (1, rows, 2, 8). */
function turned(n: Network, x: string, rows: number): string {
  const pairs = n.add("", "Reshape", [x, n.ints(1, rows, 2, -1, 2)]);
  const [real, imaginary] = [0, 1].map((i) => n.add("", "Slice", [pairs, n.ints(i), n.ints(i + 1), n.ints(4)]));
  const both = n.add("", "Concat", [n.add("", "Neg", [imaginary!]), real!], axis(-1));
  const first = n.add("", "Slice", [n.add("", "Shape", [both]), n.ints(0), n.ints(3)]);
  return n.add("", "Reshape", [both, n.add("", "Concat", [first, n.ints(-1)], axis(0))]);
}

/** Attention over two streams one after the other, whose queries and keys are turned by angles. */
function streams(): Network {
  const n = network();
  const inputs = [n.input("a", "float32", [1, "img", 16]), n.input("b", "float32", [1, "txt", 16])];
  const x = n.add("", "Concat", inputs, axis(1));
  const heads = n.add("", "Reshape", [x, n.ints(1, -1, 2, 8)]);
  const angles = n.add("", "Unsqueeze", [n.add("", "ReduceMean", [x, n.ints(-1)]), n.ints(-1)]);
  const moved = n.add("", "Add", [heads, n.add("", "Mul", [turned(n, heads, 17), angles])]);
  const [q, k] = [0, 2].map(() => n.add("", "Transpose", [moved], perm(0, 2, 1, 3)));
  const scores = n.add("", "MatMul", [q!, n.add("", "Transpose", [k!], perm(0, 1, 3, 2))]);
  const v = n.add("", "Transpose", [heads], perm(0, 2, 1, 3));
  const result = n.add("", "MatMul", [n.add("", "Softmax", [scores], axis(-1)), v]);
  n.output("y", n.add("", "Transpose", [result], perm(0, 2, 1, 3)), [1, null, 2, 8]);
  return n;
}

const perm = (...value: readonly number[]) => ({ attributes: { perm: { kind: "ints", value } } }) as const;

const shapes = ({ inputs }: CanonicalGraph): readonly string[] =>
  inputs.map(({ shape }) => shape.dims.map(show).join(", "));

async function made(n: Network): Promise<{ readonly graph: CanonicalGraph; readonly notes: readonly string[] }> {
  const file = { file: "model.onnx", folder: "", irVersion: 8, sha256: "" };
  const result = await canonicalise({ ...file, graph: n.graph(), opsets: { "": 18 } });
  return { graph: valueOf(result), notes: texts(result.diagnostics) };
}

test("one of two lengths follows from the other, and a run at other lengths is refused", async () => {
  const { graph, notes } = await made(streams());
  expect(notes).toEqual([
    expect.stringContaining("maps (1, img + txt, 2, 8) to (1, 17, 2, -1, 2): the export wrote a length as a number"),
  ]);
  expect(shapes(graph)).toEqual(["1, img, 16", "1, -1*img + 17, 16"]);
  const plan = { "": [{ a: { split_dim: 1 }, b: { split_dim: 1 } }, { gather_dim: 1 }] } as const;
  const bound = valueOf(bindPlan(graph, valueOf(readPlanValue(plan))));
  for (const name of ["ulysses 2", "rotating ring 3"] as const) {
    const sharded = valueOf(shard(bound, { ...meshes[name], mesh: meshes[name] }));
    expect(sharded.attention.map(({ scheme }) => scheme)).toEqual([name === "ulysses 2" ? "ulysses" : "ring"]);
    const report = valueOf(await simulate(sharded, { a: random(1, [1, 10, 16]), b: random(2, [1, 7, 16]) }));
    expect(report.wrong?.diagnostic.message ?? null).toBeNull();
    const other = await simulate(sharded, { a: random(1, [1, 10, 16]), b: random(2, [1, 8, 16]) });
    expect(texts(other.diagnostics)).toEqual([
      'CP6005 the input "b" has extent 8 along axis 1; the model expects 7 (-1*img + 17)',
    ]);
  }
});

/** `y` is a Reshape of x, added to (batch, rows, 1): there the rows meet the number. */
function reshaped(dims: readonly (number | string)[], target: readonly number[], meets: boolean): Network {
  const n = network();
  const y = n.add("", "Reshape", [n.input("x", "float32", dims), n.ints(...target)]);
  const rows = n.add("", "ReduceMean", ["x", n.ints(2)]);
  n.output(
    "y",
    meets ? n.add("", "Add", [y, rows]) : y,
    target.map(() => null),
  );
  return n;
}

test.each([
  ["as many elements", ["batch", "rows", 8], [0, 12, 8], false, "batch, 12, 8"],
  ["as many elements, joined", [1, "rows", 8], [1, 96], false, "1, 12, 8"],
  ["an open extent, met elsewhere", ["batch", "rows", 8], [0, 12, -1], true, "batch, 12, 8"],
  ["an open extent that may be of groups of rows", ["batch", "rows", 8], [0, 12, -1], false, "batch, rows, 8"],
  ["a number that no length gives", [1, "rows", 8], [1, 12, 9], false, "1, rows, 8"],
  ["a number of both lengths", ["batch", "rows", 8], [12, 8], false, "batch, rows, 8"],
] as const)("%s: %j to %j", async (_, dims, target, meets, expected) => {
  const { graph } = await made(reshaped(dims, target, meets));
  expect(shapes(graph)).toEqual([expected]);
});
