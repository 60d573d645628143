/**
 * @file Local functions are inlined when a model is read: values, attributes and what is nested keep their meaning. What cannot be inlined is
 * refused, and nothing hangs.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from "onnx-buf";
import type { AttributeProto, FunctionProto, ModelProto, NodeProto } from "onnx-buf";
import { readModel } from "../../compiler/graph/read.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { createSession } from "../../ort/session.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { graph, node, random, value } from "../support/graphs.ts";

const DOMAIN = "own";

/** The file of a model x -> y of (3, 4) with these calls, which are of `own`, and functions. */
async function written(calls: readonly NodeProto[], functions: readonly FunctionProto[]): Promise<string> {
  const source = graph({
    inputs: [value("x", "float32", [3, 4])],
    outputs: [value("y", "float32", [3, 4])],
    nodes: [node("Neg", ["x"], ["y"])],
  });
  const proto: ModelProto = fromBinary(ModelProtoSchema, writeModel(source, { opsets: { "": 18 } }));
  proto.graph!.node = [...calls];
  proto.functions = [...functions];
  proto.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: DOMAIN, version: 1n }));
  const file = join(await temporaryFolder(), "model.onnx");
  await writeFile(file, toBinary(ModelProtoSchema, proto));
  return file;
}

const call = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeProto[] = [],
) =>
  create(NodeProtoSchema, {
    name: `/block/${opType}_${output[0]}`,
    opType,
    domain: DOMAIN,
    input: [...input],
    output: [...output],
    attribute: [...attribute],
  });

const plainNode = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeProto[] = [],
) => create(NodeProtoSchema, { opType, input: [...input], output: [...output], attribute: [...attribute] });

const float = (name: string, f: number) => create(AttributeProtoSchema, { name, type: Kind.FLOAT, f });
const reference = (name: string, of: string) =>
  create(AttributeProtoSchema, { name, type: Kind.FLOAT, refAttrName: of });

function definition(
  name: string,
  input: readonly string[],
  output: readonly string[],
  body: readonly NodeProto[],
  more: { version?: bigint; defaults?: readonly AttributeProto[] } = {},
) {
  return create(FunctionProtoSchema, {
    name,
    domain: DOMAIN,
    input: [...input],
    output: [...output],
    node: [...body],
    attributeProto: [...(more.defaults ?? [])],
    opsetImport: ["", DOMAIN].map((domain) =>
      create(OperatorSetIdProtoSchema, { domain, version: domain === "" ? (more.version ?? 18n) : 1n }),
    ),
  });
}

const leaky = definition("Leaky", ["a"], ["b"], [plainNode("LeakyRelu", ["a"], ["b"], [reference("alpha", "slope")])], {
  defaults: [float("slope", 0.25)],
});
/** Its inner value has the name of one of the model's. */
const twice = definition(
  "Twice",
  ["a"],
  ["b", "c"],
  [
    call("Leaky", ["a"], ["t"]),
    call("Leaky", ["t"], ["b"], [float("slope", 0.5)]),
    plainNode("Identity", ["a"], ["c"]),
  ],
);

test("calls become their nodes, with the numbers of onnxruntime", async () => {
  const calls = [
    call("Twice", ["x"], ["t", "same"]),
    call("Leaky", ["t"], ["u"], [float("slope", 3)]),
    plainNode("Sub", ["u", "same"], ["y"]),
  ];
  const file = await written(calls, [
    leaky,
    twice,
    definition("Unused", ["a"], ["b"], [plainNode("Neg", ["a"], ["b"])], { version: 17n }),
  ]);
  const model = valueOf(await readModel(file));
  const ops = model.graph.nodes.map(({ op }) => op).toSorted();
  expect(ops).toEqual(["Identity", "LeakyRelu", "LeakyRelu", "LeakyRelu", "Sub"]);
  // The module of a call is in its name.
  expect(model.graph.nodes.filter(({ op }) => op !== "Sub").every(({ name }) => /^\/block\/[^/]+$/.test(name))).toBe(
    true,
  );
  const feeds = { x: random(1, [3, 4]) };
  const session = await createSession(file);
  expect(await evaluateGraph(model.graph, feeds, { opsets: { "": 18 } })).toEqual(await session.run(feeds));
  await session.release();
});

test.each<readonly [string, readonly FunctionProto[], RegExp]>([
  [
    "of another operator set",
    [definition("Top", ["a"], ["b"], [plainNode("Neg", ["a"], ["b"])], { version: 20n })],
    /set 20 of ai.onnx, the model in 18/,
  ],
  ["that calls itself", [definition("Top", ["a"], ["b"], [call("Top", ["a"], ["b"])])], /calls itself/],
  [
    "that makes too many nodes",
    Array.from({ length: 60 }, (_, i) => {
      const name = i === 0 ? "Top" : `F${i}`;
      const next = (a: string, b: string): NodeProto =>
        i === 59 ? plainNode("Neg", [a], [b]) : call(`F${i + 1}`, [a], [b]);
      return definition(name, ["a"], ["b"], [next("a", "t"), next("t", "b")]);
    }),
    /more than \d+ nodes/,
  ],
])("a function %s is refused", async (_, functions, reason) => {
  const read = await readModel(await written([call("Top", ["x"], ["y"])], functions));
  expect(read.ok).toBe(false);
  expect(texts(read.diagnostics).join()).toMatch(/CP2013/);
  expect(texts(read.diagnostics).join()).toMatch(reason);
});
