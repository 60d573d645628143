/**
 * @file Whatever the bytes: a graph or diagnostics, never an exception and never a hang.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
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

async function neverThrows(bytes: Uint8Array, file: string): Promise<void> {
  await writeFile(file, bytes);
  const result = await readModel(file);
  if (!result.ok) expect(result.diagnostics.length).toBeGreaterThan(0);
  for (const { code, message } of result.diagnostics) {
    expect(code).toMatch(/^CP2\d{3}$/);
    expect(message).not.toMatch(/undefined|\[object|    at /);
  }
}

test("every truncation of a small model is answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  for (let length = 0; length < small.length; length++) await neverThrows(small.subarray(0, length), file);
});

test("every flipped bit of a small model is answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  await writeFile(join(file, "../w.bin"), new Uint8Array(128));
  for (let bit = 0; bit < small.length * 8; bit++) {
    const bytes = small.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    await neverThrows(bytes, file);
  }
});

test("a real model with damaged bytes is answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  const whole = await readFile(fixture("flux/flux.dynamo18-external.onnx"));
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(damage, fc.option(fc.nat(whole.length)), async (changes, end) => {
      const bytes = Uint8Array.from(whole.subarray(0, end ?? whole.length));
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      await neverThrows(bytes, file);
    }),
    { numRuns: 60 },
  );
});

test("random bytes are answered", async () => {
  const file = join(await temporaryFolder(), "m.onnx");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => neverThrows(bytes, file)),
    { numRuns: 300 },
  );
});
