/**
 * @file Nodes of operators over (N, C, places...): those whose places are made of rows of several ranks, or of the ends of an axis.
 */
import { absent, data, floats, node, vector, type Operand } from "./operands.ts";

export const PLACES = {
  AveragePool: [
    node([data(4, 3, 6)], { kernel_shape: [2], strides: [1] }),
    node([data(4, 3, 8)], { kernel_shape: [3], strides: [2], ceil_mode: 1 }, { declared: [4, 3, 4] }),
    node([data(4, 3, 7)], { kernel_shape: [3], strides: [2], pads: [1, 1] }),
  ],
  ConvTranspose: [
    node([data(4, 3, 6), data(3, 2, 2)]),
    node([data(4, 4, 6), data(4, 3, 3)], { group: 2, strides: [2], pads: [1, 0], output_padding: [1], dilations: [2] }),
    node([data(4, 3, 6), data(3, 2, 4)], { auto_pad: "SAME_LOWER", strides: [2] }),
    node([data(4, 3, 6), data(3, 2, 2)], { output_shape: [9], strides: [2] }, { declared: [4, 2, 9] }),
    node([data(4, 3, 5), data(3, 2, 2), data(2)], { strides: [2] }),
    node([data(4, 3, 5, 7), data(3, 2, 4, 3)], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [0, 1] }),
  ],
  InstanceNormalization: [node([data(2, 4, 5, 7), data(4), data(4)], { epsilon: { kind: "float", value: 0.1 } })],
  MaxPool: [
    node([data(4, 3, 6)], { kernel_shape: [2], strides: [1] }),
    node([data(4, 3, 7, 9)], { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 0, 1, 1] }, { outputs: 2 }),
    node([data(4, 3, 15)], { kernel_shape: [3], dilations: [2], strides: [2], pads: [1, 2] }),
  ],
  Pad: [
    node([data(4, 12), vector(0, 1, 0, 2)], { mode: "reflect" }),
    node([data(4, 5), vector(4, 1), absent, vector(1)], { mode: "edge" }),
  ],
  Resize: [
    node([data(4, 3, 6), absent, absent, vector(4, 3, 12)], { mode: "nearest" }),
    node([data(4, 3, 6), absent, absent, vector(9)], { mode: "linear", axes: [-1] }),
    node([data(4, 3, 5), absent, floats(1, 1, 1.1)], { mode: "linear" }),
    node([data(4, 3, 5, 7), absent, floats(2, 0.5)], { mode: "nearest", axes: [2, 3] }),
    node([data(2, 2, 5, 7), absent, floats(1, 1, 4, 2)], { mode: "linear" }),
    node([data(2, 2, 5, 7), absent, floats(1, 1, 2, 2)], {
      mode: "cubic",
      coordinate_transformation_mode: "asymmetric",
    }),
    node([data(2, 2, 5, 7), absent, floats(1, 1, 3, 2)], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    }),
  ],
} as const;

/** Numbers of rows, counted from the start or from the end. */
const numbers = (extent: number, ...dims: readonly number[]): Operand => {
  return { kind: "data", elem: "int64", dims, low: -extent, high: extent };
};

/** Fewer rows than the axis has, by numbers. */
export const READS = {
  Gather: [node([data(3, 11, 5), numbers(11, 2, 3)], { axis: 1 })],
  GatherElements: [node([data(3, 11), numbers(11, 3, 2)], { axis: 1 })],
  GatherND: [node([data(9, 8, 3), numbers(8, 2, 3, 2)]), node([data(2, 9, 8), numbers(8, 2, 3, 1)], { batch_dims: 1 })],
} as const;
