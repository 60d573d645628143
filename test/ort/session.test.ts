/**
 * @file Sessions: tensors in and out, external data, clear error messages, release.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { cleanMessage } from "../../ort/messages.ts";
import { OrtError, createSession } from "../../ort/session.ts";
import { bytesOf, fromGraphTensor, numbersIn, ortTensor, toGraphTensor } from "../../ort/tensors.ts";
import type { OrtElem } from "../../ort/types.ts";
import { temporaryFolder } from "../support/files.ts";
import { graph, node, random, value } from "../support/graphs.ts";

const opsets = { "": 18 };
const product = graph({
  inputs: [value("a", "float32", ["n", 4])],
  outputs: [value("y", "float32", null)],
  nodes: [node("MatMul", ["a", "w"], ["y"])],
  constants: new Map([["w", tensorFromNumbers("float32", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])]]),
});

async function failure(run: Promise<unknown>): Promise<OrtError> {
  const error = await run.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OrtError);
  return error as OrtError;
}

test("a session tells its inputs and outputs, runs, and returns wanted outputs only", async () => {
  const two = {
    ...product,
    outputs: [...product.outputs, value("z", "float32", null)],
    nodes: [...product.nodes, node("Neg", ["y"], ["z"])],
  };
  const session = await createSession(writeModel(two, { opsets }));
  expect(session.inputs).toEqual([{ name: "a", elem: "float32", dims: ["n", 4] }]);
  expect(session.outputNames).toEqual(["y", "z"]);
  const feeds = { a: ortTensor("float32", [1, 4], [1, 1, 1, 1]) };
  const { y, z } = await session.run(feeds);
  expect(y).toEqual(ortTensor("float32", [1, 2], [16, 20]));
  expect(z?.data[0]).toBe(-16);
  expect(Object.keys(await session.run(feeds, ["z"]))).toEqual(["z"]);
  await session.release();
});

test("a released session says so, and a second release does nothing", async () => {
  const session = await createSession(writeModel(product, { opsets }));
  await session.release();
  await session.release();
  expect((await failure(session.run({}))).message).toBe("the session has been released");
});

const elems: readonly OrtElem[] = [
  "float32",
  "float64",
  "float16",
  "int64",
  "uint64",
  "int32",
  "uint32",
  "int16",
  "uint16",
  "int8",
  "uint8",
  "bool",
];

test.each(elems)("%s goes in and comes out", async (elem) => {
  const tensor = ortTensor(elem, [2, 1], [0, 1]);
  const identity = graph({ inputs: [value("x", elem, [2, 1])], nodes: [node("Identity", ["x"], ["y"])] });
  const { y } = await evaluateGraph(identity, { x: tensor }, { opsets, wanted: ["y"] });
  expect(y).toEqual(tensor);
  expect(Array.from(numbersIn(tensor))).toEqual([0, 1]);
  expect(fromGraphTensor(toGraphTensor(tensor))).toEqual(tensor);
});

test("empty tensors and scalars go in and come out", async () => {
  const source: Graph = graph({
    inputs: [value("x", "float32", [null, 3])],
    nodes: [node("ReduceSum", ["x"], ["y"], { keepdims: int(0) }), node("Relu", ["x"], ["z"])],
  });
  const out = await evaluateGraph(source, { x: ortTensor("float32", [0, 3], []) }, { opsets, wanted: ["y", "z"] });
  expect(out["y"]).toEqual(ortTensor("float32", [], [0]));
  expect(out["z"]?.dims).toEqual([0, 3]);
});

test("a graph without inputs gives its constants and what follows from them", async () => {
  const constants = graph({
    nodes: [node("Concat", ["a", "b"], ["y"], { axis: int(0) })],
    constants: new Map([
      ["a", tensorFromInts([1])],
      ["b", tensorFromInts([2, 3])],
    ]),
  });
  const out = await evaluateGraph(constants, {}, { opsets, wanted: ["y", "a"] });
  expect(out["y"]?.data).toEqual(BigInt64Array.of(1n, 2n, 3n));
  expect(out["a"]?.data).toEqual(BigInt64Array.of(1n));
});

test("external data is found in the given folder, or beside a model given as a path", async () => {
  const folder = await temporaryFolder();
  const weight = random(1, [4, 2]);
  await writeFile(join(folder, "w.bin"), Buffer.concat([new Uint8Array(64), bytesOf(weight.data)]));
  const data = { kind: "external", file: join(folder, "w.bin"), offset: 64, length: 32 } as const;
  const bytes = writeModel(
    { ...product, constants: new Map([["w", { elem: "float32", dims: [4, 2], data }]]) },
    { opsets },
  );
  await writeFile(join(folder, "m.onnx"), bytes);
  const feeds = { a: ortTensor("float32", [1, 4], [1, 0, 0, 0]) };
  for (const session of [await createSession(bytes, { folder }), await createSession(join(folder, "m.onnx"))]) {
    expect([...((await session.run(feeds))["y"]!.data as Float32Array)]).toEqual([...weight.data.subarray(0, 2)]);
    await session.release();
  }
});

test("what cannot be loaded is told in one clean line", async () => {
  const messages = [
    (await failure(createSession(new Uint8Array(3)))).message,
    (await failure(createSession(writeModel({ ...product, nodes: [node("Foo", ["a"], ["y"])] }, { opsets })))).message,
    (await failure(createSession(writeModel(product, { opsets: { "": 99 } })))).message,
    (await failure(createSession(writeModel(product, { opsets }), { device: "nothing" }))).message,
  ];
  expect(messages[0]).toContain("protobuf parsing failed");
  expect(messages[1]).toContain("No Op registered for Foo");
  expect(messages[2]).toContain("till opset 26");
  expect(messages[3]).toContain("[nothing] backend not found");
  for (const message of messages) expect(message).not.toMatch(/onnxruntime_src|std::|\n/);
});

test("a failing node is named, without source paths", async () => {
  const wrong = graph({
    inputs: [value("a", "float32", [null, 4])],
    nodes: [node("Reshape", ["a", "s"], ["y"])],
    constants: new Map([["s", tensorFromInts([3, 5])]]),
  });
  const error = await failure(evaluateGraph(wrong, { a: random(1, [1, 4]) }, { opsets, wanted: ["y"] }));
  expect(error.during).toBe("run");
  expect(error.message).toMatch(/running Reshape node. Name:'y' .*requested shape:\{3,5\}$/);
});

test("messages lose source paths and signatures, wherever they stand, and keep the rest", () => {
  const raw =
    "status: /src/core/a.cc:46 void ns::Check(const std::map<int, int>&, bool) const [with T = int] Opset (x) is\n wrong";
  expect(cleanMessage(new Error(raw))).toBe("status: Opset (x) is wrong");
  expect(cleanMessage("plain (text)")).toBe("plain (text)");
});
