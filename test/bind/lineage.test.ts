/**
 * @file Which inputs a value comes from where streams are concatenated and separated again.
 */
import { expect, test } from "vitest";
import { lineageOf } from "../../compiler/bind/boundaries/lineage.ts";
import { indexOf } from "../../compiler/ir/graph-index.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { pattern, type Pattern } from "../canonical/rewrites/build.ts";

/** Text of 3 and a picture, joined along axis 1, with positions added. */
function joined(p: Pattern): string {
  const streams = [p.input("text", ["B", 3, 8]), p.input("img", ["B", 5, 8])];
  const joint = p.node("Concat", streams, { attributes: { axis: int(1) } });
  return p.node("Cast", [p.node("Add", [joint, p.scalar(1, [1, 1, 1])])], { attributes: { to: int(1) } });
}

const cut = (p: Pattern, x: string, start: number, end: number, axis = 1): string =>
  p.node("Slice", [x, p.ints(start), p.ints(end), p.ints(axis)]);

test.each<readonly [string, (p: Pattern, x: string) => string, readonly string[]]>([
  ["a cut of the first stream", (p, x) => cut(p, x, 0, 3), ["text"]],
  ["a cut of the second, to the end", (p, x) => cut(p, x, 3, 2 ** 62), ["img"]],
  ["a cut counted from the last axis", (p, x) => cut(p, x, 3, 8, -2), ["img"]],
  ["a cut of both", (p, x) => cut(p, x, 0, 8), ["img", "text"]],
  ["a cut within a stream", (p, x) => cut(p, x, 0, 2), ["img", "text"]],
  ["a cut of another axis", (p, x) => cut(p, x, 0, 3, 2), ["img", "text"]],
  ["a cut behind a mixture", (p, x) => cut(p, p.transpose(p.transpose(x, 0, 2, 1), 0, 2, 1), 0, 3), ["img", "text"]],
  ["a cut behind an activation", (p, x) => cut(p, p.node("Sigmoid", [x]), 0, 3), ["text"]],
  [
    "a cut behind a softmax",
    (p, x) => cut(p, p.node("Softmax", [x], { attributes: { axis: int(1) } }), 0, 3),
    ["img", "text"],
  ],
  ["a split", (p, x) => p.nodes("Split", [x, p.ints(3, 5)], { attributes: { axis: int(1) }, outputs: 2 })[1]!, ["img"]],
  [
    "a split at another place",
    (p, x) => p.nodes("Split", [x, p.ints(4, 4)], { attributes: { axis: int(1) }, outputs: 2 })[1]!,
    ["img", "text"],
  ],
])("%s", (_, write, inputs) => {
  const p = pattern();
  const value = write(p, joined(p));
  const { ancestors, owner } = lineageOf(indexOf(p.build(value)));
  expect([...ancestors(value)].sort()).toEqual(inputs);
  expect(owner(value)).toBe(inputs.length === 1 ? inputs[0] : null);
});

test("what bounds a value is no content of it", () => {
  const p = pattern();
  const limit = p.input("limit", []);
  const value = p.node("Clip", [p.input("x", ["B", 3]), p.scalar(0, []), limit]);
  expect([...lineageOf(indexOf(p.build(value))).ancestors(value)]).toEqual(["x"]);
});

test("a stream stays its own behind additions of what both were mixed into", () => {
  const p = pattern();
  const x = joined(p);
  const [text, img] = [cut(p, x, 0, 3), cut(p, x, 3, 8)];
  const both = p.node("Concat", [text, img], { attributes: { axis: int(1) } });
  const mixed = p.node("ReduceMean", [both, p.ints(1)], { attributes: { keepdims: int(1) } });
  const next = p.node("Add", [img, p.node("Mul", [img, mixed])]);
  expect(lineageOf(indexOf(p.build(next))).owner(next)).toBe("img");
});
