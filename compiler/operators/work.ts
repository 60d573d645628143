/**
 * @file Floating-point work: that of a node, by its factor map, and the share of a graph's work that ranks divide. Knows no layout: the caller
 * says which nodes are split.
 */
import { add, evaluate, mul, symbolsOf, withinLimits, type Expr } from "../expr/expr.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../ir/types.ts";
import { factorsOf } from "./factors.ts";
import { viewOf } from "./infer.ts";

type Known = Pick<CanonicalGraph, "shapes" | "integers" | "constants">;

/** Operators whose rules keep what they sum over `along`, since it cannot be split: their kernels are counted by their weights. */
export const CONVOLUTIONS: ReadonlySet<string> = new Set([
  "Conv",
  "ConvInteger",
  "ConvTranspose",
  "FusedConv",
  "QLinearConv",
]);
const PACKED: ReadonlySet<string> = new Set(["MatMulBnb4", "MatMulNBits"]);
const PRODUCTS: ReadonlySet<string> = new Set([
  "DynamicQuantizeMatMul",
  "Einsum",
  "FusedGemm",
  "FusedMatMul",
  "Gemm",
  "MatMul",
  "MatMulInteger",
  "MatMulIntegerToFloat",
  "QGemm",
  "QLinearMatMul",
]);

/**
 * Additions and multiplications of products, convolutions and attention; 0 for all other operators, which are limited by memory. `null`
 * where a shape is not known.
 */
export function workOf(node: CanonicalNode, known: Known): Expr | null {
  const dims = (name: string | undefined): readonly Expr[] => known.shapes.get(name ?? "")?.dims ?? [];
  const [first, second, third] = node.inputs;
  return withinLimits(() => {
    if (node.domain === CP && node.op === "Attention") {
      const [b = 1, rows = 1, heads = 1, size = 1] = dims(first);
      const [, keys = 1] = dims(second);
      const pairs = mul(b, heads, rows, keys);
      return mul(2, pairs, add(size, dims(third)[3] ?? size));
    }
    if (CONVOLUTIONS.has(node.op)) {
      // Each element of the result, or of the operand of a transposed one, meets one kernel of all its channels.
      const rows = node.op === "ConvTranspose" ? dims(first) : dims(node.outputs[0]);
      const weights = node.op === "QLinearConv" ? node.inputs[3] : second;
      return mul(2, ...rows, ...dims(weights).slice(1));
    }
    if (PACKED.has(node.op)) return mul(2, ...dims(node.outputs[0]), dims(first).at(-1) ?? 1);
    if (!PRODUCTS.has(node.op)) return 0;
    const map = factorsOf(viewOf(node, { ...known, declared: () => null }));
    return map === null ? null : mul(2, ...map.factors.map(({ size }) => size));
  });
}

/**
 * Share of the work, from 0 to 1, that is in nodes for which `isSplit` holds, at these lengths. 1 for a graph without products. Nodes whose
 * shape is not known, or depends on data, do not count.
 */
export function shareOfWork(
  graph: CanonicalGraph,
  isSplit: (node: CanonicalNode) => boolean,
  lengths: Readonly<Record<string, number>>,
): number {
  let all = 0;
  let split = 0;
  for (const node of graph.nodes) {
    const work = workOf(node, graph);
    if (work === null || work === 0 || !symbolsOf(work).every((name) => Object.hasOwn(lengths, name))) continue;
    const count = evaluate(work, lengths);
    all += count;
    if (isSplit(node)) split += count;
  }
  return all === 0 ? 1 : split / all;
}
