/**
 * @file Boundary markers: removed from the graph, returned as data, names of graph outputs kept.
 */
import { describe, expect, test } from "vitest";
import { removeMarkers } from "../../../compiler/canonical/passes/markers.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import type { Attribute, Attributes, Graph, Node } from "../../../compiler/graph/types.ts";
import { graph, node, value } from "../../support/graphs.ts";

const text = (value: string): Attribute => ({ kind: "string", value });

const marker = (
  input: string,
  output: string,
  module: string,
  kind: string,
  param: string,
  more: Attributes = {},
): Node => ({
  ...node("Boundary", [input], [output], { module: text(module), kind: text(kind), param: text(param), ...more }),
  domain: "cp",
});

const x = value("x", "float32", ["S"]);
const y = value("y", "float32", ["S"]);

/** Node by node, `out = Op(in)`. */
const lines = (g: Graph): readonly string[] => g.nodes.map((n) => `${n.outputs.join()} = ${n.op}(${n.inputs.join()})`);

describe("markers", () => {
  test("a graph without markers is the same graph", () => {
    const g = graph({ inputs: [x], outputs: [y], nodes: [node("Abs", ["x"], ["y"])] });
    expect(removeMarkers(g)).toEqual({ graph: g, markers: [], diagnostics: [] });
    expect(removeMarkers(g).graph).toBe(g);
  });

  test("readers of a marker read what it reads; inputs and outputs, lists", () => {
    const nodes = [
      node("Abs", ["x"], ["a"]),
      marker("a", "a1", "block", "input", "hidden_states"),
      marker("a1", "a2", "block", "input", "parts", { element: int(1) }),
      node("Neg", ["a2"], ["n"]),
      marker("n", "n1", "block", "output", "1"),
      node("Add", ["n1", "a1"], ["y"]),
    ];
    const types = new Map([
      ["a2", { elem: "float32" as const, dims: ["S"] }],
      ["n", { elem: "float32" as const, dims: ["S"] }],
    ]);
    const result = removeMarkers(graph({ inputs: [x], outputs: [y], nodes, types }));
    expect(lines(result.graph)).toEqual(["a = Abs(x)", "n = Neg(a)", "y = Add(n,a)"]);
    expect([...result.graph.types.keys()]).toEqual(["a", "n"]);
    expect(result.markers).toEqual([
      { module: "block", side: "input", parameter: "hidden_states", index: null, value: "a" },
      { module: "block", side: "input", parameter: "parts", index: 1, value: "a" },
      { module: "block", side: "output", parameter: null, index: 1, value: "n" },
    ]);
    expect(result.diagnostics).toEqual([]);
  });

  test("on a graph input", () => {
    const nodes = [marker("x", "m", "", "input", "x"), node("Abs", ["m"], ["y"])];
    const result = removeMarkers(graph({ inputs: [x], outputs: [y], nodes }));
    expect(lines(result.graph)).toEqual(["y = Abs(x)"]);
    expect(result.markers[0]?.value).toBe("x");
  });

  test("a graph output behind markers keeps its name, and all readers see it", () => {
    const nodes = [
      node("Abs", ["x"], ["a"]),
      marker("a", "m", "proj", "output", "0"),
      marker("m", "y", "", "output", "0"),
      node("Neg", ["a"], ["n"]),
    ];
    const result = removeMarkers(graph({ inputs: [x], outputs: [y, value("n", "float32", ["S"])], nodes }));
    expect(lines(result.graph)).toEqual(["y = Abs(x)", "n = Neg(y)"]);
    expect(result.markers.map((m) => m.value)).toEqual(["y", "y"]);
  });

  test("a graph output that is a marked graph input, or a second name of one value, is a copy", () => {
    const second = value("z", "float32", ["S"]);
    const passed = removeMarkers(graph({ inputs: [x], outputs: [y], nodes: [marker("x", "y", "", "output", "0")] }));
    expect(lines(passed.graph)).toEqual(["y = Identity(x)"]);
    expect(passed.markers[0]?.value).toBe("x");
    const nodes = [
      node("Abs", ["x"], ["a"]),
      marker("a", "y", "m", "output", "0"),
      marker("a", "z", "m", "output", "1"),
    ];
    const twice = removeMarkers(graph({ inputs: [x], outputs: [y, second], nodes }));
    expect(lines(twice.graph)).toEqual(["y = Abs(x)", "z = Identity(y)"]);
    expect(twice.markers.map((m) => m.value)).toEqual(["y", "y"]);
  });

  test("subgraphs read the unmarked value", () => {
    const branch = graph({ outputs: [value("b", "float32", null)], nodes: [node("Neg", ["m"], ["b"])] });
    const choice = node("If", ["c"], ["y"], {
      then_branch: { kind: "graph", value: branch },
      else_branch: { kind: "graph", value: branch },
    });
    const c = value("c", "bool", []);
    const { graph: after } = removeMarkers(
      graph({ inputs: [x, c], outputs: [y], nodes: [marker("x", "m", "", "input", "x"), choice] }),
    );
    const then = after.nodes[0]?.attributes["then_branch"];
    expect(then?.kind === "graph" ? lines(then.value) : null).toEqual(["b = Neg(x)"]);
  });

  test.each<readonly [string, Node]>([
    ["module", { ...node("Boundary", ["x"], ["m"], { kind: text("input"), param: text("x") }), domain: "cp" }],
    ["kind", marker("x", "m", "", "both", "x")],
    ["param", marker("x", "m", "", "output", "sample")],
  ])("one without a usable %s is named and taken out", (missing, broken) => {
    const result = removeMarkers(graph({ inputs: [x], outputs: [y], nodes: [broken, node("Abs", ["m"], ["y"])] }));
    expect(lines(result.graph)).toEqual(["y = Abs(x)"]);
    expect(result.markers).toEqual([]);
    expect(result.diagnostics).toMatchObject([
      { code: "CP2510", severity: "error", message: expect.stringContaining(missing) as string },
    ]);
  });
});
