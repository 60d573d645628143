/**
 * @file The edges of a cut: the laws that hold for every cut, and chunks found again in differences of edges.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  atMost,
  chunk,
  evaluate,
  exactDiv,
  max,
  min,
  mul,
  show,
  start,
  sub,
  type Cut,
  type Expr,
} from "../../compiler/expr/expr.ts";

/** Every cut is possible: edges by arbitrary proportions. */
const cuts: fc.Arbitrary<Cut> = fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }).map((weights): Cut => {
  return (_, length, parts, index) => {
    const upTo = (end: number): number => weights.slice(0, end).reduce((a, b) => a + b + 1, 0);
    return Math.floor((length * upTo(index)) / upTo(parts));
  };
});

const lengths = fc.constantFrom<Expr>("img", 24, add("img", "txt"), mul(2, "img"));
const parts = fc.integer({ min: 2, max: 8 });

describe("what holds for every cut is known without one", () => {
  test("the first edge is 0, the last the length, and one chunk is all of it", () => {
    expect(start("sequence", "img", 4, 0)).toBe(0);
    expect(start("sequence", "img", 4, 4)).toBe("img");
    expect(start("sequence", 0, 4, "rank")).toBe(0);
    expect([start("sequence", "img", 1, 0), chunk("sequence", "img", 1, "rank")]).toEqual([0, "img"]);
  });

  test("the chunks of all ranks are the length, those of neighbours one stretch", () => {
    fc.assert(
      fc.property(lengths, parts, (length, n) => {
        const chunks = Array.from({ length: n }, (_, i) => chunk("sequence", length, n, i));
        expect(add(0, ...chunks)).toEqual(add(length));
        const [a, b] = [chunk("sequence", length, n, "rank"), chunk("sequence", length, n, add("rank", 1))];
        expect(add(a, b)).toEqual(
          sub(start("sequence", length, n, add("rank", 2)), start("sequence", length, n, "rank")),
        );
        expect(add(start("sequence", length, n, "rank"), a)).toEqual(start("sequence", length, n, add("rank", 1)));
      }),
    );
  });

  test("edges do not fall, and lie between 0 and the length", () => {
    const at = (index: Expr): Expr => start("sequence", "img", 4, index);
    const own = chunk("sequence", "img", 4, "rank");
    expect(atMost(0, own)).toBe(true);
    expect(atMost(at("rank"), at(add("rank", 2)))).toBe(true);
    expect(atMost(at(add("rank", 2)), at("rank"))).toBe(false);
    expect(atMost(mul(8, own), mul(8, "img"))).toBe(true);
    expect(atMost("img", own)).toBe(false);
    expect([min(own, "img"), max(own, 0), max(at(1), at(3))]).toEqual([own, own, at(3)]);
    // Of another cut, or another length, nothing is known.
    expect(atMost(start("ulysses", "img", 4, 1), at(2))).toBe(false);
    expect(atMost(start("sequence", "txt", 4, 1), at(2))).toBe(false);
    // The same start on both sides, times lengths of which neither is known to be less.
    expect(atMost(mul(at(1), "txt"), mul(at(1), "batch"))).toBe(false);
  });

  test("chunks multiply and divide as lengths do", () => {
    const own = chunk("ulysses", 6, 2, "rank");
    expect(exactDiv(mul(own, 4, "batch"), mul(2, own))).toEqual(mul(2, "batch"));
    expect(exactDiv(mul(own, chunk("sequence", "img", 4, "rank")), own)).toEqual(chunk("sequence", "img", 4, "rank"));
  });

  test("the value is the same in every form", () => {
    fc.assert(
      fc.property(lengths, parts, fc.nat(7), fc.nat(40), cuts, (length, n, rank, img, cut) => {
        fc.pre(rank < n);
        const names = { img, txt: 7, rank };
        const own = evaluate(chunk("sequence", length, n, "rank"), names, cut);
        const edge = (index: number): number => cut("sequence", evaluate(length, names), n, index);
        expect(own).toBe(edge(rank + 1) - edge(rank));
        expect(evaluate(chunk("sequence", length, n, rank), names, cut)).toBe(own);
      }),
    );
  });
});

test("an edge has no value without a cut", () => {
  expect(() => evaluate(start("sequence", 24, 2, "rank"), { rank: 1 })).toThrow("no cut for start(24, 2, rank)");
});

describe("text", () => {
  test("names chunks where edges differ by one", () => {
    const own = chunk("sequence", "img", 4, "rank");
    expect(show(own)).toBe("chunk(img, 4, rank)");
    expect(show(mul(64, add(own, chunk("sequence", "txt", 4, "rank"))))).toBe(
      "64*chunk(img, 4, rank) + 64*chunk(txt, 4, rank)",
    );
    expect(show(mul(own, chunk("ulysses", 24, 2, "rank")))).toBe("chunk(img, 4, rank)*chunk(24, ulysses, rank)");
    expect([0, 1, 3].map((i) => show(chunk("sequence", "img", 4, i)))).toEqual([
      "chunk(img, 4, 0)",
      "chunk(img, 4, 1)",
      "chunk(img, 4, 3)",
    ]);
    expect(show(sub(start("sequence", "img", 4, add("rank", 2)), start("sequence", "img", 4, "rank")))).toBe(
      "chunk(img, 4, rank) + chunk(img, 4, rank + 1)",
    );
    expect(show(chunk("ulysses", 24, 2, 1))).toBe("chunk(24, ulysses, 1)");
    expect(show(chunk("sequence", add("img", "txt"), 2, 1))).toBe("chunk(img + txt, 2, 1)");
  });

  test("names edges elsewhere", () => {
    const at = (index: Expr): Expr => start("sequence", "img", 4, index);
    expect(show(add(at("rank"), "txt"))).toBe("txt + start(img, 4, rank)");
    expect(show(at(add("rank", 1)))).toBe("start(img, 4, rank + 1)");
  });
});
