/**
 * @file The names of the operators in the table, by domain, as types: a name without a rule does not compile.
 */
import type { CpOp } from "../ir/cp.ts";

export const UNARY = [
  "Abs",
  "Acos",
  "Acosh",
  "Asin",
  "Asinh",
  "Atan",
  "Atanh",
  "BitwiseNot",
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
  "Shrink",
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

export const BINARY = [
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

export const COMPARISON = ["Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual"] as const;

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
  | "ConvInteger"
  | "ConvTranspose"
  | "CumSum"
  | "DepthToSpace"
  | "DequantizeLinear"
  | "Dropout"
  | "DynamicQuantizeLinear"
  | "Einsum"
  | "Expand"
  | "EyeLike"
  | "Flatten"
  | "Gather"
  | "GatherElements"
  | "GatherND"
  | "Gemm"
  | "GRU"
  | "GlobalAveragePool"
  | "GlobalMaxPool"
  | "GridSample"
  | "GroupNormalization"
  | "Hardmax"
  | "Identity"
  | "InstanceNormalization"
  | "LRN"
  | "LSTM"
  | "LayerNormalization"
  | "LogSoftmax"
  | "LpNormalization"
  | "LpPool"
  | "MatMul"
  | "MatMulInteger"
  | "MaxPool"
  | "MeanVarianceNormalization"
  | "NonZero"
  | "OneHot"
  | "Pad"
  | "QuantizeLinear"
  | "QLinearConv"
  | "QLinearMatMul"
  | "RMSNormalization"
  | "RNN"
  | "Range"
  | "ReduceL1"
  | "ReduceL2"
  | "ReduceLogSum"
  | "ReduceLogSumExp"
  | "ReduceMax"
  | "ReduceMean"
  | "ReduceMin"
  | "ReduceProd"
  | "ReduceSum"
  | "ReduceSumSquare"
  | "Reshape"
  | "Resize"
  | "ReverseSequence"
  | "RotaryEmbedding"
  | "ScatterElements"
  | "ScatterND"
  | "Shape"
  | "SimplifiedLayerNormalization"
  | "Size"
  | "Slice"
  | "Softmax"
  | "SpaceToDepth"
  | "Split"
  | "Squeeze"
  | "Tile"
  | "TopK"
  | "Transpose"
  | "Trilu"
  | "Unsqueeze"
  | "Where";

/** Operators of ai.onnx that have a rule. */
export type OperatorName = Elementwise | Other;

/** Operators of the `cp` domain in a canonical or bound graph; those of parts appear in sharded graphs only. */
export type CpOperatorName = Exclude<CpOp, "AttentionPart" | "AttentionMerge" | "AttentionFinish">;

/** Operators of com.microsoft, which exports and onnxruntime's optimisers write. */
export type MicrosoftOperatorName =
  | "Attention"
  | "BiasGelu"
  | "DequantizeLinear"
  | "DynamicQuantizeMatMul"
  | "EmbedLayerNormalization"
  | "FastGelu"
  | "FusedConv"
  | "FusedGemm"
  | "FusedMatMul"
  | "GatherBlockQuantized"
  | "Gelu"
  | "GroupQueryAttention"
  | "MatMulBnb4"
  | "MatMulIntegerToFloat"
  | "MatMulNBits"
  | "MultiHeadAttention"
  | "QGemm"
  | "QLinearAdd"
  | "QLinearConcat"
  | "QLinearLeakyRelu"
  | "QLinearMul"
  | "QLinearSigmoid"
  | "QLinearSoftmax"
  | "QLinearWhere"
  | "QuantizeLinear"
  | "QuickGelu"
  | "RotaryEmbedding"
  | "SkipLayerNormalization"
  | "SkipSimplifiedLayerNormalization";

/** The domain of convolutions that ONNX Runtime has arranged for the processor that it ran on. */
export const BLOCKED = "com.microsoft.nchwc";
