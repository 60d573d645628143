/**
 * @file Expressions: equal ones are equal data, values agree with plain arithmetic.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  atMost,
  equal,
  evaluate,
  exactDiv,
  floorDiv,
  max,
  min,
  mod,
  mul,
  show,
  sub,
  substitute,
  symbolsOf,
  type Expr,
} from "../../compiler/expr/expr.ts";

const lengths = { img: 96, txt: 40, batch: 2, rank: 1 };

/** An expression together with the number that it must have. */
interface Sample {
  readonly expr: Expr;
  readonly value: number;
}

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.integer({ min: -5, max: 50 }).map((n) => ({ expr: n, value: n })),
  fc.constantFrom("img", "txt", "batch").map((name) => ({ expr: name, value: lengths[name as keyof typeof lengths] })),
);

const sample: fc.Arbitrary<Sample> = fc.letrec<{ node: Sample }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .tuple(tie("node"), tie("node"), fc.constantFrom("+", "-", "*", "min", "max"))
      .map(([a, b, op]) => combine(a, b, op)),
    fc
      .tuple(tie("node"), fc.integer({ min: 1, max: 9 }))
      .map(([a, d]) => ({ expr: floorDiv(a.expr, d), value: Math.floor(a.value / d) })),
  ),
})).node;

function combine(a: Sample, b: Sample, op: string): Sample {
  if (op === "+") return { expr: add(a.expr, b.expr), value: a.value + b.value };
  if (op === "-") return { expr: sub(a.expr, b.expr), value: a.value - b.value };
  if (op === "*") return { expr: mul(a.expr, b.expr), value: a.value * b.value };
  if (op === "min") return { expr: min(a.expr, b.expr), value: Math.min(a.value, b.value) };
  return { expr: max(a.expr, b.expr), value: Math.max(a.value, b.value) };
}

describe("normal form", () => {
  it("is the same however a sum or product is written", () => {
    expect(equal(add("img", "txt"), add("txt", "img"))).toBe(true);
    expect(equal(mul(2, add("img", "txt")), add(mul(2, "txt"), "img", "img"))).toBe(true);
    expect(sub(add("img", "txt"), "txt")).toBe("img");
    expect(sub("img", "img")).toBe(0);
  });

  it("keeps the value", () => {
    fc.assert(
      fc.property(sample, ({ expr, value }) => {
        expect(evaluate(expr, lengths)).toBe(value + 0);
      }),
    );
  });

  it("does not take what is made of lengths for a length", () => {
    const negative = min(sub("txt", 200), 8);
    expect(atMost("img", add("img", negative))).toBe(false);
    expect(evaluate(min("img", add("img", negative)), lengths)).toBe(96 - 160);
  });

  it("keeps the value when lengths are put in one after the other", () => {
    fc.assert(
      fc.property(sample, ({ expr, value }) => {
        const partly = substitute(expr, new Map([["img", 96]]));
        expect(symbolsOf(partly)).not.toContain("img");
        expect(evaluate(partly, lengths)).toBe(value + 0);
      }),
    );
  });
});

describe("division", () => {
  it("is exact where every length allows it", () => {
    expect(exactDiv(mul("batch", add("img", "txt"), 32), mul("batch", 8))).toEqual(mul(4, add("img", "txt")));
    expect(exactDiv(mul("img", 3), mul("img", 2))).toBeNull();
    expect(exactDiv("img", "txt")).toBeNull();
    expect(exactDiv("img", 0)).toBeNull();
  });

  it("undoes a product", () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        fc.pre(!equal(a.expr, 0) && !equal(b.expr, 0));
        expect(exactDiv(mul(a.expr, b.expr), b.expr)).toEqual(a.expr);
      }),
    );
  });

  it("of what does not divide stays an expression", () => {
    expect(floorDiv("img", 2)).toEqual(["//", "img", 2]);
    expect(mod(mul(4, "img"), 2)).toBe(0);
    expect(mod(add(mul(4, "img"), 3), 2)).toBe(1);
    expect(mod(add(mod("img", 2), 2), 2)).toEqual(mod("img", 2));
  });

  it("divides multiples on their own, so that one extent has one form", () => {
    expect(floorDiv(add(mul(4, "img"), 3), 4)).toBe("img");
    expect(add(floorDiv(sub("img", 2), 2), 1)).toEqual(floorDiv("img", 2));
    expect(add(floorDiv(sub("img", 1), 2), 1)).toEqual(floorDiv(add("img", 1), 2));
    expect(floorDiv(mul(-3, "img"), 2)).toEqual(add(mul(-2, "img"), floorDiv("img", 2)));
    expect(floorDiv(add(mul(4, "img"), mod("txt", 4)), 4)).toBe("img");
    expect(mod(add(mul(4, "img"), 3), 4)).toBe(3);
    expect(mod(add(mul(4, "img"), mod("txt", 4)), 4)).toEqual(mod("txt", 4));
    expect(mod(add("img", 4), 4)).toEqual(["%", "img", 4]);
  });
});

describe("order", () => {
  it("is known where no length can break it", () => {
    expect(atMost("txt", add("img", "txt"))).toBe(true);
    expect(atMost(0, "img")).toBe(true);
    expect(atMost("img", "txt")).toBe(false);
    expect(min("txt", add("txt", "img"))).toBe("txt");
    expect(max(0, "img")).toBe("img");
    expect(max("img", min(32, "img"))).toBe("img");
    expect(min(max("txt", 4), 4)).toBe(4);
  });

  // The start of a slice from the end, as exporters write it: 1 - min(1, max(0, 1 - txt)) rows of a row.
  it("tells smaller and larger ones apart", () => {
    for (const rows of [1, 40]) {
      const start = sub(rows, min(rows, max(0, sub(rows, "txt"))));
      expect(max("txt", start)).toBe("txt");
      expect(min("txt", start)).toEqual(start);
      expect(atMost(1, start)).toBe(false);
    }
    expect(atMost(max("img", "txt"), add("img", "txt"))).toBe(true);
    expect(atMost(min("img", "txt"), "img")).toBe(true);
    expect(atMost("img", min("img", "txt"))).toBe(false);
    expect(atMost(mul("img", max(0, sub(1, "txt"))), "img")).toBe(true);
  });

  it("holds for all lengths", () => {
    const part = fc.letrec<{ any: Expr; sum: Expr }>((tie) => ({
      sum: fc
        .tuple(fc.constantFrom("img", "txt"), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }))
        .map(([name, by, more]) => add(mul(by, name), more)),
      any: fc.oneof(
        { maxDepth: 3 },
        tie("sum"),
        fc.tuple(fc.constantFrom(min, max, add, sub), tie("any"), tie("any")).map(([op, a, b]) => op(a, b)),
      ),
    })).any;
    fc.assert(
      fc.property(part, part, (a, b) => {
        fc.pre(atMost(a, b));
        for (const img of [0, 1, 2, 5]) {
          for (const txt of [0, 1, 3, 7])
            expect(evaluate(a, { img, txt })).toBeLessThanOrEqual(evaluate(b, { img, txt }));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("text", () => {
  it("reads as one writes", () => {
    expect(show(add("img", "txt"))).toBe("img + txt");
    expect(show(sub("img", 1))).toBe("img - 1");
    expect(show(mul(2, add("img", 1)))).toBe("2*img + 2");
    expect(show(floorDiv(add("img", 1), 2))).toBe("(img + 1) // 2");
  });
});

it("a name that every object has is no length", () => {
  expect(() => evaluate("constructor", {})).toThrow("no value for the length constructor");
});
