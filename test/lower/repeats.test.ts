/**
 * @file A mask that several attention sites, or several steps of a ring, read: each slice of it is taken once, and a hook that replaces the
 * mask of one site changes that site only.
 */
import { rmSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { afterAll, expect, test } from "vitest";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { attentionReference } from "../support/attention.ts";
import { random } from "../support/graphs.ts";
import { temporaryFolder, written } from "./build.ts";
import { interpret, type Handler } from "./interpret.ts";
import { siteProgram, type Case } from "./sites.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (options: Case): LoweredProgram => siteProgram(options, folder);

/** How often an operator stands in the pieces outside attention. */
function count({ program, models }: LoweredProgram, op: string): number {
  const local = program.pieces.filter(({ id }) => id.startsWith("local"));
  const nodes = local.flatMap(({ file }) => fromBinary(ModelProtoSchema, models.get(file)!).graph?.node ?? []);
  return nodes.filter(({ opType }) => opType === op).length;
}

/** The cut of the tokens. */
const STREAM = 1;

test.each([2, 4])("rows once, and columns once for each of %i chunks, whatever the number of sites", (ring) => {
  expect(count(program({ ring }), "Slice")).toBe(STREAM + 1 + ring);
  expect(count(program({ ring, ulysses: 2 }), "Slice")).toBe(STREAM + 1 + ring);
  expect(count(program({ ring, rotate: "allgather" }), "Slice")).toBe(STREAM + 1);
});

test("the causal pattern once for each chunk", () => {
  expect(count(program({ ring: 3, causal: true }), "GreaterOrEqual")).toBe(3);
  expect(count(program({ ring: 3, causal: true }), "Where")).toBe(3);
});

const TOKENS = 11;
const feeds = { x: random(1, [1, TOKENS, 2, 4]), mask: random(2, [TOKENS, TOKENS]) };

/** The sites one after another, each under its own mask. */
function expected(masks: readonly OrtTensor[], causal: boolean): readonly number[] {
  const last = masks.reduce((x, mask) => {
    const [k, v] = [(n: number) => -n, Math.abs].map((f) => ortTensor("float32", x.dims, Array.from(numbersIn(x), f)));
    const out = attentionReference({ q: x, k: k!, v: v!, mask, scale: 0.5, causal });
    return ortTensor("float32", x.dims, out);
  }, feeds.x);
  return Array.from(numbersIn(last));
}

/** Of the outputs of all ranks from those of the sites under `masks`. */
async function difference(options: Case, masks: readonly OrtTensor[], handler?: Handler): Promise<number> {
  const { outputs } = await interpret(await written(program(options), folder), feeds, handler);
  const wanted = expected(masks, options.causal ?? false);
  return Math.max(...outputs.flatMap(({ y }) => wanted.map((x, i) => Math.abs(x - numbersIn(y!)[i]!))));
}

test.each<Case>([
  { ring: 3 },
  { ring: 3, causal: true },
  { ring: 2, ulysses: 2 },
  { ring: 2, ulysses: 2, causal: true },
  { ring: 3, rotate: "allgather", causal: true },
])("the result is exact: %o", async (options) => {
  expect(await difference(options, [feeds.mask, feeds.mask, feeds.mask])).toBeLessThan(2e-6);
});

test.each(["alltoall", "allgather"] as const)("a hook that replaces the mask of one block: %s", async (rotate) => {
  const other = random(3, [TOKENS, TOKENS]);
  const options: Case = { ring: 3, rotate, hooks: ["blocks.1"] };
  const handler: Handler = (tensor, _, result) => (result.startsWith("mask@") ? other : tensor);
  expect(await difference(options, [feeds.mask, other, feeds.mask], handler)).toBeLessThan(2e-6);
});
