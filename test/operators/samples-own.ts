/**
 * @file At least one node of every operator of the canonical graph and of com.microsoft, as in `samples.ts`.
 */
import { QUANTISED_MICROSOFT_SAMPLES } from "./quantised-samples.ts";
import type { CpOperatorName, MicrosoftOperatorName } from "../../compiler/operators/operator-names.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import {
  data,
  positive,
  indices,
  bytes,
  unsigned,
  int32s,
  vector,
  absent,
  node,
  unary,
  type Sample,
} from "./operands.ts";

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

const ids = (...dims: readonly number[]) => ({ kind: "data", elem: "int32", dims, low: 0, high: 7 }) as const;
/** Embeddings, whose extents the operator must know. */
const table = (...dims: readonly number[]) =>
  ({
    kind: "constant",
    elem: "float32",
    dims,
    values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  }) as const;
const rotated = [data(7, 3), data(7, 3)];

export const MICROSOFT_SAMPLES: { readonly [Op in MicrosoftOperatorName]: readonly Sample[] } = {
  Attention: [
    node([data(2, 5, 8), data(8, 24), data(24)], { num_heads: 2 }),
    node([data(2, 5, 8), data(8, 24), data(24), int32s(2, 4)], { num_heads: 2 }),
  ],
  BiasGelu: [node([data(2, 5, 6), data(6)])],
  DynamicQuantizeMatMul: [node([data(2, 5, 6), bytes(6, 4), positive(), unsigned(), data(4)])],
  EmbedLayerNormalization: [
    node(
      [ids(2, 5), ids(2, 5), table(7, 6), table(9, 6), table(7, 6), table(6), table(6), ids(2, 5), ids(2, 5)],
      {},
      { outputs: 3 },
    ),
  ],
  FastGelu: [node([data(2, 5, 6)]), node([data(2, 5, 6), data(6)])],
  FusedMatMul: [
    node([data(2, 5, 6), data(2, 4, 6)], { transB: 1 }),
    node([data(2, 6, 5), data(6, 4)], { transA: 1, alpha: { kind: "float", value: 0.5 } }),
    node([data(5, 2, 3, 6), data(4, 2, 3, 6)], { transBatchA: 1, transBatchB: 1, transB: 1 }),
  ],
  Gelu: unary,
  GroupQueryAttention: [
    node([data(2, 5, 32), data(2, 5, 16), data(2, 5, 16), absent, absent, int32s(2, 4), int32s(1, 5)], {
      num_heads: 4,
      kv_num_heads: 2,
    }),
  ],
  MatMulIntegerToFloat: [
    node([bytes(2, 5, 6), bytes(6, 4), positive(), positive(4), unsigned(), unsigned(4), data(4)]),
  ],
  MatMulNBits: [node([data(4, 5, 32), bytes(8, 1, 16), positive(8, 1)], { K: 32, N: 8, bits: 4, block_size: 32 })],
  MultiHeadAttention: [node([data(4, 5, 6), data(4, 7, 6), data(4, 7, 6)], { num_heads: 2 })],
  QuickGelu: unary,
  RotaryEmbedding: [
    node([data(4, 5, 12), indices(7, 4, 5), ...rotated], { num_heads: 2 }),
    node([data(4, 2, 5, 6), indices(2, 1), ...rotated]),
  ],
  SkipLayerNormalization: [node([data(4, 5, 6), data(4, 5, 6), data(6), data(6)], {}, { outputs: 4 })],
  SkipSimplifiedLayerNormalization: [node([data(4, 5, 6), data(5, 6), data(6)])],
  ...QUANTISED_MICROSOFT_SAMPLES,
};
