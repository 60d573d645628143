/**
 * @file The table of operator rules, exhaustive by type. This is all that the compiler knows of operators.
 */
import { numbersOf } from "../graph/tensors.ts";
import type { Graph, Node } from "../graph/types.ts";
import { CP, type CanonicalNode } from "../ir/types.ts";
import { attention, planned, exported } from "./rules/attention.ts";
import { groupQuery } from "./rules/cached/cached.ts";
import { einsum, fusedGemm, fusedMatMul, gemm, matMul, matMulInteger, matMulNBits } from "./rules/contraction.ts";
import { convolution, fusedConvolution } from "./rules/convolution.ts";
import { dropout, elementwise, elementwiseFirst } from "./rules/elementwise.ts";
import { dynamicProduct, embedding, projected, scaledProduct } from "./rules/fused.ts";
import {
  diagonal,
  fill,
  gather,
  gatherElements,
  gatherNd,
  gridSample,
  nonZero,
  oneHot,
  range,
  scatterElements,
  scatterNd,
  shapeOf,
  triangle,
} from "./rules/indexing.ts";
import { concat, pad, slice, split } from "./rules/joining.ts";
import { blocks, expand, flatten, reshape, squeeze, tile, transpose, unchanged, unsqueeze } from "./rules/movement.ts";
import {
  blockedPooling,
  globalPooling,
  pooling,
  recurrent,
  spatial,
  transposedConvolution,
  unblocked,
  unknown,
} from "./rules/opaque.ts";
import {
  BINARY,
  BLOCKED,
  COMPARISON,
  UNARY,
  type CpOperatorName,
  type MicrosoftOperatorName,
  type OperatorName,
} from "./operator-names.ts";
import {
  convolutionOfIntegers,
  gatherBlocks,
  quantisedBinary,
  quantisedConcat,
  quantisedConvolution,
  quantisedGemm,
  quantisedMatMul,
  quantisedSoftmax,
  quantisedUnary,
  quantisedWhere,
} from "./rules/quantised/qlinear.ts";
import { dynamicQuantisation, quantisation } from "./rules/quantised/quantise.ts";
import {
  alongAxis,
  argument,
  batchNormalization,
  channelNormalization,
  cumulative,
  layerNormalization,
  meanVarianceNormalization,
  reduction,
  reverseSequence,
  skipNormalization,
  topK,
} from "./rules/reduction.ts";
import { resize } from "./rules/resize.ts";
import { microsoftRotary, rotary } from "./rules/rotary.ts";
import { counted, largest, zero } from "./rules/windowed.ts";
import type { OperatorRule, ResultType } from "./types.ts";

const bool: ResultType = { elem: "bool" };
const same = elementwise();
const comparison = elementwise(bool);

function all<K extends string>(names: readonly K[], rule: OperatorRule): { readonly [P in K]: OperatorRule } {
  return Object.fromEntries(names.map((n) => [n, rule])) as { readonly [P in K]: OperatorRule };
}

export const OPERATORS: { readonly [Op in OperatorName]: OperatorRule } = {
  ...all(UNARY, same),
  ...all(BINARY, same),
  ...all(COMPARISON, comparison),
  ArgMax: argument,
  ArgMin: argument,
  Attention: exported("q_num_heads", "kv_num_heads", [3, 4, 5, 6]),
  AveragePool: pooling(counted),
  BatchNormalization: batchNormalization,
  Cast: elementwise({ attribute: "to", otherwise: "float32" }),
  CastLike: { types: [{ operand: 1 }], factors: elementwiseFirst().factors },
  Clip: elementwiseFirst(),
  Concat: concat,
  ConstantOfShape: { ...fill, types: [{ attribute: "value", otherwise: "float32" }] },
  Conv: convolution,
  ConvInteger: convolutionOfIntegers,
  ConvTranspose: transposedConvolution,
  CumSum: cumulative,
  DepthToSpace: blocks(true),
  DequantizeLinear: quantisation({ operand: 1 }),
  Dropout: dropout,
  DynamicQuantizeLinear: dynamicQuantisation,
  Einsum: einsum,
  Expand: expand,
  EyeLike: diagonal,
  Flatten: flatten,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Gemm: gemm,
  GRU: recurrent,
  GlobalAveragePool: globalPooling,
  GlobalMaxPool: globalPooling,
  GridSample: gridSample,
  GroupNormalization: channelNormalization([0]),
  Hardmax: alongAxis(-1),
  Identity: { types: [{ operand: 0 }], factors: unchanged },
  InstanceNormalization: channelNormalization([0, 1]),
  LRN: alongAxis(1),
  LSTM: recurrent,
  LayerNormalization: layerNormalization,
  LogSoftmax: alongAxis(-1),
  LpNormalization: alongAxis(-1),
  LpPool: pooling(zero),
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  MaxPool: pooling(largest),
  MeanVarianceNormalization: meanVarianceNormalization,
  NonZero: nonZero,
  OneHot: oneHot,
  Pad: pad,
  QLinearConv: quantisedConvolution,
  QLinearMatMul: quantisedMatMul,
  QuantizeLinear: quantisation({ operand: 2, otherwise: "uint8" }),
  RMSNormalization: layerNormalization,
  RNN: recurrent,
  Range: range,
  ReduceL1: reduction("sum"),
  ReduceL2: reduction("norm"),
  ReduceLogSum: reduction("along"),
  ReduceLogSumExp: reduction("along"),
  ReduceMax: reduction("max"),
  ReduceMean: reduction("mean"),
  ReduceMin: reduction("min"),
  ReduceProd: reduction("prod"),
  ReduceSum: reduction("sum"),
  ReduceSumSquare: reduction("sum"),
  Reshape: reshape,
  Resize: resize,
  ReverseSequence: reverseSequence,
  RotaryEmbedding: rotary,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Shape: shapeOf,
  SimplifiedLayerNormalization: layerNormalization,
  Size: shapeOf,
  Slice: slice,
  Softmax: alongAxis(-1),
  SpaceToDepth: blocks(false),
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  TopK: topK,
  Transpose: transpose,
  Trilu: triangle,
  Unsqueeze: unsqueeze,
  Where: { ...same, types: [{ operand: 1 }] },
};

export const CP_OPERATORS: { readonly [Op in CpOperatorName]: OperatorRule } = {
  Attention: attention,
  Fill: { ...fill, types: [{ attribute: "value", otherwise: "float32" }] },
  Shard: planned,
  Gather: planned,
};

export const MICROSOFT_OPERATORS: { readonly [Op in MicrosoftOperatorName]: OperatorRule } = {
  Attention: projected,
  BiasGelu: same,
  DequantizeLinear: quantisation({ operand: 1 }),
  DynamicQuantizeMatMul: dynamicProduct,
  EmbedLayerNormalization: embedding,
  FastGelu: same,
  FusedConv: fusedConvolution,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  GatherBlockQuantized: gatherBlocks,
  Gelu: same,
  GroupQueryAttention: groupQuery,
  MatMulBnb4: matMulNBits,
  MatMulIntegerToFloat: scaledProduct,
  MatMulNBits: matMulNBits,
  MultiHeadAttention: exported(null, null, [4, 5, 6, 7]),
  QGemm: quantisedGemm,
  QLinearAdd: quantisedBinary,
  QLinearConcat: quantisedConcat,
  QLinearLeakyRelu: quantisedUnary,
  QLinearMul: quantisedBinary,
  QLinearSigmoid: quantisedUnary,
  QLinearSoftmax: quantisedSoftmax,
  QLinearWhere: quantisedWhere,
  QuantizeLinear: quantisation({ operand: 2, otherwise: "uint8" }),
  QuickGelu: same,
  RotaryEmbedding: microsoftRotary,
  SkipLayerNormalization: skipNormalization,
  SkipSimplifiedLayerNormalization: skipNormalization,
};

/** On channels in blocks, as the widest registers of one kind of processor hold them. Only the batch passes. */
const BLOCKED_OPERATORS: Readonly<Record<string, OperatorRule>> = {
  AveragePool: blockedPooling,
  Conv: spatial,
  GRU: recurrent,
  GlobalAveragePool: globalPooling,
  GlobalMaxPool: globalPooling,
  MaxPool: blockedPooling,
  ReorderOutput: unblocked,
};

/** The rule of a node; an operator outside the table requires whole operands. */
export function ruleOf(node: Pick<CanonicalNode, "domain" | "op">): OperatorRule {
  const table = TABLES[node.domain];
  return (table !== undefined && Object.hasOwn(table, node.op) ? table[node.op] : undefined) ?? unknown;
}

const RANDOM: Readonly<Record<string, ReadonlySet<string>>> = {
  "": new Set(["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"]),
  "com.microsoft": new Set(["BiasDropout", "BitmaskBiasDropout", "BitmaskDropout", "Sampling"]),
};

type Drawing = Pick<Node, "domain" | "op" | "inputs" | "attributes">;

/** True for a node that gives different numbers each time, by itself or inside its subgraphs. */
export function isRandom(node: Drawing, constants: Graph["constants"]): boolean {
  const domain = node.domain === "ai.onnx" ? "" : node.domain;
  if (RANDOM[domain]?.has(node.op) === true || (domain === "" && isTraining(node, constants))) return true;
  return Object.values(node.attributes).some(
    (attribute) =>
      attribute.kind === "graph" &&
      attribute.value.nodes.some((inner) => isRandom(inner, new Map([...constants, ...attribute.value.constants]))),
  );
}

/** A `Dropout` that drops elements, or may do so. */
function isTraining({ op, inputs: [, , training = ""] }: Drawing, constants: Graph["constants"]): boolean {
  if (op !== "Dropout" || training === "") return false;
  const constant = constants.get(training);
  return constant === undefined || numbersOf(constant)?.[0] !== 0;
}

const TABLES: Readonly<Record<string, Readonly<Record<string, OperatorRule>>>> = {
  "": OPERATORS,
  "ai.onnx": OPERATORS,
  [CP]: CP_OPERATORS,
  "com.microsoft": MICROSOFT_OPERATORS,
  [BLOCKED]: BLOCKED_OPERATORS,
};

export function isKnown(node: Pick<CanonicalNode, "domain" | "op">): boolean {
  return ruleOf(node) !== unknown;
}
