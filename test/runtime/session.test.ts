/**
 * @file Programs on real worker threads: the same result as one rank, the collectives and their bytes, several lengths in a session.
 */
import { Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { attach } from "../../runtime/attach/attach.ts";
import { feed, gatherProgram, heads, ringProgram, runningSum, size, ulyssesProgram } from "./support/programs.ts";
import { externalProgram } from "./support/special.ts";
import { range } from "./support/models.ts";

const row = heads * size * Float32Array.BYTES_PER_ELEMENT;
const chunk = (length: number, parts: number, i: number): number =>
  Math.floor(length / parts) + (i < length % parts ? 1 : 0);

test.each([1, 2, 3, 4, 8])("gathers on %i ranks, two lengths in one session", async (n) => {
  const session = await attach(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: n }));
  for (const rows of [n, 3 * n + 1, 67]) {
    const { y } = await session.run(feed(rows));
    expect(y).toBeInstanceOf(Tensor);
    expect(y!.dims).toEqual([rows, heads, size]);
    expect(y!.data).toEqual(feed(rows).x.data.map((v) => -v));
    const [gather, ...others] = session.lastRun!.collectives;
    expect(others).toEqual([]);
    expect(gather!.bytes).toEqual(range(n).map((r) => chunk(rows, n, r) * row * (n - 1)));
  }
  await session.release();
});

test.each([1, 2, 3, 4, 8])(
  "exchanges heads for rows and back on %i ranks, exactly and with no other bytes",
  async (n) => {
    const session = await attach(ulyssesProgram(n));
    for (const rows of [10, 2, 23]) {
      const { y } = await session.run(feed(rows));
      expect(y!.data).toEqual(runningSum(rows));
      const element = size * Float32Array.BYTES_PER_ELEMENT;
      const [s, h] = [(r: number) => chunk(rows, n, r), (r: number) => chunk(heads, n, r)];
      const found = session.lastRun!.collectives.map(({ purpose, module, bytes }) => ({ purpose, module, bytes }));
      expect(found).toEqual([
        { purpose: "ulysses in", module: "block", bytes: range(n).map((r) => s(r) * (heads - h(r)) * element) },
        { purpose: "ulysses out", module: "block", bytes: range(n).map((r) => (rows - s(r)) * h(r) * element) },
        { purpose: "gather", module: "block", bytes: range(n).map((r) => s(r) * heads * element * (n - 1)) },
      ]);
    }
    await session.release();
  },
);

test.each([1, 2, 3, 4, 8])("rotates blocks round a ring of %i", async (n) => {
  const session = await attach(ringProgram(n));
  const rows = 11;
  const outputs = await session.run(feed(rows));
  expect(Object.values(outputs)[0]!.data).toEqual(runningSum(rows).slice((rows - 1) * heads * size));
  const { collectives } = session.lastRun!;
  expect(collectives).toHaveLength(n - 1);
  for (const { bytes } of collectives) expect(bytes).toEqual(range(n).map(() => row));
  await session.release();
});

test("states names, types and shapes as onnxruntime's session does", async () => {
  const session = await attach(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 }));
  expect(session.inputNames).toEqual(["x"]);
  expect(session.outputNames).toEqual(["y"]);
  expect(session.inputMetadata).toEqual([{ name: "x", isTensor: true, type: "float32", shape: ["s", heads, size] }]);
  expect(session.outputMetadata).toEqual([{ name: "y", isTensor: true, type: "float32", shape: ["s", heads, size] }]);
  await session.release();
});

test("takes onnxruntime's tensors, fetches by name, and preallocated outputs", async () => {
  const session = await attach(gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 }));
  const { data, dims } = feed(4).x;
  const x = new Tensor("float32", data, dims);
  const expected = data.map((v) => -v);
  expect((await session.run({ x }, ["y", "y"])).y!.data).toEqual(expected);
  expect((await session.run({ x }, { y: null })).y!.data).toEqual(expected);
  const given = new Tensor("float32", new Float32Array(data.length), dims);
  expect((await session.run({ x }, { y: given })).y).toBe(given);
  expect(given.data).toEqual(expected);
  const small = new Tensor("float32", new Float32Array(heads * size), [1, heads, size]);
  await expect(session.run({ x }, { y: small })).rejects.toMatchObject({ code: "CP6011" });
  expect(await session.run({ x }, [])).toEqual({});
  await session.release();
});

test("queues concurrent runs in order, with feeds of different lengths", async () => {
  const session = await attach(ulyssesProgram(2));
  const order: number[] = [];
  const runs = [9, 4, 17, 2].map(async (rows) => {
    const { y } = await session.run(feed(rows, rows));
    order.push(rows);
    return y!.data;
  });
  expect(await Promise.all(runs)).toEqual([9, 4, 17, 2].map((rows) => runningSum(rows, rows)));
  expect(order).toEqual([9, 4, 17, 2]);
  await session.release();
});

test("reports progress by step and the time of every step by rank", async () => {
  const session = await attach(ulyssesProgram(2));
  const seen: number[] = [];
  await session.run(feed(5), { onProgress: ({ done, total }) => seen.push(done / total) });
  const total = session.lastRun!.steps.length;
  expect(seen).toEqual(range(total).map((i) => (i + 1) / total));
  expect(session.lastRun!.steps.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "piece slice",
      "piece by_head",
      "ulysses in in",
      "piece rows",
      "piece by_row",
      "ulysses out out",
      "piece cols",
      "gather gather",
      "piece rows",
    ]
  `);
  for (const { milliseconds } of session.lastRun!.steps) expect(milliseconds).toHaveLength(2);
  await session.release();
});

test("two sessions of one program at once do not disturb each other", async () => {
  const compiled = ulyssesProgram(2);
  const [a, b] = await Promise.all([attach(compiled), attach(compiled)]);
  const [first, second] = await Promise.all([a!.run(feed(9)), b!.run(feed(14))]);
  expect(first!.y!.data).toEqual(runningSum(9));
  expect(second!.y!.data).toEqual(runningSum(14));
  await a!.release();
  expect((await b!.run(feed(3))).y!.data).toEqual(runningSum(3));
  await b!.release();
});

test.each(["model", "program"] as const)("a piece finds its weights in the folder of the %s", async (weights) => {
  const session = await attach(externalProgram(weights));
  expect((await session.run(feed(2))).y!.data).toEqual(feed(2).x.data.map((v) => v + 100));
  await session.release();
});

test("a model that is gone", async () => {
  const { program, ...rest } = externalProgram("model");
  const gone = { ...rest, program: { ...program, model: { ...program.model, path: "../gone.onnx" } } };
  await expect(attach(gone)).rejects.toThrow(/^CP5007: the program's model .*gone.onnx is missing$/);
});
