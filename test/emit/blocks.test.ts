/**
 * @file Attention in blocks: sites with more logits than a block has, of which each cuts another axis, against plain loops.
 */
import { describe, expect, test } from "vitest";
import { emitGraph } from "../../compiler/emit/emit.ts";
import { lowestOf } from "../../compiler/graph/elements.ts";
import { FILL_AT, ZERO_HIDDEN } from "../../compiler/ir/types.ts";
import { chunk, mul } from "../../compiler/expr/expr.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";
import { random } from "../support/graphs.ts";
import { attention, difference } from "./site.ts";
import type { Case } from "./site.ts";

/** B, Sq, Sk, and heads: several blocks, the last smaller than the others. */
const grids = {
  "batch elements": { sizes: [21, 130, 200], heads: [2, 2] },
  heads: { sizes: [1, 530, 700], heads: [5, 5] },
  rows: { sizes: [1, 1500, 1100], heads: [1, 1] },
  "rows of each batch element and head": { sizes: [2, 700, 1700], heads: [2, 2] },
  "the fewest rows": { sizes: [1, 133, 9000], heads: [1, 1] },
} as const satisfies Readonly<Record<string, Case>>;

const THIN: Pick<Case, "width"> = { width: [4, 3] };
const { rows } = grids;
/** Rows of each head. */
const all: Case = { sizes: [1, 700, 1600], heads: [2, 2], ...THIN };
const [B, SQ, SK] = [1, 700, 1600];

/** Boolean; every seventh row sees no key. */
const seeing = (dims: readonly number[]): OrtTensor => {
  const [keys = 1] = dims.slice(-1);
  const count = dims.reduce((a, b) => a * b, 1);
  const shown = (i: number): boolean => Math.floor(i / keys) % 7 !== 6 && (i * 7919) % 5 !== 0;
  return ortTensor(
    "bool",
    dims,
    Array.from({ length: count }, (_, i) => (shown(i) ? 1 : 0)),
  );
};

describe("every axis is cut into blocks", () => {
  test.each(Object.entries(grids))("%s", async (_, grid) => {
    const [batch, queries, keys] = grid.sizes;
    const mask = random(9, [batch, 1, queries, keys]);
    expect(await difference({ ...grid, ...THIN, mask })).toBeLessThan(2e-6);
  });
});

const forms: Readonly<Record<string, Case>> = {
  "mask of rows": { mask: random(9, [SQ, 1]) },
  "mask of heads": { mask: random(9, [2, 1, SK]) },
  "mask of all": { mask: random(9, [B, 2, SQ, SK]) },
  "one number": { mask: random(9, []) },
  boolean: { mask: seeing([SQ, SK]) },
  "boolean, undefined rows to zero": { mask: seeing([SQ, SK]), nanToZero: true },
  "boolean, hidden rows to zero": {
    mask: seeing([B, 1, SQ, SK]),
    zeroHidden: ZERO_HIDDEN.byMask,
    fillAt: FILL_AT.mask,
  },
  "boolean, low fill": { mask: seeing([SQ, SK]), fill: lowestOf("float32") },
  causal: { causal: true },
  "causal and boolean": { causal: true, mask: seeing([SQ, SK]) },
  "causal and additive, replaced": { causal: true, mask: random(9, [B, 1, SQ, SK]), fillAt: FILL_AT.mask },
  "causal and additive, added": { causal: true, mask: random(9, [SQ, SK]), fillAt: FILL_AT.sum },
  "causal, added": { causal: true, fillAt: FILL_AT.sum },
  "causal, a fill that counts": { causal: true, fill: -3 },
  "causal, zero by the score": { causal: true, zeroHidden: ZERO_HIDDEN.byScore },
  "capped scores": { softcap: 0.7, scale: 2 },
  "grouped heads": { heads: [2, 1], causal: true },
  "heads that differ between ranks": {
    heads: [2, 1],
    said: [mul(2, chunk("sequence", 1, 1, "rank")), chunk("sequence", 1, 1, "rank")],
    causal: true,
  },
  "oldest opset": { opset: 13, mask: seeing([B, 1, SQ, SK]) },
  float64: { elem: "float64" },
};

test.each(Object.entries(forms))("in blocks: %s", async (_, options) => {
  expect(await difference({ ...all, ...options })).toBeLessThan(2e-6);
});

test("in blocks: float16", async () => {
  expect(await difference({ ...rows, ...THIN, elem: "float16", causal: true })).toBeLessThan(4e-3);
});

test("causal, with more queries than keys and fewer", async () => {
  for (const sizes of [
    [1, 3000, 400],
    [1, 400, 3000],
  ] as const)
    expect(await difference({ ...THIN, sizes, heads: [1, 1], causal: true })).toBeLessThan(2e-6);
});

/** The last token is behind every block of rows but the last. */
test.each([
  ["a value, causal", "v", { causal: true }],
  ["a key, causal", "k", { causal: true }],
  ["a value, added", "v", { causal: true, fillAt: FILL_AT.sum }],
  ["a key, added", "k", { causal: true, fillAt: FILL_AT.sum }],
  ["a key, mask replaced", "k", { causal: true, fillAt: FILL_AT.mask, mask: random(9, [1, 1100]) }],
] as const)("NaN or infinity behind a block reaches what it reaches in the model: %s", async (_, operand, options) => {
  for (const number of [NaN, Infinity, -Infinity]) {
    const edit: Case["edit"] = (inputs) =>
      (inputs[operand].data as Float32Array).set([number], inputs[operand].data.length - 2);
    expect(await difference({ ...rows, ...THIN, ...options, edit })).toBeLessThan(2e-6);
  }
});

test("scores that overflow behind a block reach what they reach in the model", async () => {
  const edit: Case["edit"] = ({ q, k }) => {
    const queries = q.data as Float32Array;
    queries.set(queries.map((x) => x * 20));
    // One number, so that no order of sums matters.
    const last = k.data.length - THIN.width![0];
    (k.data as Float32Array).fill(0, last).fill(3e38, last, last + 1);
  };
  const options: Case = { ...rows, ...THIN, scale: 1, causal: true, fillAt: FILL_AT.sum, edit };
  expect(await difference(options)).toBeLessThan(1e-5);
});

test("no softmax stands outside a block", () => {
  const { graph } = emitGraph(attention({ causal: true }).graph);
  const ops = graph.nodes.map(({ op }) => op);
  expect(ops).toContain("If");
  expect(ops).not.toContain("Softmax");
});
