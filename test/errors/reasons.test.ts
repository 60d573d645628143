/**
 * @file Reasons of refusals on small models: the message names the cause, and following its hint compiles and gives the same result.
 */
import { describe, expect, test } from "vitest";
import type { Attributes, Graph, Node } from "../../compiler/graph/types.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { graph, noise, node, value } from "../support/graphs.ts";
import { runExample } from "./example.ts";
import { model } from "./models.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import { textOf } from "./hints.ts";

type Plan = Readonly<Record<string, unknown>>;

/** What `check` says of a plan for a model. */
async function said(source: Graph, plan: Plan, options = "--ulysses-degree 2"): Promise<readonly Diagnostic[]> {
  const example = {
    means: "",
    files: { "a.plan.json": textOf(plan) },
    make: () => model(source),
    command: `onnx-cp check a.plan.json --model model.onnx ${options}`,
  };
  return runExample(example, (diagnostics) => diagnostics);
}

/** Errors of the plan, simulated: none if it compiles and every value is equal on every rank. */
async function errorsOf(source: Graph, plan: Plan, options: string): Promise<readonly Diagnostic[]> {
  const found = await said(source, plan, `${options} --simulate`);
  return found.filter(({ severity }) => severity === "error");
}

const SCHEMES = [
  "--ulysses-degree 2",
  "--ring-degree 2 --rotate-method alltoall",
  "--ulysses-degree 2 --ring-degree 2",
] as const;

/** A node of a module, as the TorchScript exporter names it. */
function inside(module: string, op: string, inputs: readonly string[], output: string, attributes?: Attributes): Node {
  return { ...node(op, inputs, [output], attributes), name: `/${module}/${output}/${op}` };
}

const int = (number: number) => ({ kind: "int", value: number }) as const;
const ints = (...numbers: number[]) => ({ kind: "ints", value: numbers }) as const;

/** Attention of a sequence (1, n, channels) to itself, with heads of 4; as exporters write it. */
function attention(source: string, result: string, mask?: string): readonly Node[] {
  const own = (what: string): string => `${result}_${what}`;
  return [
    node("Reshape", [source, "heads"], [own("r")]),
    node("Transpose", [own("r")], [own("q")], { perm: ints(0, 2, 1, 3) }),
    node("Transpose", [own("r")], [own("k")], { perm: ints(0, 2, 3, 1) }),
    node("MatMul", [own("q"), own("k")], [own("scores")]),
    ...(mask === undefined ? [] : [node("Add", [own("scores"), mask], [own("s")])]),
    node("Softmax", [mask === undefined ? own("scores") : own("s")], [own("p")], { axis: int(-1) }),
    node("MatMul", [own("p"), own("q")], [own("o")]),
    node("Transpose", [own("o")], [own("t")], { perm: ints(0, 2, 1, 3) }),
    node("Reshape", [own("t"), "rows"], [result]),
  ];
}

const shapes = (heads: number): Graph["constants"] =>
  new Map([
    ["heads", tensorFromInts([0, 0, heads, 4])],
    ["rows", tensorFromInts([0, 0, 4 * heads])],
  ]);

describe("the last attempt's diagnostics", () => {
  // The bias has no border between text and image: the joint stream is split as one segment in the second attempt.
  const source = (heads: number): Graph =>
    graph({
      inputs: [
        value("text", "float32", [1, "txt", 4 * heads]),
        value("image", "float32", [1, "img", 4 * heads]),
        value("bias", "float32", [1, "n", 4 * heads]),
      ],
      outputs: [value("y", "float32", null)],
      nodes: [
        { ...node("Concat", ["text", "image"], ["joint"], { axis: int(1) }), name: "/Concat" },
        inside("block", "Add", ["joint", "bias"], "hidden"),
        ...attention("hidden", "mixed"),
        inside("out", "Relu", ["mixed"], "y"),
      ],
      constants: shapes(heads),
    });
  const plan: Plan = {
    "": { bias: { split_dim: 1 } },
    block: { hidden_states: { split_dim: 1, value: "joint" } },
    out: { gather_dim: 1 },
  };

  test("are shown where they are the cause", async () => {
    const found = await said(source(2), plan, "--ulysses-degree 4");
    expect(found.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual(["CP4013"]);
    // The hint: fewer Ulysses ranks.
    expect(await errorsOf(source(2), plan, "--ulysses-degree 2 --ring-degree 2")).toEqual([]);
  });

  test.each(SCHEMES)("are none where the attempt succeeds: %s", async (options) => {
    expect(await errorsOf(source(2), plan, options)).toEqual([]);
  });
});

/** Joins the plan's entries of the root by one that gathers a value of the model. */
const gathered = (splits: object, value: string, dim: number): Plan => ({
  "": [splits, { gather_dim: dim, value }],
});

describe("an operator that needs a whole axis", () => {
  const source = graph({
    inputs: [value("x", "float32", [1, "n", 8])],
    outputs: [value("y", "float32", null)],
    nodes: [
      { ...node("Relu", ["x"], ["a"]), name: "/Relu" },
      { ...node("Softmax", ["a"], ["y"], { axis: int(1) }), name: "/Softmax" },
    ],
  });
  const splits = { x: { split_dim: 1 } };

  test("that holds the producer: the gather names the value", async () => {
    const [found] = await said(source, { "": splits });
    expect(found?.code).toBe("CP4001");
    expect(found?.hint).toContain('with { "gather_dim": 1, "value": "a" } at ""');
  });

  test.each(SCHEMES)("compiles as its hint says: %s", async (options) => {
    expect(await errorsOf(source, gathered(splits, "a", 1), options)).toEqual([]);
  });
});

describe("a table that is split as one stretch", () => {
  // It meets two joined streams at two nodes.
  const source = graph({
    inputs: ["text", "image", "table"].map((name) =>
      value(name, "float32", [1, { text: "txt", image: "img", table: "n" }[name] ?? 0, 8]),
    ),
    outputs: [value("y", "float32", null)],
    nodes: [
      { ...node("Concat", ["text", "image"], ["joint"], { axis: int(1) }), name: "/Concat" },
      inside("first", "Add", ["joint", "table"], "a"),
      inside("second", "Mul", ["a", "joint"], "b"),
      inside("third", "Add", ["joint", "table"], "c"),
      inside("out", "Add", ["b", "c"], "y"),
    ],
  });
  const split = (...names: readonly string[]): Plan => ({
    "": Object.fromEntries(names.map((name) => [name, { split_dim: 1 }])),
    out: { gather_dim: 1 },
  });

  test("is said once, at the entry that splits it", async () => {
    const found = await said(source, split("text", "image", "table"));
    const [error, ...others] = found.filter(({ severity }) => severity === "error");
    expect(others).toEqual([]);
    expect(error?.code).toBe("CP4003");
    expect(error?.related).toContainEqual({ message: "the same here", module: "third.c", node: "/third/c/Add" });
    expect(error?.hint).toContain('remove the entry "".table');
  });

  test.each(SCHEMES)("and is sliced where the entry is removed: %s", async (options) => {
    expect(await errorsOf(source, split("text", "image"), options)).toEqual([]);
  });
});

describe("rows that are divided again", () => {
  const source = graph({
    inputs: [value("x", "float32", [2, 6, 8])],
    outputs: [value("y", "float32", null)],
    nodes: [
      inside("proj", "Relu", ["x"], "a"),
      inside("proj", "Reshape", ["a", "rows"], "b"),
      { ...node("Reshape", ["b", "grid"], ["c"]), name: "/Reshape" },
      inside("out", "Transpose", ["c"], "y", { perm: ints(1, 0, 2) }),
    ],
    constants: new Map([
      ["rows", tensorFromInts([12, 8])],
      ["grid", tensorFromInts([4, 3, 8])],
    ]),
  });
  const splits = { "": { x: { split_dim: 1 } } };

  test("the hint says where a plan can gather them", async () => {
    const found = (await said(source, splits, "--ulysses-degree 4")).find(({ code }) => code === "CP4005");
    expect(found?.hint).toContain('with { "gather_dim": 0 } at "proj.b"');
  });

  test("and that compiles", async () => {
    expect(await errorsOf(source, { ...splits, "proj.b": { gather_dim: 0 } }, "--ulysses-degree 4")).toEqual([]);
  });
});

test("a table of a fixed stream in a partly dynamic export may be folded", async () => {
  const source = graph({
    inputs: [value("text", "float32", [1, "txt", 8]), value("image", "float32", [1, 6, 8])],
    outputs: [value("y", "float32", null)],
    nodes: [
      inside("embed", "Add", ["image", "table"], "a"),
      { ...node("Concat", ["text", "a"], ["joint"], { axis: int(1) }), name: "/Concat" },
      ...attention("joint", "mixed"),
      inside("out", "Relu", ["mixed"], "y"),
    ],
    constants: new Map([...shapes(2), ["table", tensorFromNumbers("float32", [1, 6, 8], noise(1, 48))]]),
  });
  const splits = { text: { split_dim: 1 }, image: { split_dim: 1 } };
  const rope = { "0": { split_dim: 0, expected_dims: 2, split_output: true } };
  const plan = { "": splits, rope, out: { gather_dim: 1 } };
  const found = await said(source, plan);
  expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(found.map(({ code }) => code)).toContain("CP3002");
});

test("a mask is not the condition that has its rank", async () => {
  const source = graph({
    inputs: [
      value("x", "float32", ["b", "n", 8]),
      value("time", "float32", ["b", 8]),
      value("text_mask", "float32", ["b", "t"]),
      value("image_mask", "float32", ["b", "i"]),
    ],
    outputs: [value("y", "float32", null)],
    nodes: [
      { ...node("Relu", ["time"], ["temb"]), name: "/Relu" },
      { ...node("Concat", ["text_mask", "image_mask"], ["mask"], { axis: int(1) }), name: "/Concat" },
      inside("block", "Unsqueeze", ["temb", "one"], "t"),
      inside("block", "Add", ["x", "t"], "a"),
      inside("block", "Unsqueeze", ["mask", "two"], "m"),
      inside("block", "Mul", ["a", "m"], "b"),
      inside("out", "Relu", ["b"], "y"),
    ],
    constants: new Map([
      ["one", tensorFromInts([1])],
      ["two", tensorFromInts([2])],
    ]),
  });
  const block = { hidden_states: { split_dim: 1, value: "x" }, attention_mask: { split_dim: 1, expected_dims: 2 } };
  const found = await said(source, { block, out: { gather_dim: 1 } });
  expect(found.map(({ code }) => code)).not.toContain("CP3010");
});

describe("a mask of pairs of tokens", () => {
  // As Chroma makes it: the mask of the tokens times itself, added to the scores.
  const source = graph({
    inputs: [value("x", "float32", [1, "n", 16]), value("mask", "float32", [1, "n"])],
    outputs: [value("y", "float32", null)],
    nodes: [
      node("Unsqueeze", ["mask", "rowAxes"], ["row"]),
      node("Unsqueeze", ["mask", "columnAxes"], ["column"]),
      node("Mul", ["row", "column"], ["pairs"]),
      ...attention("x", "mixed", "pairs"),
      inside("out", "Relu", ["mixed"], "y"),
    ],
    constants: new Map([...shapes(4), ["rowAxes", tensorFromInts([1, 2])], ["columnAxes", tensorFromInts([1, 3])]]),
  });
  const out = { out: { gather_dim: 1 } };

  test("is gathered, and says that it need not be split", async () => {
    const plan = { "": { x: { split_dim: 1 }, mask: { split_dim: 1 } }, ...out };
    expect(await errorsOf(source, plan, SCHEMES[0]!)).toEqual([]);
    const notes = (await said(source, plan)).filter(({ code }) => code === "CP4060");
    const hint = expect.stringContaining("left whole, it is sliced");
    expect(notes.map((note) => note.hint)).toEqual([hint, hint]);
  });

  test.each(SCHEMES)("and sliced: %s", async (options) => {
    expect(await errorsOf(source, { "": { x: { split_dim: 1 } }, ...out }, options)).toEqual([]);
  });
});

describe("attention that the compiler does not recognise", () => {
  // The scores are changed in a way that no form of attention has.
  const source = graph({
    inputs: [
      value("q", "float32", [1, "n", 8]),
      value("k", "float32", [1, 8, "m"]),
      value("v", "float32", [1, "m", 8]),
    ],
    outputs: [value("y", "float32", null)],
    nodes: [
      node("MatMul", ["q", "k"], ["scores"]),
      node("Sin", ["scores"], ["changed"]),
      node("Softmax", ["changed"], ["weights"], { axis: int(-1) }),
      node("MatMul", ["weights", "v"], ["mixed"]),
      inside("out", "Relu", ["mixed"], "y"),
    ],
  });
  const plan = { "": { q: { split_dim: 1 } }, out: { gather_dim: 1 } };

  test("has split queries: no warning that every rank computes all of it", async () => {
    expect((await said(source, plan)).map(({ code }) => code)).not.toContain("CP4014");
  });

  test("has whole queries: a warning", async () => {
    const whole = { out: [{ Relu_0: { split_dim: 1, value: "mixed" } }, { gather_dim: 1 }] };
    expect((await said(source, whole)).map(({ code }) => code)).toContain("CP4014");
  });
});

test("a long cycle is cut in the middle", async () => {
  const count = 200;
  const nodes = Array.from({ length: count }, (_, i) => node("Neg", [`a${(i + count - 1) % count}`], [`a${i}`]));
  const source = graph({ outputs: [value("a0", "float32", [1])], nodes });
  const [found] = await said(source, { "": { gather_dim: 0 } });
  expect(found?.code).toBe("CP2205");
  expect(found?.message).toContain("more nodes");
  expect(found?.message.length).toBeLessThan(200);
});

test("one branch of unknown shape gives one error, not one for each node behind it", async () => {
  const branch = (op: string) => ({
    kind: "graph" as const,
    value: graph({
      outputs: [value("inner", "float32", null)],
      nodes: [{ ...node(op, ["x"], ["inner"]), domain: "other" }],
    }),
  });
  const chain = Array.from({ length: 18 }, (_, i) => node("Relu", [i === 0 ? "chosen" : `r${i - 1}`], [`r${i}`]));
  const source = graph({
    inputs: [value("x", "float32", [1, "n"]), value("which", "bool", [])],
    outputs: [value("r17", "float32", null)],
    nodes: [node("If", ["which"], ["chosen"], { then_branch: branch("Odd"), else_branch: branch("Even") }), ...chain],
  });
  const found = await said(source, { "": { x: { split_dim: 1 } } });
  expect(found.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual(["CP2501"]);
});
