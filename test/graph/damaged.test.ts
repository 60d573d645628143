/**
 * @file Any bytes give a graph or diagnostics, never an exception and never a hang.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readModel } from "../../compiler/graph/read.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";

const branch = graph({ outputs: [value("b", "float32", null)], nodes: [node("Relu", ["x"], ["b"])] });
const external = { kind: "external", file: "/x/w.bin", offset: 64, length: 8 } as const;
/** A small model that has one of everything, so that a flipped bit is likely to matter. */
const small = writeModel(
  graph({
    inputs: [value("x", "float32", ["n", 2]), value("c", "bool", [])],
    outputs: [value("y", "float32", ["n", null])],
    nodes: [
      node("If", ["c"], ["i"], {
        then_branch: { kind: "graph", value: branch },
        else_branch: { kind: "graph", value: branch },
      }),
      node("Constant", [], ["k"], { value: { kind: "tensor", value: tensorFromNumbers("float32", [2], [1, 2]) } }),
      node("Mul", ["i", "k"], ["m"]),
      node("Add", ["m", "w"], ["y"], { axis: { kind: "ints", value: [1, -1] } }),
    ],
    constants: new Map([
      ["k2", tensorFromNumbers("int64", [1], [4])],
      ["w", { elem: "float32", dims: [2], data: external }],
    ]),
    types: new Map([["m", { elem: "float32", dims: ["n", 2] }]]),
  }),
  { opsets: { "": 18 } },
);

/** What is wrong with the answer to a file of these bytes; nothing if it is a graph, or diagnostics fit for a person. */
async function faultsOf(bytes: Uint8Array, file: string): Promise<readonly string[]> {
  await writeFile(file, bytes);
  const { ok, diagnostics } = await readModel(file);
  const odd = diagnostics.filter(
    ({ code, message }) => !/^CP2\d{3}$/.test(code) || /undefined|\[object|\n {4}at /.test(message),
  );
  return [...(ok || diagnostics.length > 0 ? [] : ["refused without a reason"]), ...odd.map(({ message }) => message)];
}

test("every truncation of a small model is answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  const faults: string[] = [];
  for (let length = 0; length < small.length; length++)
    faults.push(...(await faultsOf(small.subarray(0, length), file)));
  expect(faults).toEqual([]);
});

test("a flipped bit anywhere in a small model is answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  await writeFile(join(file, "../w.bin"), new Uint8Array(128));
  const faults: string[] = [];
  // 3 and 8 have no common divisor, so that every place of a bit in a byte comes up.
  for (let bit = 0; bit < small.length * 8; bit += 3) {
    const bytes = small.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    faults.push(...(await faultsOf(bytes, file)));
  }
  expect(faults).toEqual([]);
});

test("a real model with damaged bytes is answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  const whole = await readFile(fixture("flux/flux.dynamo18-external.onnx"));
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(damage, fc.option(fc.nat(whole.length)), async (changes, end) => {
    const bytes = Uint8Array.from(whole.subarray(0, end ?? whole.length));
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
    expect(await faultsOf(bytes, file)).toEqual([]);
  });
  expect(await fc.check(property, { numRuns: 60 })).toMatchObject({ failed: false });
});

test("random bytes are answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
    expect(await faultsOf(bytes, file)).toEqual([]);
  });
  expect(await fc.check(property, { numRuns: 300 })).toMatchObject({ failed: false });
});
