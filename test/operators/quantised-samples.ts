/**
 * @file Samples of operators on small integers with scales among their operands, and of those that ONNX Runtime fuses with an activation.
 */
import type { MicrosoftOperatorName, OperatorName } from "../../compiler/operators/operator-names.ts";
import {
  bools,
  bytes,
  data,
  indices,
  int32s,
  node,
  positive,
  beyondOne,
  unsigned,
  wide,
  type Sample,
} from "./operands.ts";

/** A scale and a zero point. */
const scaled = [positive(), unsigned()];
/** The same for a result, whose numbers are larger. */
const coarse = [wide(), unsigned()];

export const QUANTISED_SAMPLES = {
  ConvInteger: [
    node([bytes(4, 6, 7), bytes(4, 6, 1)]),
    node([bytes(2, 3, 9), bytes(4, 3, 3), unsigned(), unsigned()]),
    node([bytes(2, 3, 9), bytes(4, 3, 3)], { pads: [1, 1] }),
  ],
  QLinearConv: [
    node([bytes(4, 6, 7), positive(), unsigned(), bytes(4, 6, 1), positive(4), unsigned(4), beyondOne(), unsigned()]),
    node([bytes(2, 3, 9), ...scaled, bytes(4, 3, 3), ...scaled, ...coarse, int32s(4, 7)]),
  ],
  QLinearMatMul: [
    node([bytes(2, 5, 6), ...scaled, bytes(6, 4), positive(4), unsigned(4), ...coarse]),
    node([bytes(2, 5, 6), ...scaled, bytes(2, 6, 4), ...scaled, ...coarse]),
  ],
} satisfies { readonly [Op in OperatorName]?: readonly Sample[] };

export const QUANTISED_MICROSOFT_SAMPLES = {
  DequantizeLinear: [node([bytes(4, 5, 6), ...scaled])],
  FusedConv: [
    node([data(4, 6, 7), data(4, 6, 1), data(4), data(4, 4, 7)], { activation: "Relu" }),
    node([data(2, 3, 9), data(4, 3, 3), data(4)], { activation: "Relu", pads: [1, 1] }),
  ],
  FusedGemm: [
    node([data(5, 6), data(6, 4), data(4)], { activation: "Relu" }),
    node([data(5, 6), data(6, 4)], { activation: "Relu" }),
  ],
  GatherBlockQuantized: [
    node([bytes(7, 16), indices(7, 4, 5), positive(7, 2)], {
      gather_axis: 0,
      quantize_axis: 1,
      block_size: 16,
      bits: 4,
    }),
  ],
  MatMulBnb4: [node([data(4, 5, 32), bytes(128), positive(8)], { K: 32, N: 8, block_size: 32, quant_type: 1 })],
  QGemm: [
    node([bytes(5, 6), ...scaled, bytes(6, 4), positive(4), unsigned(4), int32s(4, 9), ...coarse]),
    node([bytes(5, 6), ...scaled, bytes(4, 6), ...scaled], { transB: 1 }),
  ],
  QLinearAdd: [node([bytes(2, 5, 6), ...scaled, bytes(5, 6), ...scaled, ...coarse])],
  QLinearConcat: [node([...scaled, bytes(2, 5, 6), ...scaled, bytes(2, 3, 6), ...scaled], { axis: 1 })],
  QLinearLeakyRelu: [node([bytes(2, 5, 6), ...scaled, ...coarse])],
  QLinearMul: [node([bytes(2, 1, 6), ...scaled, bytes(2, 5, 1), ...scaled, ...coarse])],
  QLinearSigmoid: [node([bytes(2, 5, 6), ...scaled, ...coarse])],
  QLinearSoftmax: [
    node([bytes(2, 5, 6), ...scaled, ...scaled], { axis: -1, opset: 13 }),
    node([bytes(4, 5, 6), ...scaled, ...scaled], { axis: 1, opset: 12 }),
  ],
  QLinearWhere: [node([bools(2, 5, 6), bytes(2, 5, 6), ...scaled, bytes(5, 6), ...scaled, ...coarse])],
  QuantizeLinear: [node([data(4, 5, 6), ...scaled])],
} satisfies { readonly [Op in MicrosoftOperatorName]?: readonly Sample[] };
