/**
 * @file Where weights are stored: small ones in the piece, large inline ones once in the program's file, external ones where they are.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import type { Tensor } from "../../compiler/graph/types.ts";
import { lower } from "../../compiler/lower/lower.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import { builder, context, lowered, numbers, temporaryFolder, weight, written } from "./build.ts";
import { interpret } from "./interpret.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const big = weight([128, 128], 1);
const bigger = weight([256, 128], 2);
const small = weight([128, 127], 3);

/** y = x A, exchanged, then y B; `b` may be absent. */
function chain(a: Tensor, b?: Tensor): ShardedGraph {
  const build = builder();
  build.input("x", [2, 128]);
  const [y] = build.local("MatMul", ["x", build.constant("A", a)], [["y", [2, a.dims[1]!]]]);
  const receive = [build.shape("y.0", [2, a.dims[1]!])];
  const transfers = [{ send: [y!], receive, elem: "float32" as const, dims: [2, a.dims[1]!] }];
  build.collective({ collective: "all-gather", group: "sequence", transfers, purpose: "gather" });
  const last = b === undefined ? build.local("Relu", ["y.0"], [["z", [2, a.dims[1]!]]])[0]! : "z";
  if (b !== undefined) build.local("MatMul", ["y.0", build.constant("B", b)], [["z", [2, b.dims[1]!]]]);
  return build.build({ mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 1 } }, [last]);
}

/** Both weights in one piece: z = [x A, x B]. */
function pair(a: Tensor, b: Tensor): ShardedGraph {
  const build = builder();
  build.input("x", [2, 128]);
  build.local("MatMul", ["x", build.constant("A", a)], [["p", [2, a.dims[1]!]]]);
  build.local("MatMul", ["x", build.constant("B", b)], [["q", [2, b.dims[1]!]]]);
  build.local("Concat", ["p", "q"], [["z", [2, a.dims[1]! + b.dims[1]!]]], { attributes: { axis: int(1) } });
  return build.build({ mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 1 } }, ["z"]);
}

function bytesOf(tensor: Tensor): Uint8Array {
  if (tensor.data.kind === "external") throw new Error("not inline");
  return tensor.data.bytes;
}

/** The tensor in a data file beside the model, behind some other bytes. */
function external(tensor: Tensor, file = "tiny.data", offset = 512): Tensor {
  const bytes = bytesOf(tensor);
  writeFileSync(join(folder, file), Buffer.concat([Buffer.alloc(offset, 1), bytes]));
  return { ...tensor, data: { kind: "external", file: join(folder, file), offset, length: bytes.byteLength } };
}

const homes = (sharded: ShardedGraph): readonly unknown[] =>
  lowered(sharded, folder).program.pieces.map((p) => p.weights);

async function runs(sharded: ShardedGraph, inline: ShardedGraph): Promise<void> {
  const feeds = { x: ortTensor("float32", [2, 128], numbers(256, 7)) };
  const { outputs } = await interpret(await written(lowered(sharded, folder), folder), feeds);
  const wanted = await interpret(await written(lowered(inline, folder), folder), feeds);
  const found = Array.from(numbersIn(outputs[0]!["z"]!));
  Array.from(numbersIn(wanted.outputs[0]!["z"]!)).forEach((n, i) => expect(found[i]).toBeCloseTo(n, 5));
}

test("below 64 KiB they stay in the piece", () => {
  const program = lowered(chain(small), folder);
  expect(program.weights).toEqual([]);
  expect(program.program.pieces.map(({ weights }) => weights)).toEqual([null, null]);
  expect([...program.models.values()][0]!.byteLength).toBeGreaterThan(bytesOf(small).byteLength);
});

test("from 64 KiB they go to weights.bin, aligned to pages, equal ones once", async () => {
  const twin = { ...big, data: { kind: "inline" as const, bytes: bytesOf(big).slice() } };
  const program = lowered(chain(big, twin), folder);
  expect(program.program.pieces.map(({ weights }) => weights)).toEqual(["program", "program"]);
  expect(program.weights).toEqual([{ offset: 0, data: big.data }]);
  const two = lowered(chain(big, weight([128, 130], 9)), folder);
  expect(two.weights.map(({ offset }) => offset)).toEqual([0, 65536]);
  const written2 = await written(two, folder);
  const file = readFileSync(join(written2.folder, "weights.bin"));
  expect(file.byteLength).toBe(65536 + 128 * 130 * 4);
  expect(file.subarray(0, 65536).equals(bytesOf(big))).toBe(true);
  await runs(chain(big, weight([128, 128], 4)), chain(big, weight([128, 128], 4)));
});

test("external ones are read where the model has them", async () => {
  expect(homes(chain(external(big), small))).toEqual(["model", null]);
  expect(lowered(chain(external(big), small), folder).weights).toEqual([]);
  await runs(chain(external(big)), chain(big));
});

test("in a piece with both, the inline ones stay inside it where the external ones are more", async () => {
  const wide = weight([128, 256], 2);
  const program = lowered(pair(external(wide), big), folder);
  expect(program.program.pieces.map(({ weights }) => weights)).toEqual(["model"]);
  expect(program.weights).toEqual([]);
  await runs(pair(external(wide), big), pair(wide, big));
});

test("and the external ones are copied where they are fewer", async () => {
  const program = lowered(pair(external(small), big), folder);
  expect(program.program.pieces.map(({ weights }) => weights)).toEqual(["program"]);
  expect(program.weights.map(({ data }) => data.kind)).toEqual(["external", "inline"]);
  await runs(pair(external(small), big), pair(small, big));
});

test("a data file that is too short is a diagnostic, and nothing is left behind", async () => {
  const short = external(small);
  writeFileSync(join(folder, "tiny.data"), Buffer.alloc(600));
  const writing = written(lowered(pair(short, big), folder), join(folder, "short"));
  await expect(writing).rejects.toThrow("ends before byte");
});

test("external data in two folders is a mistake of ours: reading refuses it", () => {
  const a = external(bigger);
  const b: Tensor = { ...big, data: { kind: "external", file: "/elsewhere/b.data", offset: 0, length: 65536 } };
  expect(() => lower(pair({ ...a, dims: [128, 256] }, b), context(folder))).toThrow(
    `internal error of onnx-context-parallel (please report it): external data in 2 folders: /elsewhere, ${folder}`,
  );
});

test("lowering reads no byte of a constant that stayed in its file", () => {
  const place = { file: join(folder, "model.onnx"), offset: 512, length: bytesOf(big).byteLength };
  const stored = {
    ...big,
    data: {
      kind: "inline" as const,
      place,
      get bytes(): Uint8Array {
        throw new Error("the weights were read");
      },
    },
  };
  expect(lowered(chain(stored), folder).program.probe?.step).toBe(0);
});
