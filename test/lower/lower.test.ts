/**
 * @file Lowering of hand-made graphs: the resulting steps, as expected texts, and their results in real sessions.
 */
import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { printProgram } from "../../program/print.ts";
import type { OrtTensor, OrtTensors } from "../../ort/session.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import { lowered, numbers, temporaryFolder, written } from "./build.ts";
import { attentionStack, splitMatMulGather } from "./graphs.ts";
import { interpret } from "./interpret.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const input = (...dims: readonly number[]): OrtTensor =>
  ortTensor(
    "float32",
    dims,
    numbers(
      dims.reduce((a, b) => a * b, 1),
      3,
    ),
  );

async function run(sharded: ShardedGraph, feeds: OrtTensors): Promise<ReturnType<typeof interpret>> {
  return interpret(await written(lowered(sharded, folder), folder), feeds);
}

function difference(a: OrtTensor, b: OrtTensor): number {
  expect(a.dims).toEqual(b.dims);
  const other = numbersIn(b);
  return Math.max(...Array.from(numbersIn(a), (x, i) => Math.abs(x - other[i]!)));
}

describe("split, MatMul, gather", () => {
  test("is one collective between two pieces", async () => {
    const text = printProgram(lowered(splitMatMulGather(2), folder).program);
    await expect(text).toMatchFileSnapshot("golden/split-matmul-gather.txt");
  });

  test.each([
    [1, 5],
    [2, 5],
    [3, 7],
    [3, 3],
  ])("gives every rank the whole result: %i ranks, %i rows", async (ranks, rows) => {
    const x = input(rows, 4);
    const { outputs, sent } = await run(splitMatMulGather(ranks), { x });
    const { outputs: whole } = await run(splitMatMulGather(1), { x });
    for (const { y } of outputs) expect(difference(y!, whole[0]!["y"]!)).toBeLessThan(1e-6);
    const own = (rank: number): number => Math.floor(rows / ranks) + (rank < rows % ranks ? 1 : 0);
    expect(sent.map((s) => s["gather"] ?? 0)).toEqual(sent.map((_, r) => own(r) * 3 * 4 * (ranks - 1)));
  });
});

describe("attention under Ulysses", () => {
  test("two sites share one piece", async () => {
    const { program } = lowered(attentionStack({ ranks: 2, heads: 4, sites: 2 }), folder);
    expect(program.pieces.map(({ id }) => id)).toEqual(["local0", "attention0", "local1", "local2", "local3"]);
    expect(program.steps.filter((s) => s.kind === "piece" && s.piece === "attention0")).toHaveLength(2);
    expect(program.steps.flatMap((s) => (s.kind === "collective" ? [[s.purpose, s.transfers.length]] : []))).toEqual([
      ["ulysses in", 3],
      ["ulysses out", 1],
      ["ulysses in", 3],
      ["ulysses out", 1],
      ["gather", 1],
    ]);
    await expect(printProgram(program)).toMatchFileSnapshot("golden/attention-stack.txt");
  });

  test.each([
    [2, 4, 6],
    [2, 3, 5],
    [3, 4, 7],
    [4, 4, 4],
  ])("computes what one rank computes: %i ranks, %i heads, %i rows", async (ranks, heads, rows) => {
    const x = input(1, rows, heads * 2);
    const { outputs, sent } = await run(attentionStack({ ranks, heads, sites: 2 }), { x });
    const { outputs: whole } = await run(attentionStack({ ranks: 1, heads, sites: 2 }), { x });
    for (const { y } of outputs) expect(difference(y!, whole[0]!["y"]!)).toBeLessThan(1e-5);
    const chunkOf = (length: number, rank: number): number =>
      Math.floor(length / ranks) + (rank < length % ranks ? 1 : 0);
    const bytes = 4 * 2;
    for (const [rank, own] of sent.entries()) {
      const [ownRows, ownHeads] = [chunkOf(rows, rank), chunkOf(heads, rank)];
      expect(own["ulysses in"]).toBe(2 * 3 * bytes * ownRows * (heads - ownHeads));
      expect(own["ulysses out"]).toBe(2 * bytes * (rows - ownRows) * ownHeads);
    }
  });

  test("gives the same program and the same bytes again", () => {
    const again = (): ReturnType<typeof lowered> => lowered(attentionStack({ ranks: 2, heads: 3, sites: 2 }), folder);
    expect(again()).toEqual(again());
  });
});
