/**
 * @file Lengths that the simulator chooses satisfy every equation of a sharded graph that can be satisfied.
 */
import { describe, expect, test } from "vitest";
import { add, evaluate, floorDiv, min, mod, mul, sub, type Expr } from "../../compiler/expr/expr.ts";
import { chooseLengths } from "../../program/choose-lengths.ts";

type Pair = readonly [Expr, Expr];

function chosen(dims: readonly string[], pairs: readonly Pair[], ulysses: number): Readonly<Record<string, number>> {
  const lengths = dims.map((name) => ({ name }));
  const equations = pairs.map(([left, right]) => ({ left, right }));
  const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: ulysses };
  return chooseLengths({ lengths, equations, mesh, batch: new Set() });
}

/** Tokens of a grid of which both sides are padded to a multiple of `step`, before or after they are halved. */
const padded = (x: Expr, step: number): Expr => floorDiv(add(x, mod(sub(step, mod(x, step)), step)), step);
const grid = (step: number): Pair => [
  mul(padded("h", step), padded("w", step)),
  mul(padded(floorDiv("h", 2), step / 2), padded(floorDiv("w", 2), step / 2)),
];

const systems: Readonly<Record<string, { readonly dims: readonly string[]; readonly pairs: readonly Pair[] }>> = {
  "no equation": { dims: ["txt", "img"], pairs: [] },
  "a chain of equal lengths": {
    dims: ["a", "b", "c", "d"],
    pairs: [
      ["a", "b"],
      ["b", "c"],
      ["d", "a"],
    ],
  },
  "a sum": { dims: ["txt", "img", "all"], pairs: [["all", add("txt", "img")]] },
  "a product": { dims: ["f", "h", "w", "t"], pairs: [[mul("f", floorDiv("h", 2), floorDiv("w", 2)), "t"]] },
  "two padded grids": { dims: ["h", "w"], pairs: [grid(8), grid(4)] },
  "a bound": { dims: ["a", "b", "txt"], pairs: [["txt", sub(min(20, add("txt", 6)), 6)]] },
  "even, and a third of another": {
    dims: ["a", "b"],
    pairs: [
      [mul(2, floorDiv("a", 2)), "a"],
      [mul(3, "a"), "b"],
    ],
  },
};

describe.each([1, 2, 4])("on %i ranks", (ranks) => {
  test.each(Object.entries(systems))("%s", (_, { dims, pairs }) => {
    const lengths = chosen(dims, pairs, ranks);
    for (const [left, right] of pairs) expect(evaluate(left, lengths)).toBe(evaluate(right, lengths));
    for (const name of dims) expect(lengths[name]).toBeGreaterThanOrEqual(ranks);
  });
});

test("lengths that nothing ties differ and do not divide", () => {
  expect(chosen(["txt", "img", "past"], [], 4)).toEqual({ txt: 13, img: 18, past: 23 });
});

test("what no lengths can hold stays broken, and the rest holds", () => {
  const lengths = chosen(
    ["a", "b", "c"],
    [
      ["a", add("a", 1)],
      ["b", "c"],
    ],
    2,
  );
  expect(lengths["b"]).toBe(lengths["c"]);
});
