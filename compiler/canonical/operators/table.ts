/**
 * @file The table of operator rules, exhaustive by type. This is all that the compiler knows of operators.
 */
import { CP, type CanonicalNode } from "../types.ts";
import { attention, boundary, exported } from "./attention.ts";
import { einsum, gemm, matMul } from "./contraction.ts";
import { elementwise, elementwiseFirst } from "./elementwise.ts";
import {
  fill,
  gather,
  gatherElements,
  gatherNd,
  range,
  scatterElements,
  scatterNd,
  shapeOf,
  triangle,
} from "./indexing.ts";
import { concat, pad, slice, split } from "./joining.ts";
import { expand, flatten, reshape, squeeze, tile, transpose, unchanged, unsqueeze } from "./movement.ts";
import { spatial, unknown } from "./opaque.ts";
import {
  alongAxis,
  alongOperandAxis,
  argument,
  channelNormalization,
  layerNormalization,
  reduction,
} from "./reduction.ts";
import { rotary } from "./rotary.ts";
import type { OperatorRule, ResultType } from "./types.ts";

const bool: ResultType = { elem: "bool" };
const same = elementwise();
const comparison = elementwise(bool);

const UNARY = [
  "Abs",
  "Acos",
  "Asin",
  "Atan",
  "Celu",
  "Ceil",
  "Cos",
  "Cosh",
  "Elu",
  "Erf",
  "Exp",
  "Floor",
  "Gelu",
  "HardSigmoid",
  "HardSwish",
  "LeakyRelu",
  "Log",
  "Mish",
  "Neg",
  "Not",
  "Reciprocal",
  "Relu",
  "Round",
  "Selu",
  "Sigmoid",
  "Sign",
  "Sin",
  "Sinh",
  "Softplus",
  "Softsign",
  "Sqrt",
  "Swish",
  "Tan",
  "Tanh",
  "ThresholdedRelu",
] as const;

const BINARY = [
  "Add",
  "And",
  "BitShift",
  "BitwiseAnd",
  "BitwiseOr",
  "BitwiseXor",
  "Div",
  "Max",
  "Mean",
  "Min",
  "Mod",
  "Mul",
  "Or",
  "PRelu",
  "Pow",
  "Sub",
  "Sum",
  "Xor",
] as const;

const COMPARISON = ["Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual"] as const;

type Elementwise = (typeof UNARY)[number] | (typeof BINARY)[number] | (typeof COMPARISON)[number];

type Other =
  | "ArgMax"
  | "ArgMin"
  | "Attention"
  | "AveragePool"
  | "BatchNormalization"
  | "Cast"
  | "CastLike"
  | "Clip"
  | "Concat"
  | "ConstantOfShape"
  | "Conv"
  | "ConvTranspose"
  | "CumSum"
  | "Einsum"
  | "Expand"
  | "Flatten"
  | "Gather"
  | "GatherElements"
  | "GatherND"
  | "Gemm"
  | "GlobalAveragePool"
  | "GroupNormalization"
  | "Identity"
  | "InstanceNormalization"
  | "LayerNormalization"
  | "LogSoftmax"
  | "LpNormalization"
  | "MatMul"
  | "MaxPool"
  | "Pad"
  | "RMSNormalization"
  | "Range"
  | "ReduceL2"
  | "ReduceMax"
  | "ReduceMean"
  | "ReduceMin"
  | "ReduceProd"
  | "ReduceSum"
  | "Reshape"
  | "Resize"
  | "RotaryEmbedding"
  | "ScatterElements"
  | "ScatterND"
  | "Shape"
  | "Size"
  | "Slice"
  | "Softmax"
  | "Split"
  | "Squeeze"
  | "Tile"
  | "Transpose"
  | "Trilu"
  | "Unsqueeze"
  | "Where";

/** Operators of ai.onnx that have a rule. */
export type OperatorName = Elementwise | Other;

/** Operators of the `cp` domain. */
export type CpOperatorName = "Attention" | "Fill" | "Shard" | "Gather";

function all<K extends string>(names: readonly K[], rule: OperatorRule): { readonly [P in K]: OperatorRule } {
  return Object.fromEntries(names.map((n) => [n, rule])) as { readonly [P in K]: OperatorRule };
}

export const OPERATORS: { readonly [Op in OperatorName]: OperatorRule } = {
  ...all(UNARY, same),
  ...all(BINARY, same),
  ...all(COMPARISON, comparison),
  ArgMax: argument,
  ArgMin: argument,
  Attention: exported("q_num_heads", "kv_num_heads"),
  AveragePool: spatial,
  BatchNormalization: channelNormalization([0]),
  Cast: elementwise({ attribute: "to", otherwise: "float32" }),
  CastLike: { type: { operand: 1 }, factors: elementwiseFirst().factors },
  Clip: elementwiseFirst(),
  Concat: concat,
  ConstantOfShape: { ...fill, type: { attribute: "value", otherwise: "float32" } },
  Conv: spatial,
  ConvTranspose: spatial,
  CumSum: alongOperandAxis,
  Einsum: einsum,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Gemm: gemm,
  GlobalAveragePool: spatial,
  GroupNormalization: channelNormalization([0]),
  Identity: { type: { operand: 0 }, factors: unchanged },
  InstanceNormalization: channelNormalization([0, 1]),
  LayerNormalization: layerNormalization,
  LogSoftmax: alongAxis(-1),
  LpNormalization: alongAxis(-1),
  MatMul: matMul,
  MaxPool: spatial,
  Pad: pad,
  RMSNormalization: layerNormalization,
  Range: range,
  ReduceL2: reduction("along"),
  ReduceMax: reduction("max"),
  ReduceMean: reduction("mean"),
  ReduceMin: reduction("min"),
  ReduceProd: reduction("prod"),
  ReduceSum: reduction("sum"),
  Reshape: reshape,
  Resize: unknown,
  RotaryEmbedding: rotary,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Shape: shapeOf,
  Size: shapeOf,
  Slice: slice,
  Softmax: alongAxis(-1),
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Trilu: triangle,
  Unsqueeze: unsqueeze,
  Where: { ...same, type: { operand: 1 } },
};

export const CP_OPERATORS: { readonly [Op in CpOperatorName]: OperatorRule } = {
  Attention: attention,
  Fill: { ...fill, type: { attribute: "value", otherwise: "float32" } },
  Shard: boundary,
  Gather: boundary,
};

/** Operators of com.microsoft that exports bring. */
const MICROSOFT_OPERATORS: Readonly<Record<string, OperatorRule>> = {
  GroupQueryAttention: exported(null, null, true),
  MultiHeadAttention: exported(null, null),
};

/** The rule of a node; an operator that the table lacks must find everything whole. */
export function ruleOf(node: Pick<CanonicalNode, "domain" | "op">): OperatorRule {
  const table = TABLES[node.domain];
  return (table !== undefined && Object.hasOwn(table, node.op) ? table[node.op] : undefined) ?? unknown;
}

const TABLES: Readonly<Record<string, Readonly<Record<string, OperatorRule>>>> = {
  "": OPERATORS,
  "ai.onnx": OPERATORS,
  [CP]: CP_OPERATORS,
  "com.microsoft": MICROSOFT_OPERATORS,
};

export function isKnown(node: Pick<CanonicalNode, "domain" | "op">): boolean {
  return ruleOf(node) !== unknown;
}
