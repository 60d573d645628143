/**
 * @file Examples of notes on products that are no known attention, and on what other tools leave in a model.
 */
import { node } from "../../support/graphs.ts";
import type { Examples } from "../example.ts";
import { small } from "./shard.ts";

const PRODUCTS = {
  formula: "y = the mean over all rows of relu(q k^T) v",
  splits: { q: 2, k: 2, v: 2 },
  inputs: { q: [1, 4, "n", 8], k: [1, 4, "n", 8], v: [1, 4, "n", 8] },
  output: [1, 4, 1, 8],
  nodes: [
    node("Transpose", ["k"], ["kt"], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
    node("MatMul", ["q", "kt"], ["s"]),
    node("Relu", ["s"], ["p"]),
    node("MatMul", ["p", "v"], ["o"]),
    node("ReduceMean", ["o", "axes"], ["y"], { keepdims: { kind: "int", value: 1 } }),
  ],
  constants: { axes: [2] },
} as const;

const ints = (...value: readonly number[]) => ({ kind: "ints", value }) as const;

export const products: Examples = {
  CP4045: small(
    "Two products with something between them make no attention that the compiler knows, but all of it is independent for each head. Each rank is sent all rows of its heads and sends the rows of the result back, as Ulysses does for an attention.",
    PRODUCTS,
  ),
  CP4053: small(
    "Two products with something between them make no attention that the compiler knows, and heads cannot be spread: the mesh has a ring, or too many ranks. Each rank keeps its queries and is sent the keys and values of all others.",
    { ...PRODUCTS, options: "--ring-degree 2" },
  ),
  CP2535: small(
    "ONNX Runtime wrote its optimised model at the level ORT_ENABLE_ALL. Where such a node keeps what it reads whole, the plan is proven; the file still belongs to one kind of processor.",
    {
      formula: "y = a pooled by com.microsoft.nchwc.MaxPool",
      splits: { x: 1 },
      inputs: { a: [1, 16, 8, 8], x: [1, "n", 4] },
      outputs: ["b"],
      nodes: [
        {
          ...node("MaxPool", ["a"], ["pooled"], { kernel_shape: ints(2, 2), strides: ints(2, 2) }),
          domain: "com.microsoft.nchwc",
        },
        {
          ...node("ReorderOutput", ["pooled"], ["b"], { channels: { kind: "int", value: 16 } }),
          domain: "com.microsoft.nchwc",
        },
        node("ReduceMean", ["x", "axes"], ["y"], { keepdims: { kind: "int", value: 1 } }),
      ],
      constants: { axes: [1] },
    },
  ),
};
