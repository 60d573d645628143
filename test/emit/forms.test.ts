/**
 * @file The forms of an attention: which sites the kernel without a logits matrix takes, and that its result is the model's where a mask is
 * a column of its keys, also for fully masked rows, NaN and infinities. Sites are small: no block is cut.
 */
import { describe, expect, test } from "vitest";
import { emitGraph } from "../../compiler/emit/emit.ts";
import { lowestOf } from "../../compiler/graph/elements.ts";
import { FILL_AT, ZERO_HIDDEN } from "../../compiler/ir/types.ts";
import { chunk, mul } from "../../compiler/expr/expr.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensor } from "../../ort/types.ts";
import { operatorsOf } from "../support/nested.ts";
import { random } from "../support/graphs.ts";
import { attention, difference } from "./site.ts";
import type { Case } from "./site.ts";

const LOWEST = lowestOf("float32");
const KEYS = 7;
const SAID = ["B", 1, 1, "Sk"] as const;

/** (2, 1, 1, 7): the first batch element hides every third key by `never`, the second none, or all. */
function keyMask(never: number, second: "none" | "all", elem: OrtElem = "float32"): OrtTensor {
  const shown = elem === "bool" ? 1 : 0;
  const numbers = Array.from({ length: 2 * KEYS }, (_, i) => {
    const hidden = i < KEYS ? i % 3 === 1 : second === "all";
    return hidden ? never : shown;
  });
  return ortTensor(elem, [2, 1, 1, KEYS], numbers);
}

const boolean = (second: "none" | "all"): OrtTensor => keyMask(0, second, "bool");
const opsOf = (options: Case): readonly string[] => emitGraph(attention(options).graph).graph.nodes.map(({ op }) => op);
const byKernel = (options: Case): boolean =>
  operatorsOf(emitGraph(attention(options).graph).graph).includes("MultiHeadAttention");

const columns: Readonly<Record<string, Case>> = {
  "additive numbers": { mask: random(9, [2, 1, 1, KEYS]) },
  "additive, one for each head": { mask: random(9, [2, 4, 1, KEYS]), maskSaid: ["B", 4, 1, "Sk"] },
  "additive, keys only": { mask: random(9, [KEYS]), maskSaid: ["Sk"] },
  "additive, one number": { mask: random(9, [1, 1]), maskSaid: [1, 1] },
  "additive, grouped heads": { mask: random(9, [2, 1, 1, KEYS]), heads: [4, 2] },
  "additive, grouped heads that differ between ranks": {
    mask: random(9, [2, 1, 1, KEYS]),
    heads: [4, 2],
    said: [mul(2, chunk("sequence", 4, 2, "rank")), chunk("sequence", 4, 2, "rank")],
  },
  "additive -inf": { mask: keyMask(-Infinity, "none") },
  "additive -inf, a batch element without a key": { mask: keyMask(-Infinity, "all") },
  "additive -inf, a batch element without a key, to zero": { mask: keyMask(-Infinity, "all"), nanToZero: true },
  "additive lowest, a batch element without a key": { mask: keyMask(LOWEST, "all") },
  "additive lowest, zero by the mask": { mask: keyMask(LOWEST, "all"), zeroHidden: ZERO_HIDDEN.byMask },
  "additive lowest, a large scale": { mask: keyMask(LOWEST, "all"), scale: 30 },
  "additive lowest, a small scale": { mask: keyMask(LOWEST, "all"), scale: 1e-3 },
  "additive NaN": { mask: keyMask(NaN, "none") },
  "additive +inf": { mask: keyMask(Infinity, "none") },
  boolean: { mask: boolean("none") },
  "boolean, a batch element without a key": { mask: boolean("all") },
  "boolean, a batch element without a key, to zero": { mask: boolean("all"), nanToZero: true },
  "boolean, zero by the mask": { mask: boolean("all"), zeroHidden: ZERO_HIDDEN.byMask, fillAt: FILL_AT.mask },
  "boolean, lowest instead": { mask: boolean("all"), fill: LOWEST },
  "boolean, added": { mask: boolean("all"), fill: -10, fillAt: FILL_AT.sum },
  "no queries": { mask: keyMask(-Infinity, "none"), sizes: [2, 0, KEYS] },
  "no batch": { mask: ortTensor("bool", [0, 1, 1, KEYS], []), sizes: [0, 5, KEYS] },
};

/** What is not a number in the operands, for the second batch element only. */
const poisons: Readonly<Record<string, NonNullable<Case["edit"]>>> = {
  "NaN in a query": ({ q }) => poison(q, 1, NaN),
  "+inf in a query": ({ q }) => poison(q, 1, Infinity),
  "-inf in a query": ({ q }) => poison(q, 1, -Infinity),
  "NaN in a key that is seen": ({ k }) => poison(k, 0, NaN),
  "NaN in a key that is hidden": ({ k }) => poison(k, 1, NaN, 0),
  "+inf in a key that is hidden": ({ k }) => poison(k, 1, Infinity, 0),
  "NaN in a value that is hidden": ({ v }) => poison(v, 1, NaN, 0),
  "-inf in a value that is seen": ({ v }) => poison(v, 0, -Infinity),
  "scores that exceed float32": ({ q, k }) => [q, k].forEach(({ data }) => (data as Float32Array).set(large(data))),
};

const large = (data: OrtTensor["data"]): Float32Array => Float32Array.from(data as Float32Array, (x) => x * 1e25);

/** One number of token `token`. */
function poison({ data, dims }: OrtTensor, token: number, number: number, batch = 1): void {
  const [, tokens, heads, size] = dims as [number, number, number, number];
  (data as Float32Array)[(batch * tokens + token) * heads * size + 2] = number;
}

describe("a mask of keys is a column of the kernel's keys", () => {
  test.each(Object.entries(columns))("%s", async (_, options) => {
    const said = { maskSaid: SAID, ...options };
    expect(byKernel(said)).toBe(true);
    expect(await difference(said)).toBeLessThan(4e-6);
  });
  const masks = Object.entries(columns).filter(([name]) => name.includes("without a key") || name.includes("lowest"));
  test.each(Object.entries(poisons))("%s", async (_, edit) => {
    for (const [name, options] of masks)
      expect([name, await difference({ maskSaid: SAID, ...options, edit })]).toEqual([name, expect.closeTo(0, 5)]);
  });
});

test.each([
  ["plain", {}],
  ["heads that differ between ranks", { said: ["h", "h"] }],
  ["another size of values", { width: [8, 6] }],
  ["grouped heads", { heads: [4, 2] }],
] as const)("the kernel takes %s", (_, options) => {
  expect(byKernel(options)).toBe(true);
  expect(opsOf(options)).not.toContain("If");
});

test.each([
  ["a mask whose rows are not known to be one", { mask: random(9, [2, 1, 1, KEYS]) }],
  ["a mask with rows", { mask: random(9, [5, KEYS]), maskSaid: ["Sq", "Sk"] }],
  ["a fill that discards scores and counts", { mask: boolean("all"), maskSaid: SAID, fill: -10000 }],
  ["zero by the score", { mask: boolean("all"), maskSaid: SAID, zeroHidden: ZERO_HIDDEN.byScore }],
  ["a causal pattern", { causal: true }],
  ["capped scores", { softcap: 5 }],
  ["float64", { elem: "float64" }],
  ["float16", { elem: "float16" }],
] as const)("the kernel does not take %s", async (_, options) => {
  expect(byKernel(options)).toBe(false);
  expect(await difference(options)).toBeLessThan("elem" in options && options.elem === "float16" ? 2e-3 : 2e-6);
});
