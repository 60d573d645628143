/**
 * @file One node or more of every operator in the table, small enough to run at once. Exhaustive by type: a new rule needs a sample.
 */
import type { Attribute, Attributes, ElemType } from "../../../compiler/graph/types.ts";
import type { CpOperatorName, OperatorName } from "../../../compiler/canonical/operators/table.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";

/** An operand: a data tensor, an integer operand that is known, or an absent one. */
export type Operand =
  | {
      readonly kind: "data";
      readonly elem: ElemType;
      readonly dims: readonly number[];
      readonly high: number;
      readonly low: number;
    }
  | { readonly kind: "integers"; readonly dims: readonly number[]; readonly values: readonly number[] }
  | { readonly kind: "absent" };

export interface Sample {
  readonly operands: readonly Operand[];
  readonly attributes: Attributes;
  readonly outputs: number;
  /** What the operands do not tell: the shape that an export would state. */
  readonly declared?: readonly number[];
}

/** Float data between -1 and 1. */
export function data(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: -1, high: 1 };
}

function positive(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: 0.1, high: 0.9 };
}

function beyondOne(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "float32", dims, low: 1.1, high: 2 };
}

function bools(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "bool", dims, low: 0, high: 2 };
}

/** int64 indices from 0 below `high`. */
function indices(high: number, ...dims: readonly number[]): Operand {
  return { kind: "data", elem: "int64", dims, low: 0, high };
}

function unsigned(...dims: readonly number[]): Operand {
  return { kind: "data", elem: "uint8", dims, low: 1, high: 4 };
}

function vector(...values: readonly number[]): Operand {
  return { kind: "integers", dims: [values.length], values };
}

function scalar(value: number): Operand {
  return { kind: "integers", dims: [], values: [value] };
}

const absent: Operand = { kind: "absent" };

type Plain = number | string | readonly number[] | Attribute;

function attributes(values: Readonly<Record<string, Plain>>): Attributes {
  return Object.fromEntries(
    Object.entries(values).map(([name, v]): [string, Attribute] => {
      if (typeof v === "number") return [name, { kind: "int", value: v }];
      if (typeof v === "string") return [name, { kind: "string", value: v }];
      return [name, "kind" in v ? v : { kind: "ints", value: v }];
    }),
  );
}

function node(
  operands: readonly Operand[],
  values: Readonly<Record<string, Plain>> = {},
  more: Partial<Sample> = {},
): Sample {
  return { operands, attributes: attributes(values), outputs: 1, ...more };
}

const unary = [node([data(2, 5, 6)])];
const overOne = [node([beyondOne(2, 5, 6)])];
const withinOne = [node([positive(2, 5, 6)])];
const binary = [node([data(2, 5, 6), data(5, 6)]), node([data(2, 1, 6), data(2, 5, 1)])];
const logical = [node([bools(2, 5), bools(2, 5)])];
const bitwise = [node([unsigned(2, 5), unsigned(2, 5)])];
const reduced = [
  node([data(2, 5, 6), vector(1)], { keepdims: 1 }),
  node([data(2, 5, 6), vector(-1)], { keepdims: 0 }),
  node([data(2, 5, 6)], { keepdims: 0 }),
];
const pooled = { kernel_shape: [2], strides: [1] };

export const SAMPLES: { readonly [Op in OperatorName]: readonly Sample[] } = {
  Abs: unary,
  Acos: withinOne,
  Asin: withinOne,
  Atan: unary,
  Celu: unary,
  Ceil: unary,
  Cos: unary,
  Cosh: unary,
  Elu: unary,
  Erf: unary,
  Exp: unary,
  Floor: unary,
  Gelu: unary,
  HardSigmoid: unary,
  HardSwish: unary,
  LeakyRelu: unary,
  Log: withinOne,
  Mish: unary,
  Neg: unary,
  Not: [node([bools(2, 5)])],
  Reciprocal: overOne,
  Relu: unary,
  Round: unary,
  Selu: unary,
  Sigmoid: unary,
  Sign: unary,
  Sin: unary,
  Sinh: unary,
  Softplus: unary,
  Softsign: unary,
  Sqrt: withinOne,
  Swish: unary,
  Tan: unary,
  Tanh: unary,
  ThresholdedRelu: unary,
  Add: binary,
  And: logical,
  BitShift: [node([unsigned(2, 5), unsigned(2, 5)], { direction: "LEFT" })],
  BitwiseAnd: bitwise,
  BitwiseOr: bitwise,
  BitwiseXor: bitwise,
  Div: [node([data(2, 5), beyondOne(5)])],
  Max: binary,
  Mean: binary,
  Min: binary,
  Mod: [node([indices(9, 2, 5), { kind: "data", elem: "int64", dims: [5], low: 2, high: 5 }])],
  Mul: binary,
  Or: logical,
  PRelu: [node([data(2, 5, 6), data(5, 1)])],
  Pow: [node([positive(2, 5), positive(5)])],
  Sub: binary,
  Sum: binary,
  Xor: logical,
  Equal: [node([indices(2, 2, 5), indices(2, 5)])],
  Greater: binary,
  GreaterOrEqual: binary,
  IsInf: unary,
  IsNaN: unary,
  Less: binary,
  LessOrEqual: binary,
  ArgMax: [node([data(2, 5, 6)], { axis: 1, keepdims: 0 })],
  ArgMin: [node([data(2, 5, 6)], { axis: -1, keepdims: 1 })],
  Attention: [
    node([data(2, 4, 5, 6), data(2, 4, 7, 6), data(2, 4, 7, 3)]),
    node([data(2, 5, 24), data(2, 7, 12), data(2, 7, 6)], { q_num_heads: 4, kv_num_heads: 2 }),
  ],
  AveragePool: [node([data(4, 3, 6)], pooled, { declared: [4, 3, 5] })],
  BatchNormalization: [node([data(4, 3, 6), positive(3), data(3), data(3), positive(3)])],
  Cast: [node([data(2, 5)], { to: 11 })],
  CastLike: [node([data(2, 5), indices(3, 4)])],
  Clip: [node([data(2, 5), data(), beyondOne()])],
  Concat: [node([data(2, 5, 6), data(2, 4, 6)], { axis: 1 }), node([data(2, 5), data(2, 5)], { axis: -1 })],
  ConstantOfShape: [
    node([vector(3, 4)], { value: { kind: "tensor", value: tensorFromNumbers("float32", [1], [2.5]) } }),
  ],
  Conv: [node([data(4, 3, 6), data(2, 3, 2)], {}, { declared: [4, 2, 5] })],
  ConvTranspose: [node([data(4, 3, 6), data(3, 2, 2)], {}, { declared: [4, 2, 7] })],
  CumSum: [node([data(4, 5), scalar(1)])],
  Einsum: [
    node([data(2, 5, 6), data(2, 6, 4)], { equation: "bij,bjk->bik" }),
    node([data(4, 5), data(4, 5)], { equation: "ij,ij->i" }),
  ],
  Expand: [node([data(1, 5, 1), vector(4, 5, 6)]), node([data(5, 6), vector(4, 5, 6)])],
  Flatten: [node([data(2, 3, 4)], { axis: 2 }), node([data(4, 3)], { axis: 1 })],
  Gather: [node([data(5, 6), indices(6, 4)], { axis: 1 }), node([data(5, 6), scalar(1)], { axis: 0 })],
  GatherElements: [node([data(4, 5), indices(5, 4, 3)], { axis: 1 })],
  GatherND: [node([data(4, 5, 6), indices(4, 7, 2)]), node([data(4, 5, 6), indices(5, 4, 1)], { batch_dims: 1 })],
  Gemm: [node([data(4, 5), data(5, 6), data(6)]), node([data(5, 4), data(6, 5), data(4, 1)], { transA: 1, transB: 1 })],
  GlobalAveragePool: [node([data(4, 3, 6)], {}, { declared: [4, 3, 1] })],
  GroupNormalization: [node([data(4, 6, 5), data(6), data(6)], { num_groups: 2 })],
  Identity: unary,
  InstanceNormalization: [node([data(4, 3, 6), data(3), data(3)])],
  LayerNormalization: [
    node([data(2, 5, 6), data(6), data(6)], { axis: -1 }),
    node([data(4, 5, 6), data(5, 6)], { axis: 1 }),
  ],
  LogSoftmax: [node([data(2, 5, 6)], { axis: 1 })],
  LpNormalization: [node([data(2, 5, 6)], { axis: -1 })],
  MatMul: [node([data(2, 5, 6), data(2, 6, 4)]), node([data(2, 5, 6), data(6, 4)]), node([data(5, 6), data(6)])],
  MaxPool: [node([data(4, 3, 6)], pooled, { declared: [4, 3, 5] })],
  Pad: [node([data(4, 5), vector(0, 1, 0, 2)])],
  RMSNormalization: [node([data(2, 5, 6), data(6)], { axis: -1 })],
  Range: [node([scalar(0), scalar(5), scalar(1)])],
  ReduceL2: reduced,
  ReduceMax: reduced,
  ReduceMean: reduced,
  ReduceMin: reduced,
  ReduceProd: reduced,
  ReduceSum: reduced,
  Reshape: [
    node([data(4, 5, 6), vector(4, 5, 2, 3)]),
    node([data(4, 5, 6), vector(20, 6)]),
    node([data(20, 3), vector(4, 5, 3)]),
    node([data(4, 6), vector(6, 4)]),
    node([data(4, 5, 6), vector(0, -1)]),
  ],
  Resize: [node([data(4, 3, 6), absent, absent, vector(4, 3, 12)], { mode: "nearest" }, { declared: [4, 3, 12] })],
  RotaryEmbedding: [
    node([data(2, 3, 5, 8), data(2, 5, 4), data(2, 5, 4)]),
    node([data(2, 5, 24), data(2, 5, 4), data(2, 5, 4)], { num_heads: 3, interleaved: 1 }),
    node([data(2, 3, 5, 8), data(7, 4), data(7, 4), indices(7, 2, 5)]),
    node([data(2, 3, 5, 8), data(2, 5, 2), data(2, 5, 2)], { rotary_embedding_dim: 4 }),
  ],
  ScatterElements: [node([data(4, 5), indices(4, 2, 5), data(2, 5)], { axis: 0, reduction: "add" })],
  ScatterND: [node([data(4, 5, 6), indices(4, 3, 1), data(3, 5, 6)], { reduction: "add" })],
  Shape: [node([data(4, 5)])],
  Size: [node([data(4, 5)])],
  Slice: [
    node([data(4, 8), vector(2), vector(7), vector(1)]),
    node([data(4, 8), vector(0), vector(8), vector(1), vector(2)]),
    node([data(4, 8), vector(0, 3), vector(4, 1000)]),
    node([data(4, 8), vector(-1), vector(-1000), vector(1), vector(-1)]),
  ],
  Softmax: [node([data(2, 5, 6)], { axis: -1 }), node([data(2, 5, 6)], { axis: 1 })],
  Split: [
    node([data(4, 8), vector(3, 5)], { axis: 1 }, { outputs: 2 }),
    node([data(4, 6)], { axis: -1, num_outputs: 2 }, { outputs: 2 }),
  ],
  Squeeze: [node([data(4, 1, 5), vector(1)]), node([data(1, 4, 5)])],
  Tile: [node([data(4, 5), vector(1, 3)])],
  Transpose: [node([data(4, 5, 6)], { perm: [1, 2, 0] }), node([data(4, 5)])],
  Trilu: [node([data(4, 5, 6), scalar(0)])],
  Unsqueeze: [node([data(4, 5), vector(0, 2)])],
  Where: [node([bools(4, 5), data(4, 5), data(5)])],
};

export const CP_SAMPLES: { readonly [Op in CpOperatorName]: readonly Sample[] } = {
  Attention: [
    node([data(2, 5, 4, 6), data(2, 7, 4, 6), data(2, 7, 4, 3)], { scale: { kind: "float", value: 0.4 } }),
    node([data(2, 5, 4, 6), data(2, 5, 2, 6), data(2, 5, 2, 6), data(2, 1, 5, 5)], {
      scale: { kind: "float", value: 0.4 },
    }),
    node([data(2, 5, 4, 6), data(2, 5, 4, 6), data(2, 5, 4, 6)], { scale: { kind: "float", value: 0.4 }, causal: 1 }),
  ],
  Fill: [node([vector(3, 4)], { value: { kind: "tensor", value: tensorFromNumbers("float32", [1], [2.5]) } })],
  Shard: [node([data(4, 5)], { axis: 0, binding: 0 })],
  Gather: [node([data(4, 5)], { axis: 0, binding: 0 })],
};
