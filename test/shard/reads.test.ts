/**
 * @file Rows of a split axis read by numbers: to the last bit those of the unsplit model, for every number of ranks, for rows of several segments, and for
 * every type of element; the bytes are those of the formula; numbers outside the axis are refused as ONNX Runtime refuses them.
 */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { ElemType, Graph, Model } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";
import { compile } from "../mutants/judge.ts";
import { outputsOf, sessionOf } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { graph, noise, node, value } from "../support/graphs.ts";
import { meshes, type MeshName } from "../support/meshes.ts";
import { canonicalise } from "../support/stages.ts";

const OPSETS = { "": 18 };
const WIDTH = 3;
const PLAN = { "": { a: { split_dim: 1 }, b: { split_dim: 1 } } } as const;

const list = (dims: readonly number[], ...numbers: readonly number[]) => tensorFromNumbers("int64", dims, numbers);

/** Every form of the operators over the rows of two streams, end to end: by constants, by a number for each element of the batch, by pairs. */
function reads(elem: ElemType): Graph {
  return graph({
    inputs: [
      ...["a", "b"].map((name) => value(name, elem, ["batch", `rows_${name}`, WIDTH])),
      value("at", "int32", ["batch"]),
      value("pairs", "int64", ["batch", 2]),
    ],
    outputs: ["first", "ends", "table", "some", "each", "picked", "paired", "element"].map((name) =>
      value(name, elem, null),
    ),
    constants: new Map([
      ["zero", list([], 0)],
      ["last", list([2], -1, 0)],
      ["square", list([2, 1], -2, 1)],
      ["five", list([5], 3, -4, 0, 3, 1)],
      ["rows", list([2], 1, 2)],
      ["one", list([1], 1)],
      ["shape", list([3], 1, 1, WIDTH)],
    ]),
    nodes: [
      node("Concat", ["a", "b"], ["x"], { axis: int(1) }),
      node("Gather", ["x", "zero"], ["first"], { axis: int(1) }),
      node("Gather", ["x", "last"], ["ends"], { axis: int(-2) }),
      node("Gather", ["x", "square"], ["table"], { axis: int(1) }),
      node("Gather", ["x", "five"], ["some"], { axis: int(1) }),
      node("Gather", ["x", "at"], ["each"], { axis: int(1) }),
      node("Cast", ["at"], ["at64"], { to: int(7) }),
      node("Unsqueeze", ["at64", "one"], ["column"]),
      node("GatherND", ["x", "column"], ["picked"], { batch_dims: int(1) }),
      node("GatherND", ["x", "pairs"], ["paired"]),
      node("Unsqueeze", ["column", "one"], ["cells"]),
      node("Expand", ["cells", "shape"], ["wide"]),
      node("GatherElements", ["x", "wide"], ["element"], { axis: int(1) }),
    ],
  });
}

const modelOf = (source: Graph): Model => ({
  file: "m.onnx",
  folder: "/",
  irVersion: 10,
  opsets: OPSETS,
  sha256: "0",
  graph: source,
});

const BATCH = 2;

/** Negative zeros, infinities and NaN among the rows. */
function rowsOf(seed: number, rows: number, elem: OrtElem): OrtTensor {
  const special = [-0, NaN, -Infinity];
  const numbers = noise(seed, BATCH * rows * WIDTH).map((x, i) => special[i % 5] ?? x);
  const whole = numbers.map((x) => (Number.isFinite(x) ? Math.round(x * 100) : 1));
  return ortTensor(elem, [BATCH, rows, WIDTH], elem.startsWith("float") ? numbers : whole);
}

/** `at`: the numbers for the two elements of the batch, either from the end or from the start. */
function feeds(elem: OrtElem, [a, b]: readonly [number, number], at: readonly [number, number]) {
  return {
    a: rowsOf(a, a, elem),
    b: rowsOf(b + 50, b, elem),
    at: ortTensor("int32", [BATCH], at),
    pairs: ortTensor("int64", [BATCH, 2], [1, at[1], -2, at[0]]),
  };
}

const bits = ({ data }: OrtTensor): readonly number[] => {
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
};

describe("rows of a split axis that are read by numbers", () => {
  it.each<readonly [MeshName, ElemType]>([
    ["ulysses 2", "float32"],
    ["rotating ring 3", "int64"],
    ["unified 2 x 2", "float16"],
    ["ulysses 3", "bool"],
  ])("are those of the unsplit model: %s, %s", async (name, elem) => {
    const model = modelOf(reads(elem));
    const source = { model, canonical: valueOf(await canonicalise(model)) };
    const sharded = valueOf(await compile(source, PLAN, meshes[name]));
    const ranks = meshes[name].ring_degree * meshes[name].ulysses_degree;
    for (const [a, b, at] of [
      [4, 5, [-9, 8]],
      [13, 4, [12, -4]],
      [8, 17, [0, 9]],
    ] as const) {
      for (const shares of [null, Array.from({ length: ranks }, (_, rank) => 1 + 2 * rank)]) {
        const report = valueOf(await simulate(sharded, feeds(elem as OrtElem, [a, b], at), { shares }));
        expect([report.wrong?.diagnostic.message ?? null, report.compared > 8]).toEqual([null, true]);
      }
    }
  });

  it.each<readonly [MeshName, readonly [number, number], number]>([
    ["ulysses 2", [4, 5], 9],
    ["unified 2 x 2", [6, 9], -16],
  ])("run on %s, to the last bit, with the bytes of the formula", async (name, [a, b], outside) => {
    const whole = reads("float32");
    const folder = await temporaryFolder();
    writeFileSync(`${folder}/m.onnx`, writeModel(whole, { opsets: OPSETS }));
    const out = `${folder}/program`;
    const compiled = await compilePlan({ model: `${folder}/m.onnx`, plan: PLAN, parallel: meshes[name], out });
    if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
    const session = await sessionOf(compiled.program);
    const given = feeds("float32", [a, b], [a + b - 1, -a]);
    const outputs = await outputsOf(session, given);
    const expected = await evaluateGraph(whole, given, { opsets: OPSETS });
    for (const [output, tensor] of Object.entries(expected)) expect(bits(outputs[output]!)).toEqual(bits(tensor));
    const others = meshes[name].ring_degree * meshes[name].ulysses_degree - 1;
    const sent = session.lastRun!.collectives.map(({ purpose, bytes }) => [purpose, bytes.reduce((x, y) => x + y, 0)]);
    const row = 4 * WIDTH;
    // Constants: their owners send each row to all others. Computed numbers: every rank sends as many rows as there are numbers.
    const owned = [1, 2].map((count) => count * BATCH * row * others);
    const all = [2 * BATCH * row, 5 * BATCH * row, BATCH * BATCH * row, BATCH * row, BATCH * row, BATCH * row];
    const expectedBytes = [...owned, ...all.map((size) => size * others * (others + 1))];
    expect(sent.map(([purpose]) => purpose)).toEqual(expectedBytes.map(() => "read"));
    expect(sent.map(([, bytes]) => bytes).sort()).toEqual(expectedBytes.sort());
    const beyond = outputsOf(session, feeds("float32", [a, b], [0, outside]));
    await expect(beyond).rejects.toThrow(/indices element out of data bounds/);
  });
});
