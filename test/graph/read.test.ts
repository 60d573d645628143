/**
 * @file Reading models: fixtures, decoded constants and names, and diagnostics for wrong graphs.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
  TrainingInfoProtoSchema,
} from "onnx-buf";
import type { ModelProto } from "onnx-buf";
import { expect, test } from "vitest";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { numbersOf, tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph, Model } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixtureModel, texts, valueOf } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";

const x = value("x", "float32", ["n", 4]);
const y = value("y", "float32", null);
const simple = graph({ inputs: [x], outputs: [y], nodes: [node("Relu", ["x"], ["y"])] });

/** Writes a graph as a file, edited as a message, and reads it. */
async function reread(source: Graph, edit: (model: ModelProto) => void = () => {}): Promise<Result<Model>> {
  const proto = fromBinary(ModelProtoSchema, writeModel(source, { opsets: { "": 18 } }));
  edit(proto);
  const file = join(await temporaryFolder(), "m.onnx");
  await writeFile(file, toBinary(ModelProtoSchema, proto));
  return readModel(file);
}

async function problems(source: Graph, edit?: (model: ModelProto) => void): Promise<readonly string[]> {
  const result = await reread(source, edit);
  expect(result.ok).toBe(false);
  return texts(result.diagnostics);
}

test("a symbol without a letter or a digit names no length: two of them need not be equal", async () => {
  const model = valueOf(await reread(graph({ ...simple, inputs: [value("x", "float32", ["?", "*", "?", "n"])] })));
  expect(model.graph.inputs[0]?.type).toEqual({ elem: "float32", dims: [null, null, null, "n"] });
});

test("a dynamo export has symbols, types, metadata and a hash", async () => {
  const model = await fixtureModel("flux/flux.dynamo18-dynamic.onnx");
  expect(model.opsets).toEqual({ "": 18 });
  expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(model.graph.inputs.map(({ name }) => name)).toEqual([
    "hidden_states",
    "encoder_hidden_states",
    "pooled_projections",
    "timestep",
    "img_ids",
    "txt_ids",
  ]);
  expect(model.graph.inputs[0]?.type).toEqual({ elem: "float32", dims: [1, "img", 16] });
  expect(model.graph.types.size).toBeGreaterThan(model.graph.nodes.length);
  expect(model.graph.nodes.some(({ metadata }) => "pkg.torch.onnx.name_scopes" in metadata)).toBe(true);
});

test("external weights stay on disk and are referred to", async () => {
  const { graph, folder } = await fixtureModel("flux/flux.dynamo18-external.onnx");
  const external = [...graph.constants.values()].filter(({ data }) => data.kind === "external");
  expect(external.length).toBeGreaterThan(10);
  for (const { data } of external) {
    expect(data).toMatchObject({ file: join(folder, "flux.dynamo18-external.onnx.data") });
  }
});

test("Constant nodes become constants and no node is left of them", async () => {
  const { graph } = await fixtureModel("flux/flux.torchscript18-static.onnx");
  expect(graph.nodes.filter(({ op }) => op === "Constant")).toEqual([]);
  const result = await reread(simple, ({ graph }) => {
    const constant = (name: string, attribute: object): void => {
      graph!.node.unshift(
        create(NodeProtoSchema, {
          opType: "Constant",
          output: [name],
          attribute: [create(AttributeProtoSchema, attribute)],
        }),
      );
    };
    constant("a", { name: "value_int", type: Kind.INT, i: 7n });
    constant("b", { name: "value_floats", type: Kind.FLOATS, floats: [0.5, 2] });
    constant("c", {
      name: "value",
      type: Kind.TENSOR,
      t: create(TensorProtoSchema, { dataType: 10, dims: [2n], int32Data: [0x3c00, 0xbc00] }),
    });
    constant("e", {
      name: "value",
      type: Kind.TENSOR,
      t: create(TensorProtoSchema, { dataType: 22, dims: [3n], int32Data: [0xe1, 0x08] }),
    });
    constant("d", { name: "value_ints", type: Kind.INTS, ints: [] });
  });
  const { constants } = valueOf(result).graph;
  const numbers = ["a", "b", "c", "d", "e"].map((name) => [constants.get(name)?.elem, numbersOf(constants.get(name)!)]);
  expect(numbers).toEqual([
    ["int64", [7]],
    ["float32", [0.5, 2]],
    ["float16", [1, -1]],
    ["int64", []],
    ["int4", [1, -2, -8]],
  ]);
});

test("an initialiser that is also an input is a constant", async () => {
  const both = graph({
    inputs: [x, value("w", "float32", [1])],
    outputs: [y],
    nodes: [node("Mul", ["x", "w"], ["y"])],
    constants: new Map([["w", tensorFromNumbers("float32", [1], [2])]]),
  });
  const model = valueOf(await reread(both));
  expect(model.graph.inputs.map(({ name }) => name)).toEqual(["x"]);
  expect([...model.graph.constants.keys()]).toEqual(["w"]);
});

test("typed data fields give the bytes that raw data would", async () => {
  const typed = [
    { dataType: 1, floatData: [1.5] },
    { dataType: 11, doubleData: [1.5] },
    { dataType: 7, int64Data: [-2n] },
    { dataType: 6, int32Data: [-2] },
    { dataType: 5, int32Data: [-2] },
    { dataType: 3, int32Data: [-2] },
    { dataType: 9, int32Data: [1] },
    { dataType: 12, uint64Data: [4294967295n] },
    { dataType: 13, uint64Data: [3n] },
    { dataType: 16, int32Data: [0x3fc0] },
  ];
  const result = await reread(simple, ({ graph }) => {
    graph!.initializer = typed.map((data, i) => create(TensorProtoSchema, { name: `t${i}`, dims: [1n], ...data }));
  });
  const { constants } = valueOf(result).graph;
  expect([...constants.values()].map((tensor) => numbersOf(tensor)?.[0])).toEqual([
    1.5, 1.5, -2, -2, -2, -2, 1, 4294967295, 3, 1.5,
  ]);
});

test("an If keeps its branches as graphs, which may read values around them", async () => {
  const branch = (op: string): Graph =>
    graph({ outputs: [value("b", "float32", null)], nodes: [node(op, ["x"], ["b"])] });
  const source = graph({
    inputs: [x, value("c", "bool", [])],
    outputs: [y],
    nodes: [
      node("If", ["c"], ["y"], {
        then_branch: { kind: "graph", value: branch("Relu") },
        else_branch: { kind: "graph", value: branch("Neg") },
      }),
    ],
  });
  const model = valueOf(await reread(source));
  expect(model.graph.nodes[0]?.attributes["then_branch"]).toMatchObject({
    kind: "graph",
    value: { nodes: [{ op: "Relu" }] },
  });
});

test("nodes are put in order, and names made unique without touching those that are", async () => {
  const source = graph({
    inputs: [x],
    outputs: [y],
    nodes: [node("Relu", ["a"], ["y"]), node("Neg", ["x"], ["a"]), node("Abs", ["x"], ["b"])],
  });
  const result = await reread(source, ({ graph }) => {
    for (const [i, name] of ["same", "same", ""].entries()) graph!.node[i]!.name = name;
  });
  expect(valueOf(result).graph.nodes.map(({ name, op }) => [name, op])).toEqual([
    ["same_2", "Neg"],
    ["same", "Relu"],
    ["b", "Abs"],
  ]);
});

test("writing what was read gives a model that reads the same", async () => {
  for (const name of ["flux/flux.dynamo18-external.onnx", "flux/flux.torchscript18-static.onnx"]) {
    const { graph, opsets } = await fixtureModel(name);
    const bytes = writeModel(graph, { opsets });
    expect(Buffer.compare(writeModel(graph, { opsets }), bytes)).toBe(0);
    const proto = fromBinary(ModelProtoSchema, bytes);
    expect(proto.graph?.node.map((n) => n.name)).toEqual(graph.nodes.map((n) => n.name));
    const locations = proto.graph?.initializer.flatMap((t) =>
      t.externalData.filter((e) => e.key === "location").map((e) => e.value),
    );
    expect([...new Set(locations)].every((location) => location === "flux.dynamo18-external.onnx.data")).toBe(true);
  }
});

test("an attribute keeps its kind through a file", async () => {
  const attributes = {
    i: int(-3),
    f: { kind: "float", value: 0.5 },
    s: { kind: "string", value: "text" },
    is: { kind: "ints", value: [1, 2] },
    fs: { kind: "floats", value: [0.25] },
    ss: { kind: "strings", value: ["a", "b"] },
    t: { kind: "tensor", value: tensorFromInts([5]) },
  } as const;
  const model = valueOf(
    await reread(graph({ inputs: [x], outputs: [y], nodes: [node("Relu", ["x"], ["y"], attributes)] })),
  );
  const read = model.graph.nodes[0]!.attributes;
  const { t, ...plain } = read;
  const { t: _, ...given } = attributes;
  expect(plain).toEqual(given);
  expect(t?.kind === "tensor" && numbersOf(t.value)).toEqual([5]);
});

test("a cycle, an undefined value and a double definition are named", async () => {
  const circle = graph({
    inputs: [x],
    outputs: [y],
    nodes: [node("Add", ["x", "b"], ["a"]), node("Neg", ["a"], ["b"]), node("Relu", ["x"], ["y"])],
  });
  expect(await problems(circle)).toEqual(["CP2205 the graph has a cycle: a -> b -> a"]);
  const undefinedValue = graph({ inputs: [x], outputs: [y], nodes: [node("Add", ["x", "gone"], ["y"])] });
  expect(await problems(undefinedValue)).toEqual(['CP2204 the Add node "y" reads "gone", which is not defined']);
  const twice = graph({
    inputs: [x],
    outputs: [y],
    nodes: [node("Relu", ["x"], ["y"]), { ...node("Neg", ["x"], ["y"]), name: "n" }],
  });
  expect(await problems(twice)).toEqual([
    'CP2203 the value "y" is defined twice, by the Relu node "y" and by the Neg node "n"',
  ]);
  expect(await problems(graph({ inputs: [x], outputs: [y] }))).toEqual([
    'CP2204 the output list reads "y", which is not defined',
  ]);
  expect(await problems(graph({ inputs: [x] }))).toEqual(["CP2202 the model has no outputs"]);
});

test("versions out of range and training are refused, all at once", async () => {
  const messages = await problems(simple, (model) => {
    model.irVersion = 14n;
    model.opsetImport[0]!.version = 27n;
    model.trainingInfo.push(create(TrainingInfoProtoSchema));
  });
  expect(messages).toEqual([
    "CP2010 the model has IR version 14; versions 3 to 13 are supported",
    "CP2012 the model uses opset 27; opsets 11 to 26 are supported",
    "CP2014 the model contains training information; only inference is supported",
  ]);
  const old = await problems(simple, (model) => void (model.opsetImport[0]!.version = 10n));
  expect(old).toEqual(["CP2012 the model uses opset 10; opsets 11 to 26 are supported"]);
  expect(await problems(simple, (model) => void (model.opsetImport = []))).toHaveLength(1);
});

test("tensors and types that cannot be handled are refused by name", async () => {
  const messages = await problems(simple, ({ graph }) => {
    const tensor = (name: string, fields: object): void =>
      void graph!.initializer.push(create(TensorProtoSchema, { name, ...fields }));
    tensor("f4", { dataType: 23, dims: [1n] });
    tensor("text", { dataType: 8, dims: [0n] });
    tensor("negative", { dataType: 1, dims: [-1n] });
    tensor("short", { dataType: 1, dims: [2n], rawData: new Uint8Array(4) });
    tensor("few", { dataType: 7, dims: [3n], int64Data: [1n] });
    tensor("odd", { dataType: 22, dims: [3n], rawData: new Uint8Array(1) });
    graph!.sparseInitializer.push(
      create(SparseTensorProtoSchema, { values: create(TensorProtoSchema, { name: "sp" }) }),
    );
    graph!.input[0]!.type = {
      $typeName: "onnx.TypeProto",
      denotation: "",
      value: { case: "sequenceType", value: { $typeName: "onnx.TypeProto.Sequence" } },
    };
  });
  expect(messages).toEqual([
    'CP2200 "x" is a sequence; inputs and outputs of the model must be tensors',
    "CP2110 the model has sparse initialisers: sp",
    'CP2100 the initialiser "f4" has the element type FLOAT4E2M1, which is not supported',
    'CP2100 the initialiser "text" has the element type STRING, which is not supported',
    'CP2101 the initialiser "negative" has the impossible shape [-1]',
    'CP2102 the initialiser "short" has the shape [2], which needs 8 bytes; the file holds 4',
    'CP2102 the initialiser "few" has the shape [3], which needs 3 elements; the file holds 1',
    'CP2102 the initialiser "odd" has the shape [3], which needs 2 bytes; the file holds 1',
  ]);
});
