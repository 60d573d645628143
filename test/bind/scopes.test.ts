/**
 * @file Module scopes from node names and metadata of both exporters, and without any of these.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePythonStrings } from "../../compiler/graph/scopes/python.ts";
import { resolveScopes } from "../../compiler/graph/scopes/scopes.ts";
import type { Attributes, Graph, Node, Tensor } from "../../compiler/graph/types.ts";
import { fixtureModel } from "../support/fixtures.ts";

interface Draft {
  readonly name: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly attributes?: Attributes;
}

function graphOf(drafts: readonly Draft[], weights: readonly string[] = [], outputs: readonly string[] = []): Graph {
  const nodes: Node[] = drafts.map((draft) => ({
    op: "Op",
    domain: "",
    inputs: [],
    outputs: [`${draft.name}:0`],
    attributes: {},
    metadata: {},
    ...draft,
  }));
  const weight: Tensor = { elem: "float32", dims: [], data: { kind: "inline", bytes: new Uint8Array() } };
  const constants = new Map(weights.map((name) => [name, weight]));
  const type = { elem: "float32", dims: null } as const;
  return { name: "", inputs: [], outputs: outputs.map((name) => ({ name, type })), nodes, constants, types: new Map() };
}

/** Nodes that have only a name. */
function named(names: readonly string[], weights: readonly string[] = []): Graph {
  const drafts = names.map((name) => ({ name }));
  return graphOf(drafts, weights);
}

function dynamo(name: string, path: readonly string[], classes: readonly string[] = []): Draft {
  const list = (items: readonly string[]): string => `[${items.map((item) => `'${item}'`).join(", ")}]`;
  return {
    name,
    metadata: {
      "pkg.torch.onnx.name_scopes": list([...path, name]),
      ...(classes.length === 0 ? {} : { "pkg.torch.onnx.class_hierarchy": list([...classes, "aten.op"]) }),
    },
  };
}

/** In the order of the nodes. */
function scopesIn(graph: Graph): readonly (string | undefined)[] {
  const { scopeOf } = resolveScopes(graph);
  return graph.nodes.map(({ name }) => scopeOf.get(name));
}

describe("Python lists of strings", () => {
  test.each([
    ["['', 'blocks.0', 'linear_10']", ["", "blocks.0", "linear_10"]],
    [`["it's", 'a "b"']`, ["it's", 'a "b"']],
    [String.raw`['a\\b', 'c\'d', '\x41\u00e9\n']`, ["a\\b", "c'd", "A\u00e9\n"]],
    ["['out_layers.slice(1, None, None).1', 'x']", ["out_layers.slice(1, None, None).1", "x"]],
    ["[ 'a' , 'b' , ]", ["a", "b"]],
    ["[]", []],
  ])("%s", (text, strings) => expect(parsePythonStrings(text)).toEqual(strings));

  test.each(["", "[", "['a'", "['a' 'b']", "[1, 2]", "['a'] + ['b']", "('a',)", "['a', b]", "['a\\']", "[,]"])(
    "not a list: %s",
    (text) => expect(parsePythonStrings(text)).toBeNull(),
  );

  test("what Python prints comes back", () => {
    const printed = (text: string): string => `'${text.replace(/[\\']/g, (c) => `\\${c}`).replaceAll("\n", "\\n")}'`;
    fc.assert(
      fc.property(fc.array(fc.string()), (strings) => {
        expect(parsePythonStrings(`[${strings.map(printed).join(", ")}]`)).toEqual(strings);
      }),
    );
  });
});

describe("TorchScript names", () => {
  test("segments are modules, and a called container is not repeated", () => {
    const names = [
      "/Concat",
      "/blocks.0/attn/to_q/MatMul",
      "/blocks.0/ff/net/net.0/proj/Gemm",
      "/blocks.0/ff/net/net.2/Add",
    ];
    const { modules, prefix } = resolveScopes(named(names));
    expect(scopesIn(named(names))).toEqual(["", "blocks.0.attn.to_q", "blocks.0.ff.net.0.proj", "blocks.0.ff.net.2"]);
    expect([...modules.keys()]).toEqual([
      "",
      "blocks.0",
      "blocks.0.attn",
      "blocks.0.attn.to_q",
      "blocks.0.ff",
      "blocks.0.ff.net",
      "blocks.0.ff.net.0",
      "blocks.0.ff.net.0.proj",
      "blocks.0.ff.net.2",
    ]);
    expect(prefix).toBeNull();
  });

  test("repeated calls are the same module", () => {
    const names = [
      "/rope/Cos",
      "/rope_1/Cos",
      "/rope_2/Cos",
      "/a/lin/MatMul",
      "/a/lin_1/MatMul",
      "/a_1/Add",
      "/a/lin_1_1/MatMul",
    ];
    expect(scopesIn(named(names, ["a.lin_1.weight"]))).toEqual([
      "rope",
      "rope",
      "rope",
      "a.lin",
      "a.lin_1",
      "a",
      "a.lin_1",
    ]);
  });

  test.each([
    ["it has weights", ["/norm/Mul", "/norm_1/Mul"], ["norm_1.weight"]],
    ["it has children", ["/norm/Mul", "/norm_1/act/Mul", "/norm_1/Mul"], []],
    ["there is no first call", ["/other/Mul", "/norm_1/Mul"], []],
    ["a call between is missing", ["/norm/Mul", "/norm_2/Mul"], []],
  ])("a number belongs to the name if %s", (_, names, weights) => {
    expect(scopesIn(named(names, weights)).at(-1)).toMatch(/^norm_\d$/);
  });
});

describe("dynamo metadata", () => {
  test("paths and class names", () => {
    const { scopeOf, modules } = resolveScopes(
      graphOf([
        dynamo("add", [""], ["models.Net"]),
        dynamo(
          "linear",
          ["", "blocks.0", "blocks.0.to_q"],
          ["models.Net", "models.Block", "torch.nn.modules.linear.Linear"],
        ),
        dynamo("cat", ["", "out.slice(1, None, None).1"]),
      ]),
    );
    expect(Object.fromEntries(scopeOf)).toEqual({
      add: "",
      linear: "blocks.0.to_q",
      cat: "out.slice(1, None, None).1",
    });
    expect([...modules.values()].map(({ path, className }) => `${path}:${className}`)).toEqual([
      ":Net",
      "blocks.0:Block",
      "blocks.0.to_q:Linear",
      "out.slice(1, None, None).1:null",
    ]);
  });

  test("a node without a trace goes where all its readers are", () => {
    const hook = "_empty_nn_module_stack_from_metadata_hook";
    const { scopeOf } = resolveScopes(
      graphOf(
        [
          { ...dynamo("shape", [hook]), outputs: ["s"] },
          { name: "split", inputs: ["s"], outputs: ["q", "k"] },
          { name: "shared", outputs: ["t"] },
          { name: "result", outputs: ["y"] },
          { name: "unread", outputs: ["z"] },
          { ...dynamo("use_q", ["", "blocks.0", "blocks.0.attn"]), inputs: ["q"] },
          { ...dynamo("use_k", ["", "blocks.0", "blocks.0.ff"]), inputs: ["k", "t"] },
          { ...dynamo("other", ["", "blocks.1"]), inputs: ["t"] },
        ],
        [],
        ["y"],
      ),
    );
    const found = Object.fromEntries(scopeOf);
    // `blocks` contains both readers of `shared`, but is no module: only its elements are called.
    expect(found).toMatchObject({ shape: "blocks.0", split: "blocks.0", shared: "", result: "", unread: "" });
  });

  test("nested graphs read for their node and belong to it", () => {
    const body = graphOf([{ name: "inner", inputs: ["x"], outputs: ["b"] }], [], ["b"]);
    const attributes: Attributes = { then_branch: { kind: "graph", value: body } };
    const { scopeOf } = resolveScopes(
      graphOf([
        { name: "maker", outputs: ["x"] },
        { ...dynamo("if", ["", "rope"]), attributes, outputs: ["y"] },
      ]),
    );
    expect(Object.fromEntries(scopeOf)).toEqual({ maker: "rope", if: "rope", inner: "rope" });
  });
});

describe("an outer module", () => {
  test.each(["transformer", "m", "a.wrapped"])("is taken off when all is inside it: %s", (wrapper) => {
    const prefix = wrapper.split(".").map((_, i, all) => all.slice(0, i + 1).join("."));
    const graph = graphOf([
      dynamo("cat", ["", ...prefix]),
      dynamo("linear", ["", ...prefix, `${wrapper}.blocks.0`, `${wrapper}.blocks.0.to_q`]),
    ]);
    expect(scopesIn(graph)).toEqual(["", "blocks.0.to_q"]);
    expect(resolveScopes(graph).prefix).toBe(wrapper);
  });

  test("its class is the model's", () => {
    const { modules } = resolveScopes(graphOf([dynamo("l", ["", "m", "m.proj"], ["Wrapper", "pkg.Model", "Linear"])]));
    expect(modules.get("")?.className).toBe("Model");
  });

  test.each([
    ["the root computes something itself", ["/Add", "/model/proj/MatMul"]],
    ["there are two children", ["/encoder/proj/MatMul", "/decoder/proj/MatMul"]],
    ["the only child is an element of a list", ["/layers.0/proj/MatMul", "/layers.0/Add"]],
    ["the only child has no modules", ["/proj/MatMul", "/proj/Add"]],
  ])("is none if %s", (_, names) => expect(resolveScopes(named(names)).prefix).toBeNull());
});

test("garbage is no reason to fail", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("/", "//a", "/a//b", "/a/", "['', 'a'", "['', 3]", "['']", "['a', 'b']"),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ name: text, scopes: text, classes: text }), { maxLength: 6 }), (drafts) => {
      const nodes = drafts.map(({ name, scopes, classes }) => ({
        name,
        metadata: { "pkg.torch.onnx.name_scopes": scopes, "pkg.torch.onnx.class_hierarchy": classes },
      }));
      const { scopeOf, modules } = resolveScopes(graphOf(nodes));
      for (const { name } of nodes) expect(modules.has(scopeOf.get(name) ?? "?")).toBe(true);
    }),
  );
});

describe("real exports", () => {
  test("both exporters, a wrapper and markers give the same modules", async () => {
    const modulesOf = async (name: string): Promise<readonly string[]> =>
      [...resolveScopes((await fixtureModel(`flux/flux.${name}.onnx`)).graph).modules.keys()].sort();
    const expected = await modulesOf("dynamo18-dynamic");
    expect(expected).toContain("transformer_blocks.1.ff_context.net.0.proj");
    expect(await modulesOf("torchscript18-static.marked")).toEqual(expected);
    expect(await modulesOf("dynamo18-wrapped")).toEqual(expected);
    expect(await modulesOf("dynamo23-dynamic")).toEqual(expected);
  });

  test("only a few nodes stay at the root", async () => {
    const { graph } = await fixtureModel("flux/flux.dynamo18-wrapped.onnx");
    const { scopeOf, prefix } = resolveScopes(graph);
    expect(prefix).toBe("transformer");
    const atRoot = graph.nodes.filter(({ name }) => scopeOf.get(name) === "");
    expect(atRoot.map(({ op }) => op)).toEqual(["Shape", "Mul", "Concat"]);
  });
});

test("torch's strict mode may write children as they are stored", () => {
  const stored = "__dict__['_modules']['blocks']";
  const draft: Draft = {
    name: "linear",
    metadata: { "pkg.torch.onnx.name_scopes": `['', "${stored}.0", "${stored}.0.attn", 'linear']` },
  };
  expect(scopesIn(graphOf([draft, dynamo("other", ["", "head"])]))).toEqual(["blocks.0.attn", "head"]);
});
