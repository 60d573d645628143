/**
 * @file Examples of products that are no attention which the compiler knows, and of what other tools leave in a model. Codes CP2535, CP4045, CP4056
 * and CP4057.
 */
import type { Node } from "../../../compiler/graph/types.ts";
import { node } from "../../support/graphs.ts";
import type { Examples } from "../example.ts";
import { small } from "./shard.ts";

const ints = (...value: readonly number[]) => ({ kind: "ints", value }) as const;
const inputs = { q: [1, 4, "n", 8], k: [1, 4, "n", 8], v: [1, 4, "n", 8] };

/** The mean over all rows of what the weights `p` make of `v`; `between` makes them from the scores `s`. */
function meanOf(...between: readonly Node[]): readonly Node[] {
  return [
    node("Transpose", ["k"], ["kt"], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
    node("MatMul", ["q", "kt"], ["s"]),
    ...between,
    node("MatMul", ["p", "v"], ["o"]),
    node("ReduceMean", ["o", "axes"], ["y"], { keepdims: { kind: "int", value: 1 } }),
  ];
}

const RECTIFIED = {
  formula: "y = the mean over all rows of relu(q k^T) v",
  splits: { q: 2, k: 2, v: 2 },
  inputs,
  output: [1, 4, 1, 8],
  nodes: meanOf(node("Relu", ["s"], ["p"])),
  constants: { axes: [2] },
};

export const products: Examples = {
  CP4045: small(
    "Two products with something between them make no attention that the compiler knows, but all of it is independent for each head. Each rank is sent all rows of its heads and sends the rows of the result back, as Ulysses does for an attention. On a mesh with a ring it is CP4056.",
    RECTIFIED,
  ),
  CP4056: small(
    "As for CP4045, but on a mesh with a ring, or with more ranks than heads. Each rank computes the products for its own rows of the queries; what the other operands of the products have is sent to every rank.",
    { ...RECTIFIED, options: "--ring-degree 2" },
  ),
  CP4057: small(
    "As for CP4056, but what lies between the products mixes the rows of the queries too, as the views of relative positions do. Every rank computes all of it and keeps its rows: exact, but this work is not divided. Ulysses divides it by heads.",
    {
      ...RECTIFIED,
      formula: "y = the mean over all rows of p v, where p is a softmax of q k^T over the rows of q",
      nodes: meanOf(node("Softmax", ["s"], ["p"], { axis: { kind: "int", value: 2 } })),
      options: "--ring-degree 2",
    },
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
