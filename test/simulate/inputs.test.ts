/**
 * @file Inputs that the simulation chooses: models that refuse most inputs, and for each the reason why these are accepted.
 */
import { describe, expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph, GraphValue, Node, Tensor } from "../../compiler/graph/types.ts";
import { readPlanValue } from "../../compiler/plan/read.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { chosenInputs, inputsToTry } from "../../compiler/simulate/inputs/inputs.ts";
import { numbersFor } from "../../compiler/simulate/inputs/recipes.ts";
import { simulateChosen } from "../../compiler/simulate/inputs/try.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { numbersIn } from "../../ort/tensors.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { graph, node, noise, value } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { bindPlan, canonicalise, shard } from "../support/stages.ts";

const ints = (...values: number[]) => ({ kind: "ints", value: values }) as const;
const input = value("x", "float32", [1, "n", 4]);

interface Parts {
  readonly inputs: readonly GraphValue[];
  /** Make `z`, of which nothing is split. */
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, Tensor>>;
}

/** y = Relu(x), split; and `z` beside it. */
async function sharded({ inputs, nodes, constants = {} }: Parts): Promise<ShardedGraph> {
  const source: Graph = graph({
    inputs: [input, ...inputs],
    outputs: [value("y", "float32", null), value("z", "float32", null)],
    nodes: [node("Relu", ["x"], ["y"]), ...nodes],
    constants: new Map(Object.entries(constants)),
  });
  const model = { file: "m.onnx", folder: "/", irVersion: 10, opsets: { "": 18 }, sha256: "", graph: source };
  const plan: ContextParallelPlan = { "": [{ x: { split_dim: 1 } }, [{ gather_dim: 1 }, null]] };
  const bound = valueOf(bindPlan(valueOf(await canonicalise(model)), valueOf(readPlanValue(plan))));
  const mesh = meshes["ulysses 2"];
  return valueOf(shard(bound, { ...mesh, mesh }));
}

/** Chosen, and accepted at the first try: the graph said enough. */
async function accepted(parts: Parts): Promise<ReturnType<typeof chosenInputs>> {
  const made = await sharded(parts);
  const chosen = chosenInputs(made);
  expect(valueOf(await simulate(made, chosen))).toMatchObject({ wrong: null, undefined: [] });
  return chosen;
}

const table = tensorFromNumbers("float32", [40, 4], noise(2, 160));
const one = tensorFromInts([1]);

describe("lengths", () => {
  const rows = value("r", "float32", [1, "m", 4]);

  test("come out even where a Reshape needs it", async () => {
    const chosen = await accepted({
      inputs: [rows],
      nodes: [node("Reshape", ["r", "pairs"], ["z"])],
      constants: { pairs: tensorFromInts([1, -1, 6, 4]) },
    });
    expect(chosen["r"]!.dims[1]! % 6).toBe(0);
  });

  test("are the sum that a Split needs", async () => {
    const chosen = await accepted({
      inputs: [rows],
      nodes: [node("Split", ["r", "parts"], ["z", "rest"], { axis: int(1) })],
      constants: { parts: tensorFromInts([13, 5]) },
    });
    expect(chosen["r"]!.dims[1]).toBe(18);
  });

  test("agree where two inputs share one in fact only", async () => {
    const chosen = await accepted({
      inputs: [rows, value("other", "float32", [1, "k", 4])],
      nodes: [node("Add", ["r", "other"], ["z"])],
    });
    expect(chosen["r"]!.dims).toEqual(chosen["other"]!.dims);
  });

  test("leave a convolution something", async () => {
    const chosen = await accepted({
      inputs: [value("image", "float32", [1, 1, "h", "w"])],
      nodes: [
        node("AveragePool", ["image"], ["small"], { kernel_shape: ints(4, 4), strides: ints(4, 4) }),
        node("AveragePool", ["small"], ["z"], { kernel_shape: ints(3, 3) }),
      ],
    });
    expect(Math.min(...chosen["image"]!.dims.slice(2))).toBeGreaterThanOrEqual(12);
  });

  test("are multiples where the graph does not say why", async () => {
    // The rows go through a size that only the data knows.
    const made = await sharded({
      inputs: [rows],
      nodes: [
        node("NonZero", ["r"], ["places"]),
        node("Shape", ["places"], ["shape"]),
        node("Gather", ["shape", "second"], ["count"]),
        node("Div", ["count", "size"], ["rows"]),
        node("Concat", ["rows", "size"], ["target"], { axis: int(0) }),
        node("Cast", ["places"], ["numbers"], { to: int(1) }),
        node("Gather", ["numbers", "first"], ["row"]),
        node("Reshape", ["row", "target"], ["z"]),
      ],
      constants: {
        second: tensorFromInts([1]),
        first: tensorFromInts([0]),
        size: tensorFromInts([32]),
      },
    });
    expect(valueOf(await simulateChosen(made)).wrong).toBeNull();
    expect([...inputsToTry(made)].length).toBeGreaterThan(3);
  });
});

describe("indices", () => {
  test("stay within their table, through arithmetic and types, and differ", async () => {
    const chosen = await accepted({
      inputs: [value("ids", "int32", [1, "m"])],
      nodes: [
        node("Cast", ["ids"], ["wide"], { to: int(7) }),
        node("Add", ["wide", "three"], ["shifted"]),
        node("Gather", ["table", "shifted"], ["z"]),
      ],
      constants: { three: tensorFromInts([-1]), table },
    });
    const numbers = Array.from(numbersIn(chosen["ids"]!));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(40);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-39);
  });

  test("may be any where they are cut to the table", async () => {
    const chosen = await accepted({
      inputs: [value("ids", "int64", [1, "m"])],
      nodes: [node("Clip", ["ids", "zero", "last"], ["cut"]), node("Gather", ["table", "cut"], ["z"])],
      constants: { zero: tensorFromNumbers("int64", [], [0]), last: tensorFromNumbers("int64", [], [39]), table },
    });
    expect(Math.max(...Array.from(numbersIn(chosen["ids"]!)))).toBeGreaterThan(40);
  });

  test("of a small table keep to it though another input needs a large one", async () => {
    const chosen = await accepted({
      inputs: [value("ids", "int64", [1, "m"]), value("kinds", "int64", [1, "m"])],
      nodes: [
        node("Gather", ["table", "ids"], ["a"]),
        node("Gather", ["two", "kinds"], ["b"]),
        node("Add", ["a", "b"], ["z"]),
      ],
      constants: { table, two: tensorFromNumbers("float32", [2, 4], noise(3, 8)) },
    });
    expect(Math.max(...Array.from(numbersIn(chosen["ids"]!)))).toBeGreaterThan(2);
    expect(new Set(Array.from(numbersIn(chosen["kinds"]!)))).toEqual(new Set([0, 1]));
  });
});

describe("masks", () => {
  test.each([
    ["a boolean condition", "bool", [node("Where", ["mask", "yes", "no"], ["z"])]],
    ["a comparison", "int64", [node("Equal", ["mask", "ones"], ["m"]), node("Where", ["m", "yes", "no"], ["z"])]],
    ["1 - mask", "float32", [node("Sub", ["yes", "mask"], ["z"])]],
  ] as const)("by %s are ones, then zeros", async (_, elem, nodes) => {
    const constants = {
      yes: tensorFromNumbers("float32", [], [1]),
      no: tensorFromNumbers("float32", [], [-Infinity]),
      ones: one,
    };
    const chosen = await accepted({ inputs: [value("mask", elem, [2, "m"])], nodes, constants });
    const { dims } = chosen["mask"]!;
    const numbers = Array.from(numbersIn(chosen["mask"]!));
    const rows = [numbers.slice(0, dims[1]), numbers.slice(dims[1])];
    for (const row of rows) expect(row.join("")).toMatch(/^1+0+$/);
    expect(rows[0]).not.toEqual(rows[1]);
  });

  test("are never zeros alone", () => {
    expect(numbersFor({ kind: "mask" }, [4, 1], Math.random)).toEqual([1, 1, 1, 1]);
  });
});

describe("floating numbers", () => {
  const rows = value("r", "float32", [1, "m", 4]);
  test.each(["Log", "Sqrt", "Reciprocal", "Acosh", "Atanh"])("suit %s", async (op) => {
    const chosen = await accepted({
      inputs: [rows],
      nodes: [node("Mul", ["r", "half"], ["h"]), node("Add", ["h", "h"], ["g"]), node(op, ["g"], ["z"])],
      constants: { half: tensorFromNumbers("float32", [], [0.5]) },
    });
    expect(chosen["r"]!.dims[1]).toBeGreaterThan(1);
  });

  test("are of both signs otherwise", async () => {
    const chosen = await accepted({ inputs: [rows], nodes: [node("Sin", ["r"], ["z"])] });
    const numbers = Array.from(numbersIn(chosen["r"]!));
    expect(Math.min(...numbers)).toBeLessThan(-0.5);
    expect(Math.max(...numbers)).toBeGreaterThan(0.5);
  });
});

test("sizes of a grid have a length as their product", async () => {
  const made = await sharded({
    inputs: [value("r", "float32", ["m", 4]), value("grid", "int64", [2])],
    nodes: [node("Concat", ["grid", "four"], ["target"], { axis: int(0) }), node("Reshape", ["r", "target"], ["z"])],
    constants: { four: tensorFromInts([4]) },
  });
  expect(valueOf(await simulateChosen(made)).wrong).toBeNull();
});

test("a model that refuses all of them: the error names the step, its inputs and what to give", async () => {
  const made = await sharded({
    inputs: [value("r", "float32", ["m", 4])],
    nodes: [{ ...node("Gather", ["r", "far"], ["z"]), name: "take_row" }],
    constants: { far: tensorFromInts([5000]) },
  });
  const [text] = texts((await simulateChosen(made)).diagnostics);
  expect(text).toMatch(/^CP5511 the simulation found no inputs that the model accepts .*take_row/);
});
