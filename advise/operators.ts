/**
 * @file What one operator computes: floating-point operations of products and of attention, and bytes that other operators read and write.
 * Knows no graph.
 */
import { elemBytes, sizeOf } from "../compiler/graph/elements.ts";
import type { Node } from "../compiler/graph/types.ts";
import type { TensorShape } from "../memory/sizes.ts";

export interface Computation {
  /** Floating-point operations of products with weights. */
  readonly products: number;
  /** Those of attention: products of two activations, and kernels. */
  readonly attention: number;
  /** Bytes that the other operators read and write. */
  readonly bytes: number;
}

export const NOTHING: Computation = { products: 0, attention: 0, bytes: 0 };

export function plus(a: Computation, b: Computation): Computation {
  return { products: a.products + b.products, attention: a.attention + b.attention, bytes: a.bytes + b.bytes };
}

type Shapes = readonly (TensorShape | undefined)[];

export interface Values {
  readonly operands: Shapes;
  readonly results: Shapes;
  /** Whether each operand is a constant of the piece. */
  readonly constant: readonly boolean[];
}

export function computationOf(node: Node, values: Values): Computation {
  const rule = rules[`${node.domain}.${node.op}`];
  return rule === undefined ? { ...NOTHING, bytes: readAndWritten(values) } : rule(node, values);
}

type Rule = (node: Node, values: Values) => Computation;

const free: Rule = () => NOTHING;
/** Reads what it writes, however large its operands are. */
const moved: Rule = (_, { results }) => ({ ...NOTHING, bytes: 2 * bytesOfAll(results) });

const rules: Readonly<Partial<Record<string, Rule>>> = {
  ".Constant": free,
  ".Flatten": free,
  ".Identity": free,
  ".If": free,
  ".Loop": free,
  ".Reshape": free,
  ".Shape": free,
  ".Squeeze": free,
  ".Unsqueeze": free,
  ".Concat": moved,
  ".Expand": moved,
  ".Gather": moved,
  ".Pad": moved,
  ".Slice": moved,
  ".Split": moved,
  ".Transpose": moved,
  ".MatMul": (_, values) => {
    const [left] = values.operands;
    const operations = 2 * sizeOfAll(values.results) * (left?.dims.at(-1) ?? 0);
    const weights = values.constant.some(Boolean) || (left?.dims.length ?? 0) < 3;
    return { ...NOTHING, [weights ? "products" : "attention"]: operations };
  },
  ".Gemm": ({ attributes }, { operands: [left], results }) => {
    const turned = attributes["transA"];
    const inner = left?.dims.at(turned?.kind === "int" && turned.value === 1 ? 0 : -1) ?? 0;
    return { ...NOTHING, products: 2 * sizeOfAll(results) * inner };
  },
  // A kernel has (out, in of its group, extents): each element of the result takes one of its out parts.
  ".Conv": (_, { operands: [, kernel], results }) => {
    const inner = kernel === undefined ? 0 : sizeOf(kernel.dims.slice(1));
    return { ...NOTHING, products: 2 * sizeOfAll(results) * inner };
  },
  "com.microsoft.MultiHeadAttention": kernelOf,
  "com.microsoft.GroupQueryAttention": kernelOf,
  ".Attention": kernelOf,
};

/** Operands are (B, S, heads * D), or (B, heads, S, D): each query of each head meets each key twice, with D and with Dv. */
function kernelOf(_: Node, values: Values): Computation {
  const [q, k] = values.operands;
  const keys = k?.dims.at(-2) ?? 0;
  const operations = 2 * keys * ((q === undefined ? 0 : sizeOf(q.dims)) + sizeOfAll(values.results.slice(0, 1)));
  return { ...NOTHING, attention: operations, bytes: readAndWritten(values) };
}

function readAndWritten({ operands, results }: Values): number {
  return bytesOfAll(operands) + bytesOfAll(results);
}

function bytesOfAll(shapes: Shapes): number {
  return shapes.reduce((sum, shape) => sum + (shape === undefined ? 0 : elemBytes(shape.elem) * sizeOf(shape.dims)), 0);
}

function sizeOfAll(shapes: Shapes): number {
  return shapes.reduce((sum, shape) => sum + (shape === undefined ? 0 : sizeOf(shape.dims)), 0);
}
