/**
 * @file Operators without a rule are refused by name on a split value and pass on a whole one: operators outside the table, subgraphs,
 * random numbers.
 */
import { describe, expect, it } from "vitest";
import type { Graph, Node } from "../../compiler/graph/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { compile } from "../mutants/judge.ts";
import { valueOf } from "../support/fixtures.ts";
import { graph, node, random, value } from "../support/graphs.ts";
import { canonicalise } from "../support/stages.ts";

const mesh = {
  batch_degree: 1,
  ring_degree: 1,
  ulysses_degree: 2,
  rotate_method: "allgather",
  convert_to_fp32: true,
} as const;

/** The codes of the errors of a compilation, and what the simulator finds wrong where there are none. */
async function tryOut(nodes: readonly Node[], splits: readonly string[], gather: boolean) {
  const type = { elem: "float32", dims: ["s", 4] } as const;
  const whole: Graph = graph({
    inputs: [value("x", "float32", ["s", 4]), value("w", "float32", ["s", 4]), value("c", "bool", [])],
    outputs: [value("y", "float32", ["s", 4])],
    nodes,
    types: new Map(nodes.flatMap((n) => n.outputs.map((o) => [o, type] as const))),
  });
  const opsets = { "": 18, "com.microsoft": 1, acme: 1 };
  const model = { file: "m.onnx", folder: "/", irVersion: 10, opsets, sha256: "0", graph: whole };
  const inputs = Object.fromEntries(splits.map((name) => [name, { split_dim: 0 }]));
  const plan = gather ? { "": [inputs, { gather_dim: 0 }] as const } : { "": inputs };
  const compiled = await compile({ model, canonical: valueOf(await canonicalise(model)) }, plan, mesh);
  const errors = compiled.diagnostics.filter((d) => d.severity === "error");
  return { compiled, errors };
}

const feeds = {
  x: random(1, [6, 4]),
  w: random(2, [6, 4]),
  c: { elem: "bool", dims: [], data: Uint8Array.from([1]) },
} as const;

describe("operators that the table lacks", () => {
  const custom = (input: string): readonly Node[] => [
    node("Tanh", ["x"], ["t"]),
    { ...node("Frob", [input], ["f"]), domain: "acme" },
    node("Add", ["t", "f"], ["y"]),
  ];

  it("are refused by name and domain on a split value", async () => {
    const { errors } = await tryOut(custom("x"), ["x"], true);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ["CP4023", expect.stringMatching(/Frob in the root module \(node f\) reads x.*of the domain acme/)],
    ]);
  });

  it("pass on a whole one, whose result is then aligned", async () => {
    const { errors, compiled } = await tryOut(custom("w"), ["x"], true);
    expect(errors).toEqual([]);
    expect(compiled.ok && compiled.value.alignments.map((a) => a.value)).toEqual(["f"]);
  });

  it("give the same result where onnxruntime has them", async () => {
    const nodes = [{ ...node("QuickGelu", ["w"], ["f"]), domain: "com.microsoft" }, node("Add", ["x", "f"], ["y"])];
    const { compiled } = await tryOut(nodes, ["x"], true);
    const report = compiled.ok ? await simulate(compiled.value, feeds) : compiled;
    expect(report).toMatchObject({ ok: true, value: { wrong: null } });
  });
});

describe("subgraphs", () => {
  const branch = (op: string) =>
    ({
      kind: "graph",
      value: graph({ nodes: [node(op, ["h"], ["r"])], outputs: [value("r", "float32", ["s", 4])] }),
    }) as const;
  const nodes = (input: string): readonly Node[] => [
    node("Tanh", [input], ["h"]),
    node("If", ["c"], ["z"], { then_branch: branch("Exp"), else_branch: branch("Neg") }),
    node("Add", ["z", "x"], ["y"]),
  ];

  it("are refused where they take a split value from outside", async () => {
    const { errors } = await tryOut(nodes("x"), ["x"], true);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        "CP4021",
        expect.stringMatching(/the subgraph of If in the root module \(node z\) reads h, .*the plan entry ""/),
      ],
    ]);
  });

  it("pass where what they take is whole", async () => {
    const { errors, compiled } = await tryOut(nodes("w"), ["x"], true);
    expect(errors).toEqual([]);
    const report = compiled.ok ? await simulate(compiled.value, feeds) : compiled;
    expect(report).toMatchObject({ ok: true, value: { wrong: null } });
  });
});

describe("random numbers", () => {
  it("are refused, since no two ranks draw the same", async () => {
    const nodes = [node("RandomNormalLike", ["w"], ["n"]), node("Add", ["n", "x"], ["y"])];
    const { errors } = await tryOut(nodes, ["x"], true);
    expect(errors.map(({ code }) => code)).toEqual(["CP4022"]);
  });
});
