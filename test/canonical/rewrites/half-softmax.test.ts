/**
 * @file A Softmax of half precision between casts to float32 and back, as models in mixed precision have it, is that of an attention; other casts
 * are not.
 */
import { expect, test } from "vitest";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import { int } from "../../../compiler/graph/attributes.ts";
import { elemCode } from "../../../compiler/graph/elements.ts";
import type { ElemType } from "../../../compiler/graph/types.ts";
import { numbersIn } from "../../../ort/tensors.ts";
import { random } from "../../support/graphs.ts";
import { pattern, type Pattern } from "./build.ts";
import { count, run } from "./check.ts";

const cast = (p: Pattern, x: string, elem: ElemType): string =>
  p.node("Cast", [x], { attributes: { to: int(elemCode(elem)) } });

const HEADS = ["B", 2, "S", 8] as const;

/** Attention of halves; `weigh` makes the weights from the scores. */
function attention(weigh: (p: Pattern, scores: string) => string) {
  const p = pattern();
  const [q, k, v] = ["q", "k", "v"].map((name) => cast(p, p.input(name, HEADS), "float16"));
  const scores = p.node("MatMul", [q!, p.transpose(k!, 0, 1, 3, 2)]);
  return p.build(cast(p, p.node("MatMul", [weigh(p, scores), v!]), "float32"));
}

test("is part of the attention", async () => {
  const before = attention((p, scores) => cast(p, p.softmax(cast(p, scores, "float32")), "float16"));
  const after = rewrite(before);
  expect([count(after, "Attention"), count(after, "Softmax")]).toEqual([1, 0]);
  const feeds = Object.fromEntries(["q", "k", "v"].map((name, i) => [name, random(i, [2, 2, 5, 8])]));
  const lengths = { B: 2, S: 5 };
  const [output = ""] = before.outputs;
  const [expected, actual] = [await run(before, feeds, lengths), await run(after, feeds, lengths)];
  const numbers = Array.from(numbersIn(actual[output]!));
  // Two units in the last place of a half.
  Array.from(numbersIn(expected[output]!)).forEach((x, i) => expect(Math.abs(numbers[i]! - x)).toBeLessThan(2e-3));
});

test.each<readonly [string, (p: Pattern, scores: string) => string]>([
  [
    "a mask that is added in float32",
    (p, s) => cast(p, p.softmax(p.node("Add", [cast(p, s, "float32"), p.input("mask", ["S", "S"])])), "float16"),
  ],
  [
    "weights that are read in float32 too",
    (p, s) => {
      const wide = p.softmax(cast(p, s, "float32"));
      return cast(p, p.node("Mul", [wide, cast(p, cast(p, wide, "float16"), "float32")]), "float16");
    },
  ],
])("stays a Softmax with %s", (_, weigh) => {
  const after = rewrite(attention(weigh));
  expect([count(after, "Attention"), count(after, "Softmax")]).toEqual([0, 1]);
});
