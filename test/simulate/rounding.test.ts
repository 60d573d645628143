/**
 * @file What the simulation allows for rounding: the weakest type on the way to a value, bfloat16 observed as float32, and quantised models
 * by the spread of the unsplit model, which no wrong exchange hides behind.
 */
import { describe, expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph, Model, Node } from "../../compiler/graph/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import type { ShardedGraph, ShardedStep, Transfer } from "../../compiler/shard/types.ts";
import { compareShards } from "../../compiler/simulate/compare.ts";
import { reportOf, roundingOf, simulate } from "../../compiler/simulate/simulate.ts";
import type { SimulationReport, Spread } from "../../compiler/simulate/types.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { equalCut } from "../../program/shares.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, node, noise, random, value } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const WIDTH = 16;
const ints = (...values: number[]) => ({ kind: "ints", value: values }) as const;

/** Attention of `x` (1, n, 16) to itself, with four heads. */
function attention(x: string, result: string): readonly Node[] {
  const own = (what: string): string => `${result}.${what}`;
  return [
    node("Reshape", [x, "heads"], [own("r")]),
    node("Transpose", [own("r")], [own("q")], { perm: ints(0, 2, 1, 3) }),
    node("Transpose", [own("r")], [own("k")], { perm: ints(0, 2, 3, 1) }),
    node("MatMul", [own("q"), own("k")], [own("scores")]),
    node("Softmax", [own("scores")], [own("p")], { axis: int(-1) }),
    node("Sin", [own("q")], [own("v")]),
    node("MatMul", [own("p"), own("v")], [own("o")]),
    node("Transpose", [own("o")], [own("t")], { perm: ints(0, 2, 1, 3) }),
    node("Reshape", [own("t"), "rows"], [result]),
  ];
}

/** x times an int8 weight, as ONNX Runtime's dynamic quantisation writes it. */
function quantised(x: string, result: string): readonly Node[] {
  const own = (what: string): string => `${result}.${what}`;
  return [
    node("DynamicQuantizeLinear", [x], [own("int"), own("scale"), own("zero")]),
    node("MatMulInteger", [own("int"), "w", own("zero")], [own("sum")]),
    node("Cast", [own("sum")], [own("float")], { to: int(1) }),
    node("Mul", [own("scale"), "step"], [own("steps")]),
    node("Mul", [own("float"), own("steps")], [result]),
  ];
}

const constants = new Map([
  ["heads", tensorFromInts([0, 0, 4, 4])],
  ["rows", tensorFromInts([0, 0, WIDTH])],
  [
    "w",
    tensorFromNumbers(
      "int8",
      [WIDTH, WIDTH],
      noise(3, WIDTH * WIDTH).map((x) => Math.round(80 * x)),
    ),
  ],
  ["step", tensorFromNumbers("float32", [], [0.01])],
  ["many", tensorFromNumbers("float32", [], [1e7])],
  ["large", tensorFromNumbers("float32", [], [500])],
]);

function modelOf(nodes: readonly Node[], first = value("x", "float32", [1, "n", WIDTH])): Model {
  const outputs = [value("y", "float32", null)];
  const source: Graph = graph({ inputs: [first], outputs, nodes, constants });
  return { file: "m.onnx", folder: "/", irVersion: 10, opsets: { "": 18 }, sha256: "", graph: source };
}

const PLAN: ContextParallelPlan = { "": [{ x: { split_dim: 1 } }, { gather_dim: 1 }] };
const RING = meshes["rotating ring 3"];
const BOTH = meshes["unified 2 x 2"];

async function sharded(model: Model, mesh: MeshConfig): Promise<ShardedGraph> {
  const bound = valueOf(bindPlan(valueOf(await canonicalise(model)), valueOf(readPlanValue(PLAN))));
  return valueOf(shard(bound, { ...mesh, mesh }));
}

const run = async (graph: ShardedGraph, feeds: OrtTensors): Promise<SimulationReport> =>
  valueOf(await simulate(graph, feeds));

const feeds = { x: random(5, [1, 23, WIDTH]) };

/** Three layers, each a quantised product of attention. */
const deep = modelOf([
  ...[1, 2, 3].flatMap((i) => [
    ...attention(i === 1 ? "x" : `y${i - 1}`, `a${i}`),
    ...quantised(`a${i}`, i === 3 ? "last" : `y${i}`),
  ]),
  node("Relu", ["last"], ["y"]),
]);

/** As ids of a text encoder: the first floating values are rows of a table. */
const embedded = modelOf(
  [
    node("Gather", ["table", "x"], ["taken"]),
    ...attention("taken", "a"),
    ...quantised("a", "b"),
    node("Relu", ["b"], ["y"]),
  ],
  value("x", "int64", [1, "n"]),
);

/** The transfers of one collective, wrong: blocks of other ranks, or other values. Keys and values in another order alike would be right. */
function wrongTransfers([first, ...rest]: readonly Transfer[]): readonly Transfer[] {
  if (first!.receive.length > 1) return [{ ...first!, receive: first!.receive.toReversed() }, ...rest];
  const all = [first!, ...rest];
  return all.map((transfer, i) => ({ ...transfer, receive: all.at(i - 1)!.receive }));
}

function mutants({ steps, ...rest }: ShardedGraph): readonly ShardedGraph[] {
  return steps.flatMap((step, at): readonly ShardedGraph[] => {
    // An all-reduce takes the largest of what it receives, in any order.
    if (step.kind !== "collective" || step.purpose === "all-reduce") return [];
    const wrong: ShardedStep = { ...step, transfers: wrongTransfers(step.transfers) };
    return [{ ...rest, steps: steps.with(at, wrong) }];
  });
}

/** Steps of 1e-7, which the difference between orders of sums crosses, made as large as the values. */
const coarse = modelOf([
  ...attention("x", "a"),
  node("Mul", ["a", "many"], ["b"]),
  node("Round", ["b"], ["c"]),
  node("Mul", ["c", "step"], ["d"]),
  node("Sin", ["d"], ["y"]),
]);

describe("a model that rounds to whole numbers", () => {
  test("is judged by what noise does to the unsplit model", async () => {
    const report = await run(await sharded(coarse, RING), feeds);
    expect(report.wrong).toBeNull();
    const rounding = roundingOf(report)!;
    expect(rounding).toMatchObject({ values: 4, noise: 1e-6 });
    expect(rounding.largest).toBeGreaterThan(1e-3);
    expect(rounding.moves).toBeGreaterThan(1e-3);
    const { message } = reportOf(report);
    expect(message).toMatch(/behind a rounding to whole numbers.*itself moves by .* under noise of 0.000001$/);
  });

  test.each([RING, BOTH])("is right with dynamic quantisation: %o", async (mesh) => {
    const report = await run(await sharded(deep, mesh), feeds);
    expect(report.wrong).toBeNull();
    expect(roundingOf(report)!.values).toBeGreaterThan(10);
  });

  test("hides no wrong exchange", async () => {
    const all = mutants(await sharded(deep, BOTH));
    expect(all.length).toBeGreaterThan(3);
    for (const mutant of all) expect((await run(mutant, feeds)).wrong?.diagnostic.code).toMatch(/^CP55/);
  });

  test("that takes ids has noise on the rows of its table", async () => {
    const withTable = {
      ...embedded,
      graph: { ...embedded.graph, constants: new Map([...constants, ["table", table]]) },
    };
    const ids = {
      x: ortTensor(
        "int64",
        [1, 23],
        Array.from({ length: 23 }, (_, i) => (7 * i) % 40),
      ),
    };
    const report = await run(await sharded(withTable, RING), ids);
    expect(report.wrong).toBeNull();
    expect(Math.max(...[...report.rounded.values()].map(({ moves }) => moves))).toBeGreaterThan(0);
  });
});

describe("a model that amplifies rounding", () => {
  /** The sine of large numbers moves as they do, and is small itself. */
  const amplifying = modelOf([...attention("x", "a"), node("Mul", ["a", "large"], ["b"]), node("Sin", ["b"], ["y"])]);

  test("is judged by noise, within ten times the tolerance", async () => {
    const report = await run(await sharded(amplifying, RING), feeds);
    expect(report.wrong).toBeNull();
    expect(report.differences.get("y")).toBeGreaterThan(2e-5);
    // Nothing is rounded to whole numbers.
    expect(roundingOf(report)).toBeNull();
  });

  test("hides no wrong exchange", async () => {
    for (const mutant of mutants(await sharded(amplifying, RING))) {
      expect((await run(mutant, feeds)).wrong?.diagnostic.code).toMatch(/^CP55/);
    }
  });
});

const table = tensorFromNumbers("float32", [40, WIDTH], noise(9, 40 * WIDTH));

describe("a value behind a rounding", () => {
  const label = { value: "v", node: "n", module: "m" };
  const floats = (...numbers: readonly number[]) => ortTensor("float32", [numbers.length], numbers);
  const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 1 };
  const place = { layout: [], mesh, lengths: {}, cut: equalCut };
  const code = (actual: number, spread?: Spread): string | undefined =>
    compareShards(label, [floats(actual, 1)], floats(0, 1), place, { absolute: 1e-5, relative: 1e-5 }, spread).wrong
      ?.diagnostic.code;

  test("may differ by twice what noise moves it, and never by more than a quarter of its deviation", () => {
    expect(code(0.1)).toBe("CP5501");
    expect(code(0.1, { moves: 0.06, deviation: 0.5 })).toBeUndefined();
    expect(code(0.1, { moves: 0.04, deviation: 0.5 })).toBe("CP5501");
    expect(code(0.1, { moves: 0.06, deviation: 0.3 })).toBe("CP5512");
    expect(code(NaN, { moves: 0.06, deviation: 0.5 })).toBe("CP5501");
  });

  test("that is only amplified may differ by no more than a multiple of the tolerance", () => {
    const spread = { moves: 1, deviation: 1, times: 10 };
    expect(code(0.99e-4, spread)).toBeUndefined();
    expect(code(1.01e-4, spread)).toBe("CP5501");
    expect(code(0.99e-4, { ...spread, moves: 4e-5 })).toBe("CP5501");
    expect(code(0.99e-4, { ...spread, deviation: 3e-4 })).toBe("CP5501");
  });
});

describe("bfloat16 inside", () => {
  // Weights that differ, so that exchanged rows do.
  const large = {
    x: ortTensor(
      "float32",
      [1, 23, WIDTH],
      noise(5, 23 * WIDTH).map((x) => 3 * x),
    ),
  };
  const cast = (from: string, to: string, elem: number): Node => node("Cast", [from], [to], { to: int(elem) });
  const half = modelOf([
    cast("x", "narrow", 16),
    cast("narrow", "wide", 1),
    ...attention("wide", "a"),
    cast("a", "b", 16),
    cast("b", "y", 1),
  ]);

  test.each([RING, BOTH])("is observed, exchanged and compared as float32, at its tolerance: %o", async (mesh) => {
    const report = await run(await sharded(half, mesh), feeds);
    expect(report.wrong).toBeNull();
    expect(report.differences.has("narrow")).toBe(true);
    // A step of bfloat16, which float32 alone would not allow.
    expect(Math.max(...report.differences.values())).toBeLessThan(0.01);
    for (const mutant of mutants(await sharded(half, mesh))) expect((await run(mutant, large)).wrong).not.toBeNull();
  });

  test("an input of bfloat16 takes float32", async () => {
    const whole = modelOf([cast("x", "wide", 1), ...attention("wide", "y")], value("x", "bfloat16", [1, "n", WIDTH]));
    expect((await run(await sharded(whole, RING), feeds)).wrong).toBeNull();
  });
});
