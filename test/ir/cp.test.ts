/**
 * @file The operators of the `cp` domain: operands and attributes read back as they were written.
 */
import { expect, test } from "vitest";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import {
  asCp,
  cpOf,
  fillAttributes,
  finishAttributes,
  partAttributes,
  plannedAttributes,
} from "../../compiler/ir/cp.ts";
import { CP, type CanonicalNode } from "../../compiler/ir/types.ts";

function node(op: string, more: Partial<CanonicalNode> = {}): CanonicalNode {
  return { name: "n", op, domain: CP, inputs: ["a", "b", "c"], outputs: ["y"], attributes: {}, scope: "", ...more };
}

test("an attention without attributes has their defaults", () => {
  const read = asCp(node("Attention"), "Attention");
  expect(read).toMatchObject({ q: "a", k: "b", v: "c", mask: null, result: "y" });
  expect(read).toMatchObject({ scale: 1, softcap: 0, causal: false, nanToZero: false });
});

test("a part has the attributes of its attention, without the causal pattern", () => {
  const attention = { scale: { kind: "float", value: 0.5 }, causal: { kind: "int", value: 1 } } as const;
  const attributes = partAttributes(attention, true, false);
  const part = node("AttentionPart", { inputs: ["q", "k", "v", "m"], outputs: ["o", "x", "s"], attributes });
  expect(asCp(part, "AttentionPart")).toMatchObject({ scale: 0.5, causal: false, fp32: true, mayBeEmpty: false });
  expect(asCp(part, "AttentionPart")).toMatchObject({ mask: "m", result: { out: "o", max: "x", sum: "s" } });
});

test("the end of a merge, a fill and a planned split", () => {
  const attributes = finishAttributes({ nan_to_zero: { kind: "int", value: 1 } }, "float16");
  expect(cpOf(node("AttentionFinish", { attributes }))).toMatchObject({
    part: { out: "a", max: "b", sum: "c" },
    nanToZero: true,
    elem: "float16",
  });
  const value = tensorFromNumbers("float32", [1], [7]);
  expect(asCp(node("Fill", { attributes: fillAttributes(value) }), "Fill")).toMatchObject({ shape: "a", value });
  const shard = node("Shard", { attributes: plannedAttributes(2, 5) });
  expect(cpOf(shard)).toMatchObject({ op: "Shard", value: "a", result: "y", axis: 2, binding: 5 });
});

test("other domains are no operation, other names of the domain a mistake of ours", () => {
  expect(cpOf(node("Attention", { domain: "" }))).toBeNull();
  expect(asCp(node("Gather", { domain: "" }), "Gather")).toBeNull();
  expect(asCp(undefined, "Fill")).toBeNull();
  expect(() => cpOf(node("Nope"))).toThrow("no operator cp.Nope");
});
