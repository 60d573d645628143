/**
 * @file Attention in parts: the merge of two parts equals attention over all keys, whichever form a part takes; and which form is chosen. A
 * part in the kernel's form gives the mean of its logits where the explicit form gives their maximum.
 */
import { expect, test } from "vitest";
import { emitGraph } from "../../compiler/emit/emit.ts";
import { chunk, mul } from "../../compiler/expr/expr.ts";
import { given, outcome, parts } from "./parts.ts";

const KERNEL = [false, false];

test.each([
  ["equal parts", {}, 2e-6],
  [
    "heads that differ between ranks",
    { said: [chunk("sequence", 6, 2, "rank"), chunk("sequence", 6, 2, "rank")] },
    2e-6,
  ],
  ["half precision, in float32", { elem: "float16" }, 1e-3],
  ["grouped heads", { heads: [4, 2] }, 2e-6],
  [
    "grouped heads, some",
    { heads: [4, 2], said: [mul(2, chunk("sequence", 4, 2, "rank")), chunk("sequence", 4, 2, "rank")] },
    2e-6,
  ],
] as const)("without a logits matrix: %s", async (_, options, most) => {
  const { worst, explicit } = await outcome(options);
  expect(worst).toBeLessThan(most);
  expect(explicit).toEqual(KERNEL);
});

test.each([
  ["half precision, kept", { elem: "float16", fp32: false }, 1e-2],
  ["float64", { elem: "float64" }, 1e-7],
  ["a cap that no logit comes near", { softcap: 1000 }, 1e-5],
] as const)("only explicitly: %s", async (_, options, most) => {
  expect((await outcome(options)).worst).toBeLessThan(most);
  const ops = emitGraph(parts(given(options))).graph.nodes.map(({ op }) => op);
  expect(ops).not.toContain("MultiHeadAttention");
});

/** A float32 near 10000 has steps of 0.001: so much may a logit be off, and the result with it. */
const tolerance = (...logits: readonly number[]): number => 2e-6 + 4e-7 * Math.max(...logits.map(Math.abs));

test.each([0, 5, 15, 30, 45, 60].flatMap((peak) => [-10000, -50, 0, 100].map((shift) => [peak, shift] as const)))(
  "without a logits matrix: a logit stands out by %i, all shifted by %i",
  async (peak, shift) => {
    const { worst, explicit } = await outcome({ peaks: [peak, peak], shifts: [shift, shift] });
    expect(worst).toBeLessThan(tolerance(peak + shift, shift));
    // Near 10000 a mean and a maximum of like logits are one number.
    if (peak > 0) expect(explicit).toEqual(KERNEL);
  },
);

test.each([80, 120, 200, 1000].flatMap((peak) => [-10000, 0, 100].map((shift) => [peak, shift] as const)))(
  "explicitly, where the weight of the mean vanishes: a logit stands out by %i, all shifted by %i",
  async (peak, shift) => {
    const { worst, explicit } = await outcome({ peaks: [peak, 0], shifts: [shift, shift + 1] });
    expect(worst).toBeLessThan(tolerance(peak + shift, shift));
    expect(explicit[0]).toBe(true);
  },
);

test.each([
  [0, 30],
  [30, 0],
  [0, 100],
  [-100, 0],
  [-10000, 100],
  [100, 50],
])("parts shifted apart: %i and %i", async (...shifts) => {
  expect((await outcome({ shifts })).worst).toBeLessThan(tolerance(...shifts));
  expect((await outcome({ shifts, peaks: [20, 90] })).worst).toBeLessThan(tolerance(...shifts, 190));
});

test.each([
  ["one key each", [2, 5, 1, 1]],
  ["one query", [1, 1, 3, 4]],
  ["no key in the first part", [2, 5, 0, 7]],
  ["no key in the second part", [2, 5, 9, 0]],
  ["no query", [2, 0, 3, 4]],
] as const)("%s", async (_, sizes) => {
  for (const shift of [-10000, -200, 0, 100]) {
    const { worst } = await outcome({ sizes, shifts: [shift, shift] });
    expect(worst).toBeLessThan(tolerance(shift));
  }
});

test("a query that is no number spoils its own row only", async () => {
  const { worst, explicit } = await outcome({ nanQuery: true });
  expect(worst).toBeLessThan(2e-6);
  expect(explicit).toEqual([true, true]);
});
