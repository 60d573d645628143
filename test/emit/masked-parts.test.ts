/**
 * @file Attention in parts with a mask: by the kernel where the mask does not depend on the query, else explicitly, in blocks where a part
 * has more logits than a block. The merge of two parts equals attention over all keys.
 */
import { describe, expect, test } from "vitest";
import { emitGraph } from "../../compiler/emit/emit.ts";
import { lowestOf } from "../../compiler/graph/elements.ts";
import { FILL_AT, ZERO_HIDDEN } from "../../compiler/ir/types.ts";
import { given, outcome, parts } from "./parts.ts";
import type { At, Case } from "./parts.ts";

const LOWEST = lowestOf("float32");
const some = ({ batch, key }: At): boolean => (key + batch) % 3 === 0;
const chunkOf = (of: 0 | 1) => (at: At) => at.of === of && at.batch === 1;
const everything = ({ batch }: At): boolean => batch === 1;

const hidden: Readonly<Record<string, (at: At) => boolean>> = {
  "some keys": some,
  "a whole chunk: the first": chunkOf(0),
  "a whole chunk: the second": chunkOf(1),
  everything,
};
const nevers = [-Infinity, LOWEST, -10000, -20];
const KERNEL = [false, false];

const byKernel = (options: Case): boolean =>
  emitGraph(parts(given(options))).graph.nodes.some(({ op }) => op === "MultiHeadAttention");

describe.each(Object.entries(hidden))("a mask of keys hides %s", (_, hides) => {
  test.each(nevers)("by %d, without a logits matrix", async (never) => {
    const options: Case = { mask: (at) => (hides(at) ? never : 0) };
    const { worst, explicit } = await outcome(options);
    // A float32 near 10000 has steps of 0.001.
    expect(worst).toBeLessThan(never === -10000 ? 1e-3 : 4e-6);
    expect(byKernel(options)).toBe(true);
    if (hides === some) expect(explicit).toEqual(KERNEL);
  });

  test("by false", async () => {
    const options: Case = { boolean: true, mask: (at) => (hides(at) ? 0 : 1) };
    const fills = [{}, { fill: LOWEST }, { fill: -20, fillAt: FILL_AT.sum }, { nanToZero: true }];
    for (const form of [...fills, { zeroHidden: ZERO_HIDDEN.byMask, fillAt: FILL_AT.mask }]) {
      expect(byKernel({ ...options, form })).toBe(true);
      expect((await outcome({ ...options, form })).worst).toBeLessThan(4e-6);
    }
  });
});

test.each([
  ["numbers", { mask: ({ key }: At) => Math.sin(key) }],
  ["numbers far apart", { mask: ({ of, key }: At) => of * 100 - 7 * key }],
  ["grouped heads", { heads: [4, 2], mask: ({ key }: At) => Math.sin(key) }],
  ["no key in a part", { sizes: [2, 5, 0, 7], mask: ({ key }: At) => Math.sin(key) }],
  ["no query", { sizes: [2, 0, 3, 7], mask: ({ key }: At) => Math.sin(key) }],
  ["NaN", { mask: ({ key, batch }: At) => (key === 1 && batch === 1 ? NaN : 0) }],
  ["+inf", { mask: ({ key, batch }: At) => (key === 1 && batch === 1 ? Infinity : 0) }],
  ["half precision", { elem: "float16", mask: (at: At) => (some(at) ? -65504 : 0) }],
] as const)("a mask of keys: %s", async (_, options) => {
  expect((await outcome(options)).worst).toBeLessThan("elem" in options ? 1e-3 : 2e-5);
});

const put = (data: unknown, index: number, number: number): void => void (data as Float32Array).set([number], index);

/** Poisons of the second batch element: its first key of a part is hidden, its second seen. */
test.each([
  ["NaN in a hidden key", (x) => put(x.a.k.data, x.a.k.data.length / 2 + 3, NaN)],
  ["-inf in a hidden key", (x) => put(x.a.k.data, x.a.k.data.length / 2 + 3, -Infinity)],
  ["NaN in a hidden value", (x) => put(x.a.v.data, x.a.v.data.length / 2 + 3, NaN)],
  ["+inf in a query", (x) => put(x.q.data, x.q.data.length - 3, Infinity)],
] as const satisfies readonly (readonly [string, NonNullable<Case["edit"]>])[])("%s", async (_, edit) => {
  const hides = ({ batch, key }: At): boolean => batch === 1 && key === 0;
  for (const never of [-Infinity, LOWEST])
    expect((await outcome({ edit, mask: (at) => (hides(at) ? never : 0) })).worst).toBeLessThan(4e-6);
  for (const form of [{}, { fill: LOWEST }, { nanToZero: true }])
    expect((await outcome({ edit, form, boolean: true, mask: (at) => (hides(at) ? 0 : 1) })).worst).toBeLessThan(4e-6);
});

/** The hidden scores and the fill add up to the score of the key that is seen. */
test("hidden scores near the largest number are discarded as in the model", async () => {
  const edit: Case["edit"] = ({ q, a, b }) => {
    (q.data as Float32Array).fill(1);
    for (const { k } of [a, b]) {
      const [, tokens = 0, heads = 0, size = 0] = k.dims;
      const seen = (i: number): number => [-(2 ** 127), 2 ** 106][i % size] ?? 0;
      const isSeen = (i: number): boolean => Math.floor(i / (heads * size)) % tokens === 0;
      const data = k.data as Float32Array;
      data.set(data.map((_, i) => (isSeen(i) ? seen(i) : i % size < 7 ? 2 ** 127 : 0)));
    }
  };
  const options: Case = { edit, boolean: true, mask: ({ key }) => (key === 0 ? 1 : 0), form: { fill: LOWEST } };
  expect(byKernel(options)).toBe(true);
  expect((await outcome(options)).worst).toBeLessThan(4e-6);
});

const LARGE = { sizes: [1, 700, 1600, 20], heads: [1, 1] } as const satisfies Case;
const rows = ({ row, key }: At): boolean => row % 7 === 6 || (row * 31 + key) % 4 === 0;

test.each([
  ["a mask of rows", { rows: true, mask: (at) => (rows(at) ? -Infinity : Math.sin(at.key)) }],
  ["a boolean mask of rows", { rows: true, boolean: true, mask: (at) => (rows(at) ? 0 : 1) }],
  [
    "a boolean mask of rows, to zero",
    { rows: true, boolean: true, mask: (at) => (rows(at) ? 0 : 1), form: { nanToZero: true } },
  ],
  ["capped scores", { softcap: 0.8 }],
  ["capped scores, grouped heads", { softcap: 0.8, heads: [2, 1] }],
  ["a score that stands out", { peaks: [200, 0] }],
  ["a score that stands out, grouped heads", { peaks: [200, 0], heads: [2, 1] }],
  ["a score that stands out, a mask of keys", { peaks: [200, 0], mask: ({ key }) => Math.sin(key) }],
] as const satisfies readonly (readonly [string, Case])[])("explicitly, in blocks: %s", async (_, options) => {
  const { worst, explicit } = await outcome({ ...LARGE, ...options });
  expect(worst).toBeLessThan("peaks" in options ? 1e-4 : 4e-6);
  if ("peaks" in options) expect(explicit[0]).toBe(true);
  else expect(byKernel(options)).toBe(false);
});

test("a part in blocks has no exponentials outside a block", () => {
  const { nodes } = emitGraph(parts(given({ softcap: 0.8 }))).graph;
  expect(nodes.filter(({ op }) => op === "If")).toHaveLength(2);
});
