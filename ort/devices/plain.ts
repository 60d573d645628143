/**
 * @file Pieces in operators that every device has: `MultiHeadAttention` as MatMul, Softmax, MatMul, and `LayerNormalization` with its scale
 * and bias behind it, for devices whose own operator computes something else. Knows no device.
 */
import { int, ints } from "../../compiler/graph/attributes.ts";
import { replaceOperator } from "../../compiler/graph/edit/functions.ts";
import type { FunctionNode, OperatorFunction } from "../../compiler/graph/edit/functions.ts";
import { elemCode } from "../../compiler/graph/elements.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes } from "../../compiler/graph/types.ts";

/** Operators that do more than one thing at once, and so differ between devices. */
export type FusedOp = "MultiHeadAttention" | "LayerNormalization";

export const FUSED: readonly FusedOp[] = ["MultiHeadAttention", "LayerNormalization"];

/** Whether a model may have a node of the operator; cheap, and never wrongly false. */
export function mayUse(model: Uint8Array, op: FusedOp): boolean {
  return Buffer.from(model.buffer, model.byteOffset, model.byteLength).includes(op);
}

/** The same model without these operators, where it has the form that pieces have. Throws for bytes that are no model. */
export function inPlainOperators(model: Uint8Array, ops: readonly FusedOp[]): Uint8Array {
  const used = ops.filter((op) => mayUse(model, op));
  return used.reduce((bytes, op) => replaceOperator(bytes, FUNCTIONS[op]), model);
}

function node(op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): FunctionNode {
  return { name: `${output}/node`, op, domain: "", inputs, outputs: [output], attributes, metadata: {} };
}

function constant(output: string, values: readonly number[]): FunctionNode {
  return node("Constant", [], output, { value_ints: ints(values) });
}

/** (B, S, H * D) to (B, H, S, D), or with other axes by `perm`. A 0 copies an extent, also an empty one, which a -1 could not. */
function byHeads(x: string, perm: readonly number[]): readonly FunctionNode[] {
  return [
    node("Shape", [x], `${x}_dims`),
    node("Slice", [`${x}_dims`, "two", "three"], `${x}_width`),
    node("Div", [`${x}_width`, "heads"], `${x}_size`),
    node("Concat", ["same", "heads", `${x}_size`], `${x}_apart`, { axis: int(0) }),
    node("Reshape", [x, `${x}_apart`], `${x}_heads`),
    node("Transpose", [`${x}_heads`], `${x}_rows`, { perm: ints(perm) }),
  ];
}

/** On float32, without mask, bias or past. A scale of 0 stands for 1 / sqrt(D). All logits of the site exist at once. */
const attention: OperatorFunction = {
  domain: "com.microsoft",
  op: "MultiHeadAttention",
  inputs: ["q", "k", "v"],
  outputs: ["out"],
  attributes: { num_heads: { kind: "int", value: 1 }, scale: { kind: "float", value: 0 } },
  nodes: [
    constant("zero", [0]),
    constant("two", [2]),
    constant("three", [3]),
    constant("same", [0, 0]),
    node("Unsqueeze", ["num_heads", "zero"], "heads"),
    ...byHeads("q", [0, 2, 1, 3]),
    ...byHeads("k", [0, 2, 3, 1]),
    ...byHeads("v", [0, 2, 1, 3]),
    node("Cast", ["q_size"], "size", { to: int(elemCode("float32")) }),
    node("Sqrt", ["size"], "root"),
    node("Reciprocal", ["root"], "usual"),
    node("Cast", ["scale"], "stated", { to: int(elemCode("bool")) }),
    node("Where", ["stated", "scale", "usual"], "factor"),
    node("Mul", ["q_rows", "factor"], "scaled"),
    node("MatMul", ["scaled", "k_rows"], "logits"),
    node("Softmax", ["logits"], "weights", { axis: int(-1) }),
    node("MatMul", ["weights", "v_rows"], "attended"),
    node("Transpose", ["attended"], "attended_rows", { perm: ints([0, 2, 1, 3]) }),
    node("Concat", ["same", "v_width"], "joined", { axis: int(0) }),
    node("Reshape", ["attended_rows", "joined"], "out"),
  ],
};

/** The CPU's operator broadcasts a scale and a bias of one row to each batch element; ONNX's has one row for all. */
const norm: OperatorFunction = {
  domain: "",
  op: "LayerNormalization",
  inputs: ["x", "weight", "bias"],
  outputs: ["out"],
  attributes: {
    axis: { kind: "int", value: -1 },
    epsilon: { kind: "float", value: 1e-5 },
    stash_type: { kind: "int", value: 1 },
  },
  nodes: [
    constant("zero", [0]),
    constant("end", [2 ** 31 - 1]),
    node("Unsqueeze", ["axis", "zero"], "first"),
    node("Shape", ["x"], "dims"),
    node("Slice", ["dims", "first", "end"], "own_dims"),
    node("ConstantOfShape", ["own_dims"], "filled", {
      value: { kind: "tensor", value: tensorFromNumbers("float32", [1], [1]) },
    }),
    node("CastLike", ["filled", "x"], "ones"),
    { ...node("LayerNormalization", ["x", "ones"], "normal"), passes: ["axis", "epsilon", "stash_type"] },
    node("Mul", ["normal", "weight"], "scaled"),
    node("Add", ["scaled", "bias"], "out"),
  ],
};

const FUNCTIONS: Readonly<Record<FusedOp, OperatorFunction>> = {
  MultiHeadAttention: attention,
  LayerNormalization: norm,
};
