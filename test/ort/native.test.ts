/**
 * @file The native backend by itself: tensors in and out, owned and in place, external data, errors in clear words, interrupts, and what is
 * left behind. Several sessions and threads together are tested with the runtime.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Graph } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { loadNative } from "../../ort/native/api.ts";
import { elementCodes } from "../../ort/native/elements.ts";
import { leftIn, newLedger, openLedger } from "../../ort/native/ledger.ts";
import { findLibrary, isTested } from "../../ort/native/library.ts";
import { members } from "../../ort/native/members.ts";
import { openValues } from "../../ort/native/runner.ts";
import { ownedValue } from "../../ort/native/values.ts";
import type { NativeRank, NativeValues } from "../../ort/native/runner.ts";
import { selfTest } from "../../ort/native/self-test.ts";
import { openSessions } from "../../ort/native/shared.ts";
import { bytesOf, dataOf, newData, ortTensor } from "../../ort/tensors.ts";
import { OrtError } from "../../ort/types.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";
import { heapValues } from "../../ort/values.ts";
import type { Runner } from "../../ort/values.ts";
import { temporaryFolder } from "../support/files.ts";
import { graph, node, random, value } from "../support/graphs.ts";

const opsets = { "": 18 };
const sessions = await openSessions();
const rank: NativeRank = sessions.addRank();
const values: NativeValues = await openValues(rank);
afterAll(() => sessions.release());

async function runnerOf(source: Graph, folder: string | null = null): Promise<Runner> {
  return values.runner(await sessions.create(writeModel(source, { opsets }), { folder }));
}

async function run(
  runner: Runner,
  feeds: Readonly<Record<string, OrtTensor>>,
  outputs: Readonly<Record<string, OrtTensor | null>>,
): Promise<Readonly<Record<string, OrtTensor>>> {
  const held = Object.entries(feeds).map(([name, tensor]) => [name, values.hold(tensor)] as const);
  try {
    const results = Object.entries(await runner.run(Object.fromEntries(held), outputs));
    const tensors = results.map(([name, result]) => {
      const { elem, dims, data } = result.tensor();
      expect([result.elem, result.dims]).toEqual([elem, dims]);
      const copy = { elem, dims, data: dataOf(elem, bytesOf(data).slice()) };
      result.release();
      result.release();
      return [name, copy] as const;
    });
    return Object.fromEntries(tensors);
  } finally {
    for (const [, one] of held) one.release();
  }
}

async function failure(work: Promise<unknown>): Promise<OrtError> {
  const error = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OrtError);
  return error as OrtError;
}

const shared = (elem: OrtElem, dims: readonly number[]): OrtTensor => {
  const bytes = newData(
    elem,
    dims.reduce((a, b) => a * b, 1),
  ).byteLength;
  return { elem, dims, data: dataOf(elem, new Uint8Array(new SharedArrayBuffer(bytes))) };
};

const product = graph({
  inputs: [value("a", "float32", ["n", 4])],
  outputs: [value("y", "float32", null)],
  nodes: [node("MatMul", ["a", "w"], ["y"])],
  constants: new Map([["w", tensorFromNumbers("float32", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])]]),
});

test("the library is found, its version is one that was tried, and it passes the self-test", async () => {
  expect(existsSync(findLibrary())).toBe(true);
  expect(["1.30.0", "1.30"].map(isTested)).toEqual([true, true]);
  expect(["1.3", "1.300.0", "1.29.1", "2.30.0"].map(isTested)).toEqual([false, false, false, false]);
  await selfTest();
});

test("no two members have one place", () => {
  const places = Object.values(members).map(({ index }) => index);
  expect(new Set(places).size).toBe(places.length);
});

test.each(Object.keys(elementCodes) as OrtElem[])(
  "%s goes in and comes out, in memory of the library and in place, shared or not",
  async (elem) => {
    const runner = await runnerOf(
      graph({
        inputs: [value("x", elem, [2, 1])],
        outputs: [value("y", elem, null)],
        nodes: [node("Identity", ["x"], ["y"])],
      }),
    );
    const x = ortTensor(elem, [2, 1], [0, 1]);
    expect(await run(runner, { x }, { y: null })).toEqual({ y: x });
    const [place, given] = [shared(elem, [2, 1]), shared(elem, [2, 1])];
    bytesOf(given.data).set(bytesOf(x.data));
    expect(await run(runner, { x: given }, { y: place })).toEqual({ y: x });
    expect([...bytesOf(place.data)]).toEqual([...bytesOf(x.data)]);
  },
);

test("empty tensors and scalars go in and come out", async () => {
  const runner = await runnerOf(
    graph({
      inputs: [value("x", "float32", [null, 3])],
      outputs: [value("y", "float32", null), value("z", "float32", null)],
      nodes: [node("ReduceSum", ["x"], ["y"], { keepdims: int(0) }), node("Relu", ["x"], ["z"])],
    }),
  );
  const out = await run(runner, { x: ortTensor("float32", [0, 3], []) }, { y: null, z: null });
  expect(out).toEqual({ y: ortTensor("float32", [], [0]), z: ortTensor("float32", [0, 3], []) });
});

test("what a run gives is what the next one takes, and lives on after its source", async () => {
  const runner = await runnerOf(
    graph({
      inputs: [value("x", "float32", ["n"])],
      outputs: [value("y", "float32", ["n"])],
      nodes: [node("Neg", ["x"], ["y"])],
    }),
  );
  const x = values.hold(random(1, [1000]));
  const { y } = await runner.run({ x }, { y: null });
  const { y: z } = await runner.run({ x: y! }, { y: null });
  y!.release();
  expect(z!.tensor().data).toEqual(x.tensor().data);
  expect(leftIn(rank.ledger)).toHaveLength(2);
  for (const one of [x, z!]) one.release();
  expect(leftIn(rank.ledger)).toEqual([]);
});

test("external data is found in the given folder", async () => {
  const folder = await temporaryFolder();
  const weight = random(1, [4, 2]);
  await writeFile(join(folder, "w.bin"), Buffer.concat([new Uint8Array(64), bytesOf(weight.data)]));
  const data = { kind: "external", file: "w.bin", offset: 64, length: 32 } as const;
  const source = { ...product, constants: new Map([["w", { elem: "float32", dims: [4, 2], data } as const]]) };
  const runner = await runnerOf(source, folder);
  const { y } = await run(runner, { a: ortTensor("float32", [1, 4], [1, 0, 0, 0]) }, { y: null });
  expect([...(y!.data as Float32Array)]).toEqual([...weight.data.subarray(0, 2)]);
  expect((await failure(runnerOf(source))).during).toBe("load");
});

test("what cannot be loaded is told in one clean line", async () => {
  const load = (bytes: Uint8Array): Promise<OrtError> => failure(sessions.create(bytes, {}));
  const messages = [
    (await load(new Uint8Array(0))).message,
    (await load(new Uint8Array(3))).message,
    (await load(writeModel({ ...product, nodes: [node("Foo", ["a"], ["y"])] }, { opsets }))).message,
    (await load(writeModel(product, { opsets: { "": 99 } }))).message,
  ];
  expect(messages[0]).toBe("the model is empty");
  expect(messages[1]).toContain("rotobuf parsing failed");
  expect(messages[2]).toContain("No Op registered for Foo");
  expect(messages[3]).toContain("till opset 26");
  for (const message of messages) expect(message).not.toMatch(/onnxruntime_src|std::|\n/);
});

test.each([
  ["another name", { b: random(1, [1, 4]) }, { y: null }, /b/],
  ["another output", { a: random(1, [1, 4]) }, { q: null }, /q/],
  ["another type", { a: ortTensor("int64", [1, 4], [1, 2, 3, 4]) }, { y: null }, /data type/],
  ["another rank", { a: random(1, [4]) }, { y: null }, /rank/],
  ["another extent", { a: random(1, [1, 5]) }, { y: null }, /imension/],
  ["nothing", {}, { y: null }, /./],
  ["a place that is too small", { a: random(1, [3, 4]) }, { y: random(1, [1, 2]) }, /shape/],
  ["a place of another type", { a: random(1, [1, 4]) }, { y: ortTensor("int64", [1, 2], [0, 0]) }, /type/],
] as const)("given %s, a run fails with words, and leaves nothing", async (_, feeds, outputs, words) => {
  const runner = await runnerOf(product);
  const error = await failure(run(runner, feeds, outputs));
  expect(error.during).toBe("run");
  expect(error.message).toMatch(words);
  expect(error.message).not.toMatch(/onnxruntime_src|std::|\n/);
  expect(leftIn(rank.ledger)).toEqual([]);
});

test("a value of another backend is refused", async () => {
  const runner = await runnerOf(product);
  const a = heapValues.hold(random(1, [1, 4]));
  expect((await failure(runner.run({ a }, { y: random(1, [1, 2]) }))).message).toContain("another backend");
  expect(leftIn(rank.ledger)).toEqual([]);
});

test("a failing node is named, without source paths", async () => {
  const runner = await runnerOf(
    graph({
      inputs: [value("a", "float32", [null, 4])],
      outputs: [value("y", "float32", null)],
      nodes: [node("Reshape", ["a", "s"], ["y"])],
      constants: new Map([["s", tensorFromInts([3, 5])]]),
    }),
  );
  const error = await failure(run(runner, { a: random(1, [1, 4]) }, { y: null }));
  expect(error.message).toMatch(/running Reshape node. Name:'y' .*requested shape:\{3,5\}$/);
});

test("an interrupt fails runs until it is taken back", async () => {
  const runner = await runnerOf(product);
  const feeds = { a: random(1, [1, 4]) };
  sessions.interrupt(true);
  expect((await failure(run(runner, feeds, { y: null }))).message).toContain("terminate");
  sessions.interrupt(false);
  expect((await run(runner, feeds, { y: null }))["y"]!.dims).toEqual([1, 2]);
});

test("what a rank has left is released with the sessions, and a second release does nothing", async () => {
  const others = await openSessions();
  const left = others.addRank();
  const session = await others.create(writeModel(product, { opsets }), {});
  const own = await openValues(left);
  await own.runner(session).run({ a: own.hold(random(1, [1, 4])) }, { y: null });
  expect(leftIn(left.ledger)).toHaveLength(2);
  others.release();
  others.release();
  others.interrupt(true);
});

test("a value is struck out before the library releases it: the thread can be ended in between", async () => {
  const native = await loadNative();
  const ledger = newLedger();
  const seen: (readonly bigint[])[] = [];
  const api = { ...native.api, ReleaseValue: () => void seen.push(leftIn(ledger)) };
  ownedValue({ native: { ...native, api }, ledger: openLedger(ledger), memory: rank.memory }, 7n).release();
  expect(seen).toEqual([[]]);
});

test("every call of a rank is guarded, since its thread must not end inside one", async () => {
  const others = await openSessions();
  const left = others.addRank();
  const session = await others.create(writeModel(product, { opsets }), {});
  let calls = 0;
  let refused = false;
  const own = await openValues(left, (work) => {
    if (refused) throw new Error("refused");
    calls += 1;
    return work();
  });
  const callsOf = (work: () => unknown): number => {
    calls = 0;
    work();
    return calls;
  };
  const a = own.hold(random(1, [1, 4]));
  const { y } = await own.runner(session).run({ a }, { y: null });
  // Type and shape: five calls; data: an address and a view; a release.
  expect([callsOf(() => y!.dims), callsOf(() => y!.tensor()), callsOf(() => a.release())]).toEqual([5, 2, 2]);
  refused = true;
  expect(() => y!.release()).toThrow("refused");
  // It is not lost: the driver releases it with the sessions.
  expect(leftIn(left.ledger)).toHaveLength(1);
  others.release();
});

test("a ledger that is full writes no more down, and its places are used again", () => {
  const memory = newLedger();
  const ledger = openLedger(memory);
  const slots = memory.byteLength / 8;
  const strikes = Array.from({ length: slots + 3 }, (_, i) => ledger.note(BigInt(i + 1)));
  expect(leftIn(memory)).toHaveLength(slots);
  for (const strike of strikes) strike();
  expect(leftIn(memory)).toEqual([]);
  ledger.note(7n);
  expect(leftIn(memory)).toEqual([7n]);
});
