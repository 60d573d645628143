/**
 * @file Large model files: the weights inside stay in the file, and the model is the same as if all of it were read.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import type { ModelProto } from "onnx-buf";
import { afterAll, expect, test } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { skim } from "../../compiler/graph/decode/skim.ts";
import { readModel } from "../../compiler/graph/read.ts";
import type { Tensor } from "../../compiler/graph/types.ts";

const MEBIBYTE = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "skim-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const skimBytes = (bytes: Buffer): ReturnType<typeof skim> =>
  skim(bytes.length, (buffer, position) => void bytes.copy(buffer, 0, position));

/** x + each float32 initialiser of `sizes` elements, in order; `i` fills initialiser i. */
function modelOf(sizes: readonly number[], change: (proto: ModelProto) => void = () => {}): Buffer {
  const value = (name: string): object => ({
    name,
    type: { value: { case: "tensorType", value: { elemType: 1, shape: { dim: [] } } } },
  });
  const proto = create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: "test",
    opsetImport: [{ domain: "", version: 18n }],
    graph: {
      name: "g",
      input: [value("x")],
      output: [value("y")],
      initializer: sizes.map((size, i) => ({
        name: `w${i}`,
        dataType: 1,
        dims: [BigInt(size)],
        rawData: new Uint8Array(Float32Array.from({ length: size }, () => i + 1).buffer),
      })),
      node: sizes.map((_, i) => ({
        opType: "Add",
        input: [i === 0 ? "x" : `sum${i}`, `w${i}`],
        output: [i === sizes.length - 1 ? "y" : `sum${i + 1}`],
      })),
    },
  });
  change(proto);
  return Buffer.from(toBinary(ModelProtoSchema, proto));
}

/** The model that a skimmed file stands for. */
function restored(bytes: Buffer): ModelProto | null {
  const skimmed = skimBytes(bytes);
  if (skimmed === null) return null;
  const proto = fromBinary(ModelProtoSchema, skimmed.bytes);
  for (const [at, { offset, length }] of skimmed.stored) {
    const tensor = proto.graph!.initializer[at]!;
    expect(tensor.rawData.length).toBe(0);
    tensor.rawData = new Uint8Array(bytes.subarray(offset, offset + length));
  }
  return proto;
}

/** By their bytes: megabytes of numbers are slow to compare one by one. */
function expectSame(actual: ModelProto | null, expected: ModelProto): void {
  expect(actual).not.toBeNull();
  const [a, b] = [actual!, expected].map((proto) => toBinary(ModelProtoSchema, proto));
  expect(Buffer.compare(a!, b!)).toBe(0);
}

const large = MEBIBYTE / 4;

test("only large raw data is left out, and stands where the position says", () => {
  const bytes = modelOf([3, large, 5, large + 1, large - 1]);
  const { bytes: rest, stored } = skimBytes(bytes)!;
  expect([...stored.keys()]).toEqual([1, 3]);
  expect(rest.length).toBeLessThan(4 * large + 1000);
  expectSame(restored(bytes), fromBinary(ModelProtoSchema, bytes));
});

test.each(["flux/flux.dynamo18-dynamic.onnx", "wan/wan.torchscript18-static.onnx"])(
  "a model without such data stays as it is: %s",
  (file) => {
    const bytes = readFileSync(`test/fixtures/${file}`);
    const skimmed = skimBytes(bytes)!;
    expect(skimmed.stored.size).toBe(0);
    expect(skimmed.bytes.equals(bytes)).toBe(true);
  },
);

test("data in typed fields, in external files, twice in one tensor and in a second graph message", () => {
  const typed = modelOf([large, large], ({ graph }) => {
    const [first, second] = graph!.initializer;
    first!.floatData = [...new Float32Array(large)];
    first!.rawData = new Uint8Array();
    second!.dataLocation = TensorProto_DataLocation.EXTERNAL;
  });
  expect(skimBytes(typed)!.stored.size).toBe(0);
  expectSame(restored(typed), fromBinary(ModelProtoSchema, typed));
  // Two messages of one field are one message.
  const twice = Buffer.concat([modelOf([large, 2]), modelOf([3, large])]);
  expect([...skimBytes(twice)!.stored.keys()]).toEqual([0, 3]);
  expectSame(restored(twice), fromBinary(ModelProtoSchema, twice));
});

test("damaged bytes are refused, or mean what they mean to the decoder", () => {
  const bytes = modelOf([3, large, 5]);
  let state = 1;
  const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  // Half of them in the last 200 bytes or the first, where the structure is.
  const place = (): number => (random(2) === 0 ? random(200) : bytes.length - 1 - random(200));
  const outcomes = { refused: 0, read: 0, undecodable: 0 };
  for (let i = 0; i < 100; i++) {
    const damaged = random(3) === 0 ? bytes.subarray(0, place()) : Buffer.from(bytes);
    if (damaged.length === bytes.length) damaged[place()] = random(256);
    const decoded = ((): ModelProto | null => {
      try {
        return fromBinary(ModelProtoSchema, damaged);
      } catch {
        return null;
      }
    })();
    if (skimBytes(damaged) === null) outcomes.refused += 1;
    else if (decoded === null) {
      expect(() => restored(damaged), `damage ${i}`).toThrow(/./);
      outcomes.undecodable += 1;
    } else {
      expectSame(restored(damaged), decoded);
      outcomes.read += 1;
    }
  }
  expect(Math.min(outcomes.refused, outcomes.read)).toBeGreaterThan(5);
});

/** Large enough that the file is skimmed. */
const SIZES = [3, 4 * MEBIBYTE, 5, MEBIBYTE];

const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.kind === "inline" ? data.bytes : []);

test("a large file gives the constants, the hash and the errors that it would give in memory", async () => {
  const file = join(folder, "large.onnx");
  const bytes = modelOf(SIZES);
  writeFileSync(file, bytes);
  const read = await readModel(file);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  expect(read.value.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  const { initializer } = fromBinary(ModelProtoSchema, bytes).graph!;
  const { constants } = read.value.graph;
  expect([...constants.keys()]).toEqual(initializer.map(({ name }) => name));
  for (const { name, rawData } of initializer) expect(bytesOf(constants.get(name)!).equals(rawData), name).toBe(true);
  const places = [...constants.values()].map(({ data }) => data.kind === "inline" && data.place !== undefined);
  expect(places).toEqual([false, true, false, true]);

  writeFileSync(
    file,
    modelOf(SIZES, ({ graph }) => void (graph!.initializer[1]!.dims = [7n])),
  );
  const wrong = await readModel(file);
  expect(wrong.diagnostics.map(({ message }) => message)).toEqual([
    expect.stringMatching(/the initialiser "w1".*28.*16777216/),
  ]);
});

test("a file that is removed after it was read is an error with a reason", async () => {
  const file = join(folder, "gone.onnx");
  writeFileSync(file, modelOf(SIZES));
  const read = await readModel(file);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  rmSync(file);
  const { data } = read.value.graph.constants.get("w1")!;
  const take = (): unknown => data.kind === "inline" && data.bytes;
  expect(take).toThrow(ContextParallelError);
  expect(take).toThrow(/^CP2003: .*gone.onnx cannot be read: ENOENT/);
});

test("a large file that is no model is explained as a small one is", async () => {
  const file = join(folder, "text.onnx");
  writeFileSync(file, Buffer.alloc(17 * MEBIBYTE, "no model\n"));
  expect((await readModel(file)).diagnostics.map(({ code }) => code)).toEqual(["CP2007"]);
  const cut = modelOf(SIZES);
  writeFileSync(file, cut.subarray(0, cut.length - 1));
  const [diagnostic] = (await readModel(file)).diagnostics;
  expect(diagnostic?.message).toContain(String(cut.length - 1));
});

test("the weights of a large file move to the program as they are", async () => {
  const small = readFileSync("test/fixtures/flux/flux.dynamo18-dynamic.onnx");
  const proto = clone(ModelProtoSchema, fromBinary(ModelProtoSchema, small));
  // A bias that everything passes, behind other data so that it does not start at a round offset.
  const { graph } = proto;
  const [output] = graph!.output;
  const bias = new Uint8Array(Float32Array.from({ length: 5 * MEBIBYTE }, (_, i) => i % 1000).buffer);
  graph!.initializer.push(
    create(ModelProtoSchema, {
      graph: { initializer: [{ name: "table", dataType: 1, dims: [BigInt(5 * MEBIBYTE)], rawData: bias }] },
    }).graph!.initializer[0]!,
  );
  const last = graph!.node.find(({ output: made }) => made.includes(output!.name));
  last!.output = last!.output.map((name) => (name === output!.name ? "before" : name));
  graph!.node.push(
    ...create(ModelProtoSchema, {
      graph: {
        node: [
          {
            opType: "ReduceMax",
            input: ["table"],
            output: ["most"],
            attribute: [{ name: "keepdims", type: 2, i: 0n }],
          },
          { opType: "Add", input: ["before", "most"], output: [output!.name] },
        ],
      },
    }).graph!.node,
  );
  const model = join(folder, "model.onnx");
  writeFileSync(model, toBinary(ModelProtoSchema, proto));
  const out = join(folder, "program");
  const compiled = await compilePlan({ model, plan: "plans/flux.plan.json", out });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  expect(readFileSync(join(out, "weights.bin")).includes(Buffer.from(bias.buffer))).toBe(true);
});
