/**
 * @file The index of a canonical graph: producers, readers, nodes of modules, values that must stay, and tracing back from a value.
 */
import { expect, test } from "vitest";
import { behind, descendsFrom, indexOf } from "../../compiler/ir/graph-index.ts";
import { canonical, canonicalNode, shape } from "../support/graphs.ts";

const s = shape("float32", 2);
const graph = canonical({
  inputs: { x: s, z: s },
  outputs: ["y"],
  nodes: [
    canonicalNode("Relu", ["x"], ["a"], { scope: "blocks.0.attn" }),
    canonicalNode("Add", ["a", "a"], ["b"], { scope: "blocks.0" }),
    canonicalNode("Clip", ["b", "", "z"], ["y"], { scope: "blocks.1" }),
  ],
  shapes: { a: s, b: s, y: s },
});
const index = indexOf(graph);

test("who makes and who reads a value", () => {
  expect(index.producer("b")?.op).toBe("Add");
  expect(index.producer("x")).toBeUndefined();
  expect([index.position("a"), index.position("y"), index.position("x")]).toEqual([0, 2, -1]);
  expect(index.readers("a").map(({ node, operand }) => [node.op, operand])).toEqual([
    ["Add", 0],
    ["Add", 1],
  ]);
  expect(index.users("a").map(({ op }) => op)).toEqual(["Add"]);
  expect(index.readers("z").map(({ operand }) => operand)).toEqual([2]);
  expect(index.readers("y")).toEqual([]);
});

test("what a module holds, with the modules inside it", () => {
  const ops = (module: string): readonly string[] => index.inside(module).map(({ op }) => op);
  expect(ops("blocks.0")).toEqual(["Relu", "Add"]);
  expect(ops("blocks.0.attn")).toEqual(["Relu"]);
  expect(ops("")).toEqual(["Relu", "Add", "Clip"]);
  expect(ops("nowhere")).toEqual([]);
});

test("outputs stay, and each graph is indexed once", () => {
  expect(index.isKept("y")).toBe(true);
  expect(index.isKept("b")).toBe(false);
  expect(indexOf(graph)).toBe(index);
});

test("the way back from a value, as far as it is allowed", () => {
  expect(new Set(behind(["y"], index))).toEqual(new Set(["y", "b", "", "z", "a", "x"]));
  expect([...behind(["b"], index, (_, maker) => maker.op !== "Relu")]).toEqual(["b", "a"]);
  expect(descendsFrom("y", new Set(["x"]), index)).toBe(true);
  expect(descendsFrom("b", new Set(["z"]), index)).toBe(false);
});
