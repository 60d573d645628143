/**
 * @file A mask that several attention sites, or several steps around a ring, read: each part of it is cut out once, and a hook that
 * replaces the mask of one site changes that site only.
 */
import { rmSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { afterAll, expect, test } from "vitest";
import type { Binding } from "../../compiler/bind/types.ts";
import { CP, type CanonicalNode } from "../../compiler/canonical/types.ts";
import { float, int } from "../../compiler/graph/attributes.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import { shard } from "../../compiler/shard/shard.ts";
import { numbersIn, ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { attentionReference } from "../support/attention.ts";
import { valueOf } from "../support/fixtures.ts";
import { canonical, canonicalNode, random, shape } from "../support/graphs.ts";
import { lowered, temporaryFolder, written } from "./build.ts";
import { interpret, type Handler } from "./interpret.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SITES = 3;

/** Tokens (1, S, 2, 4) that attend to themselves three times over, in a block each, all under one mask (S, S). */
function graph(causal: boolean) {
  const bound = (op: string, from: string, to: string, binding: number): CanonicalNode =>
    canonicalNode(op, [from], [to], { domain: CP, attributes: { axis: int(1), binding: int(binding) } });
  const sites = Array.from({ length: SITES }, (_, i) =>
    canonicalNode("Attention", [`x${i}`, `x${i}`, `x${i}`, "mask"], [`x${i + 1}`], {
      domain: CP,
      scope: `blocks.${i}`,
      attributes: { scale: float(0.5), causal: int(causal ? 1 : 0) },
    }),
  );
  const stream = shape("float32", 1, "S", 2, 4);
  const made = Object.fromEntries(Array.from({ length: SITES + 1 }, (_, i) => [`x${i}`, stream]));
  const plain = canonical({
    inputs: { x: stream, mask: shape("float32", "S", "S") },
    outputs: ["y"],
    nodes: [bound("Shard", "x", "x0", 0), ...sites, bound("Gather", `x${SITES}`, "y", 1)],
    shapes: { ...made, y: stream },
  });
  const blocks = sites.map(({ scope }) => [scope, { path: scope, className: null }] as const);
  return { ...plain, modules: new Map([...plain.modules, ...blocks]) };
}

function binding(action: "split" | "gather"): Binding {
  const origin = { pointer: action, span: null, keySpan: null };
  const side = action === "split" ? "input" : "output";
  const named = { parameter: "x", index: null, count: null, expectedDims: null, value: null };
  return { spec: { action, side, dim: 1, origin, ...named }, module: "", value: "x", axis: 1, evidence: "value" };
}

interface Case {
  readonly ring: number;
  readonly ulysses?: number;
  readonly causal?: boolean;
  readonly rotate?: "alltoall" | "allgather";
  readonly hooks?: readonly string[];
}

function program({ ring, ulysses = 1, causal = false, rotate = "alltoall", hooks = [] }: Case): LoweredProgram {
  const bound = { graph: graph(causal), bindings: [binding("split"), binding("gather")] };
  const mesh = { ring_degree: ring, ulysses_degree: ulysses };
  return lowered(valueOf(shard(bound, { mesh, rotate_method: rotate, convert_to_fp32: true })), folder, hooks);
}

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
    const out = attentionReference({ q: x, k: x, v: x, mask, scale: 0.5, causal });
    return ortTensor("float32", x.dims, out);
  }, feeds.x);
  return Array.from(numbersIn(last));
}

/** Of the outputs of all ranks from those of the sites under `masks`. */
async function difference(options: Case, masks: readonly OrtTensor[], handler?: Handler): Promise<number> {
  const { outputs } = await interpret(written(program(options), folder), feeds, handler);
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
