/**
 * @file External data found in the bytes of a model: at every place where ONNX has a tensor, and none in bytes that are not a model.
 */
import type { DescMessage } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { externalLocations, routes } from "../../compiler/external/references.ts";
import { modelBytes } from "../support/external.ts";

/** Every message of the schema that a model may hold, with its message fields. */
function messagesFrom(root: DescMessage): ReadonlyMap<string, readonly (readonly [number, DescMessage])[]> {
  const found = new Map<string, readonly (readonly [number, DescMessage])[]>();
  const visit = (message: DescMessage): void => {
    if (found.has(message.name)) return;
    const fields = message.fields.flatMap((field) => (field.message ? [[field.number, field.message] as const] : []));
    found.set(message.name, fields);
    for (const [, inner] of fields) visit(inner);
  };
  visit(root);
  return found;
}

test("the table of routes is that of the ONNX schema: every way from a model to the external data of a tensor", () => {
  const messages = messagesFrom(ModelProtoSchema);
  const leads = new Set(["TensorProto"]);
  for (let size = 0; size !== leads.size;) {
    size = leads.size;
    for (const [name, fields] of messages) if (fields.some(([, inner]) => leads.has(inner.name))) leads.add(name);
  }
  const expected = [...leads].map((name) => {
    const fields = messages.get(name)!.filter(([, inner]) => leads.has(inner.name));
    return [name, Object.fromEntries(fields.map(([number, inner]) => [number, inner.name]))];
  });
  const { StringStringEntryProto: _, TensorProto: tensor, ...others } = routes;
  const { TensorProto: _tensor, ...wanted } = Object.fromEntries(expected) as Record<string, unknown>;
  expect(others).toEqual(wanted);
  const external = messages.get("TensorProto")!.map(([number, inner]) => [number, inner.name]);
  expect(external).toContainEqual([13, "StringStringEntryProto"]);
  expect(tensor).toEqual({ 13: "StringStringEntryProto" });
});

const external = (value: string) => ({ name: value, dataType: 1, externalData: [{ key: "location", value }] });

test("tensors in attributes, subgraphs, functions, sparse tensors and training graphs are found, marked as external or not", () => {
  const inner = {
    name: "inner",
    initializer: [external("a")],
    node: [{ attribute: [{ name: "t", t: external("b") }] }],
  };
  const model = create(ModelProtoSchema, {
    graph: {
      node: [
        {
          attribute: [
            { name: "g", g: inner },
            { name: "gs", graphs: [{ initializer: [external("c")] }] },
          ],
        },
      ],
      sparseInitializer: [{ values: external("d"), indices: external("e") }],
    },
    functions: [{ node: [{ attribute: [{ tensors: [external("f")] }] }] }],
    trainingInfo: [{ initialization: { initializer: [external("g")] }, algorithm: { initializer: [external("h")] } }],
  });
  expect([...externalLocations(toBinary(ModelProtoSchema, model))].sort()).toEqual([..."abcdefgh"]);
});

test("an entry without a value is the location of no name; other keys are none", () => {
  const tensor = { externalData: [{ key: "location" }, { key: "offset", value: "8" }] };
  const model = create(ModelProtoSchema, { graph: { initializer: [tensor] } });
  expect([...externalLocations(toBinary(ModelProtoSchema, model))]).toEqual([""]);
});

test.each([
  ["the ORT format", Buffer.from("\0\0\0\0ORTM")],
  ["text", Buffer.from("<xml>")],
  ["a message that ends late", Buffer.from([0x3a, 0x7f, 1, 2])],
  ["messages inside each other without end", Buffer.concat(nested(120))],
])("%s is no model", (_, bytes) => {
  expect(() => externalLocations(bytes)).toThrow(/./);
});

/** model.graph.node.attribute.g.node.attribute.g... */
function nested(levels: number): readonly Uint8Array[] {
  let bytes: Uint8Array = new Uint8Array(0);
  for (let i = levels; i > 0; i--) {
    const tag = i === 1 ? 0x3a : [0x0a, 0x2a, 0x32][(i + 1) % 3]!;
    bytes = Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
  }
  return [bytes];
}

function varint(value: number): Uint8Array {
  return value < 128 ? Uint8Array.of(value) : Uint8Array.of((value & 127) | 128, value >> 7);
}

test("any bytes give locations or an Error", () => {
  const whole = modelBytes(["w.bin", "../x"]);
  expect([...externalLocations(whole)]).toEqual(["w.bin", "../x"]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }),
      fc.nat(whole.length),
      (changes, end) => {
        const bytes = whole.slice(0, end);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        try {
          externalLocations(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
