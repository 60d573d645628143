/**
 * @file Grids of which ranks hold rows: windows of rows, shifted by some rows and back, every second row, a token before the grid. Every value is that of
 * the unsplit model, for chunks that do not end between windows, and the rows that ranks exchange are few.
 */
import { describe, expect, it } from "vitest";
import { int, ints } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { Graph, Model, Node } from "../../../compiler/graph/types.ts";
import type { ContextParallelPlan } from "../../../compiler/plan/types.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { compile } from "../../mutants/judge.ts";
import { valueOf } from "../../support/fixtures.ts";
import { graph, node, random, value } from "../../support/graphs.ts";
import { meshes, type MeshName } from "../../support/meshes.ts";
import { canonicalise } from "../../support/stages.ts";

const OPSETS = { "": 18 };
const [WINDOW, COLUMNS, CHANNELS] = [4, 8, 3];
const list = (...numbers: readonly number[]) => tensorFromNumbers("int64", [numbers.length], numbers);
const END = 2 ** 31 - 1;

/** A roll of axis 1 as torch exports it: what is behind `first` rows, and then these. */
function roll(from: string, to: string, first: string): readonly Node[] {
  return [
    node("Slice", [from, "zero", first, "one"], [`${to}.first`]),
    node("Slice", [from, first, "end", "one"], [`${to}.rest`]),
    node("Concat", [`${to}.rest`, `${to}.first`], [to], { axis: int(1) }),
  ];
}

/** Windows of a grid (1, rows, COLUMNS, CHANNELS), shifted by two rows, summed with their mean, and put back. */
function shifted(rows: number): Graph {
  const [down, across] = [rows / WINDOW, COLUMNS / WINDOW];
  return graph({
    inputs: [value("x", "float32", ["batch", rows, COLUMNS, CHANNELS])],
    outputs: [value("y", "float32", null), value("z", "float32", null)],
    constants: new Map([
      ["zero", list(0)],
      ["one", list(1)],
      ["two", list(2)],
      ["back", list(rows - 2)],
      ["end", list(END)],
      ["apart", list(-1, down, WINDOW, across, WINDOW, CHANNELS)],
      ["windows", list(-1, WINDOW * WINDOW, CHANNELS)],
      ["grid", list(-1, rows, COLUMNS, CHANNELS)],
      ["tokens", list(-1, (rows * COLUMNS) / 4, 2 * CHANNELS)],
    ]),
    nodes: [
      ...roll("x", "rolled", "two"),
      node("Reshape", ["rolled", "apart"], ["a"]),
      node("Transpose", ["a"], ["b"], { perm: ints([0, 1, 3, 2, 4, 5]) }),
      node("Reshape", ["b", "windows"], ["c"]),
      node("Softmax", ["c"], ["d"], { axis: int(1) }),
      node("Reshape", ["d", "apart"], ["e"]),
      node("Transpose", ["e"], ["f"], { perm: ints([0, 1, 3, 2, 4, 5]) }),
      node("Reshape", ["f", "grid"], ["g"]),
      ...roll("g", "unrolled", "back"),
      node("Add", ["x", "unrolled"], ["y"]),
      node("Slice", ["y", "zero", "end", "one", "two"], ["even"]),
      node("Slice", ["y", "one", "end", "one", "two"], ["odd"]),
      node("Concat", ["even", "odd"], ["both"], { axis: int(-1) }),
      node("Slice", ["both", "zero", "end", "two", "two"], ["half"]),
      node("Reshape", ["half", "tokens"], ["z"]),
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

describe("grids whose rows are split", () => {
  it.each<readonly [MeshName, number]>([
    ["ulysses 2", 12],
    ["rotating ring 3", 20],
    ["unified 2 x 2", 24],
  ])("windows of them are exact: %s, %i rows", async (name, rows) => {
    const model = modelOf(shifted(rows));
    const source = { model, canonical: valueOf(await canonicalise(model)) };
    const gather = { gather_dim: 1 } as const;
    const plan: ContextParallelPlan = { "": [{ x: { split_dim: 1 } }, [gather, gather]] };
    const sharded = valueOf(await compile(source, plan, meshes[name]));
    const ranks = meshes[name].ring_degree * meshes[name].ulysses_degree;
    for (const shares of [null, Array.from({ length: ranks }, (_, rank) => 1 + rank)]) {
      const report = valueOf(await simulate(sharded, { x: random(rows, [2, rows, COLUMNS, CHANNELS]) }, { shares }));
      expect([report.wrong?.diagnostic.message ?? null, report.compared > 10]).toEqual([null, true]);
    }
  });
});
