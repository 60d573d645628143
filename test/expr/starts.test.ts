/**
 * @file Chunk starts are found in sums, and the result equals the sum.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { add, chunk, chunkStart, floorDiv, min, mul, show, type Expr } from "../../compiler/expr/expr.ts";
import { startIn, startText } from "../../compiler/expr/starts.ts";

const rests = fc.constantFrom<Expr>(0, 3, "txt", chunk("img", 4, "rank"), mul(2, "txt"), add("txt", -1));

test("a start beside anything is found, and its parts make the sum again", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Expr>("img", add("img", "txt")),
      fc.integer({ min: 2, max: 8 }),
      rests,
      (length, n, rest) => {
        const sum = add(chunkStart(length, n, "rank"), rest);
        const found = startIn(sum)!;
        expect(found).toEqual({ length, parts: n, index: "rank", rest });
        expect(add(chunkStart(found.length, found.parts, found.index), found.rest)).toEqual(sum);
      },
    ),
  );
});

test("what only looks like one is none", () => {
  for (const other of [min("rank", "img"), add("img", "rank"), add(min("rank", 3), "img"), floorDiv("img", 2), 7]) {
    expect(startIn(other)).toBeNull();
  }
});

test("it reads shorter", () => {
  const start = startIn(add(chunkStart("img", 4, "rank"), "txt"))!;
  expect(startText(start, show, "4, ")).toBe("start(img, 4, rank) + txt");
});
