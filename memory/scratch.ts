/**
 * @file Memory that ONNX Runtime's kernels on the CPU take while they compute, besides operands and results. Kernels that are not listed
 * take a negligible amount. Knows no graph.
 */
import type { Node } from "../compiler/graph/types.ts";
import { computedBytes, isHalf } from "./sizes.ts";
import type { TensorShape } from "./sizes.ts";

type Operands = readonly (TensorShape | undefined)[];

/** Bytes, of operands and results with their shapes. `operands` without constants, which are converted once. */
export function scratchOf(node: Node, operands: Operands, results: Operands): number {
  return (kernels[`${node.domain}.${node.op}`]?.(node, operands) ?? 0) + converted(node, [...operands, ...results]);
}

/** Operators that move elements, of any type. */
const MOVES: ReadonlySet<string> = new Set([
  "Cast",
  "Concat",
  "Constant",
  "Expand",
  "Flatten",
  "Gather",
  "Identity",
  "If",
  "Loop",
  "Pad",
  "Reshape",
  "Slice",
  "Split",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);

/** The copies in float32 of what is half precision: a kernel that computes has no other. */
function converted({ op, domain }: Node, values: Operands): number {
  if (domain === "" && MOVES.has(op)) return 0;
  return values.reduce((sum, shape) => sum + (shape !== undefined && isHalf(shape) ? computedBytes(shape) : 0), 0);
}

const kernels: Readonly<Record<string, (node: Node, operands: Operands) => number>> = {
  // Queries, keys and values by head; a bias or a mask also needs the logits.
  "com.microsoft.MultiHeadAttention": (node, operands) =>
    byHead(operands) + (node.inputs.slice(3).some((name) => name !== "") ? logits(node, operands) : 0),
  "com.microsoft.GroupQueryAttention": (node, operands) => byHead(operands) + logits(node, operands),
  ".Gelu": ({ attributes }, [x]) => {
    const approximate = attributes["approximate"];
    return x !== undefined && approximate?.kind === "string" && approximate.value === "tanh" ? computedBytes(x) : 0;
  },
  ".Attention": (node, operands) => byHead(operands) + logits(node, operands),
};

function byHead(operands: Operands): number {
  return operands.slice(0, 3).reduce((sum, shape) => sum + (shape === undefined ? 0 : computedBytes(shape)), 0);
}

/** (B, heads, Sq, Sk). Operands are (B, S, heads * D), or (B, heads, S, D). */
function logits({ attributes }: Node, [q, k]: Operands): number {
  if (q === undefined || k === undefined) return 0;
  const stated = attributes["num_heads"] ?? attributes["q_num_heads"];
  const heads = stated?.kind === "int" ? stated.value : q.dims.length === 4 ? q.dims[1]! : 1;
  const rows = (shape: TensorShape): number => shape.dims.at(-2)!;
  return computedBytes({ elem: q.elem, dims: [q.dims[0]!, heads, rows(q), rows(k)] });
}
