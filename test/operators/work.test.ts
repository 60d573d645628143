/**
 * @file Floating-point work of nodes, and the share of a graph's work that some nodes have.
 */
import { expect, test } from "vitest";
import type { CanonicalNode, ValueShape } from "../../compiler/ir/types.ts";
import { CP } from "../../compiler/ir/types.ts";
import { show, type Expr } from "../../compiler/expr/expr.ts";
import { shareOfWork, workOf } from "../../compiler/operators/work.ts";
import { canonical, canonicalNode, shape } from "../support/graphs.ts";

function work(node: CanonicalNode, shapes: Readonly<Record<string, readonly Expr[]>>): string {
  const known = new Map<string, ValueShape>(
    Object.entries(shapes).map(([name, dims]) => [name, shape("float32", ...dims)]),
  );
  const found = workOf(node, { shapes: known, integers: new Map(), constants: new Map() });
  return found === null ? "unknown" : show(found);
}

const kernel = { group: { kind: "int", value: 4 } } as const;

test.each<[string, CanonicalNode, Readonly<Record<string, readonly Expr[]>>, string]>([
  ["a product", canonicalNode("MatMul", ["x", "w"], ["y"]), { x: [1, "n", 8], w: [8, 16] }, "256*n"],
  ["a batched product", canonicalNode("MatMul", ["x", "w"], ["y"]), { x: [3, "n", 8], w: [3, 8, 2] }, "96*n"],
  ["rows and a bias", canonicalNode("Gemm", ["x", "w", "b"], ["y"]), { x: ["n", 8], w: [8, 4], b: [4] }, "64*n"],
  [
    "kernels of one channel",
    canonicalNode("Conv", ["x", "w"], ["y"], { attributes: kernel }),
    { x: [1, 4, "n", 9], w: [4, 1, 3, 3], y: [1, 4, "n", 9] },
    "648*n",
  ],
  [
    "packed weights",
    canonicalNode("MatMulNBits", ["x", "w"], ["y"], { domain: "com.microsoft" }),
    { x: ["n", 32], w: [4, 1, 16], y: ["n", 4] },
    "256*n",
  ],
  [
    "attention",
    canonicalNode("Attention", ["q", "k", "v"], ["y"], { domain: CP }),
    { q: [1, "n", 2, 8], k: [1, "m", 2, 8], v: [1, "m", 2, 4] },
    "48*m*n",
  ],
  ["memory only", canonicalNode("Add", ["x", "x"], ["y"]), { x: [1, "n", 8] }, "0"],
  ["unknown operands", canonicalNode("MatMul", ["x", "w"], ["y"]), { x: [1, "n", 8] }, "unknown"],
])("%s", (_, node, shapes, expected) => {
  expect(work(node, shapes)).toBe(expected);
});

test("the share of split nodes, at lengths", () => {
  const graph = canonical({
    inputs: { x: shape("float32", "n", 8), w: shape("float32", 8, 8), t: shape("float32", 1, 8) },
    outputs: ["y", "z"],
    nodes: [canonicalNode("MatMul", ["x", "w"], ["y"]), canonicalNode("MatMul", ["t", "w"], ["z"])],
  });
  const ofRows = ({ outputs }: CanonicalNode): boolean => outputs.includes("y");
  expect(shareOfWork(graph, ofRows, { n: 3 })).toBeCloseTo(0.75);
  expect(shareOfWork(graph, ofRows, { n: 99 })).toBeCloseTo(0.99);
  expect(shareOfWork({ ...graph, nodes: [] }, ofRows, { n: 3 })).toBe(1);
});
