/**
 * @file Extents after convolutions, pooling and resizing are expressions in the lengths before them, and agree with the numbers.
 */
import { expect, test } from "vitest";
import { outputShapes } from "../../compiler/operators/infer.ts";
import type { NodeView } from "../../compiler/operators/types.ts";
import type { ValueShape } from "../../compiler/ir/types.ts";
import { add, evaluate, floorDiv, mul, type Expr } from "../../compiler/expr/expr.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import { canonicalNode, integers, shape } from "../support/graphs.ts";
import { attributes, type Plain } from "./operands.ts";

type Values = Readonly<Record<string, Plain>>;

function viewOf(op: string, values: Values, dims: readonly Expr[], weight: readonly number[]): NodeView {
  const node = canonicalNode(op, ["x", "w", "scales", "sizes"], ["y"], { attributes: attributes(values) });
  const x: ValueShape = { elem: "float32", dims };
  const isResize = op === "Resize";
  const scales = isResize && weight.length > 0 ? tensorFromNumbers("float32", [weight.length], weight) : null;
  const sizes = isResize && scales === null ? integers(...dims.slice(0, 2), mul(3, "h"), "w") : null;
  return {
    node,
    inputs: [x, isResize ? null : shape("float32", ...weight), null, sizes && shape("int64", 4)],
    integers: (operand) => (operand === 3 ? sizes : null),
    constant: (operand) => (operand === 2 ? scales : null),
    declared: () => null,
  };
}

function places(op: string, values: Values, weight: readonly number[] = [], h: Expr = "h", w: Expr = "w") {
  return outputShapes(viewOf(op, values, ["b", 8, h, w], weight))?.[0]?.dims;
}

const halved = (x: Expr): Expr => floorDiv(add(x, 1), 2);
const weights = [16, 8, 3, 3];
const same = { pads: [1, 1, 1, 1] };
const half = { ...same, strides: [2, 2] };

test.each<readonly [string, readonly Expr[] | undefined, readonly Expr[]]>([
  ["a convolution that keeps the places", places("Conv", same, weights), ["b", 16, "h", "w"]],
  ["one that halves them", places("Conv", half, weights), ["b", 16, halved("h"), halved("w")]],
  ["halves of an even extent", places("Conv", half, weights, mul(2, "h"), 6), ["b", 16, "h", 3]],
  [
    "one that is padded to the stride",
    places("Conv", { auto_pad: "SAME_UPPER", strides: [2, 2] }, weights),
    ["b", 16, halved("h"), halved("w")],
  ],
  [
    "pooling",
    places("AveragePool", { kernel_shape: [2, 2], strides: [2, 2] }),
    ["b", 8, floorDiv("h", 2), floorDiv("w", 2)],
  ],
  ["pooling of all places", places("GlobalMaxPool", {}), ["b", 8, 1, 1]],
  [
    "a convolution backwards",
    places("ConvTranspose", { strides: [2, 2], pads: [1, 1, 1, 1] }, [8, 5, 4, 4]),
    ["b", 5, mul(2, "h"), mul(2, "w")],
  ],
  ["a multiple", places("Resize", {}, [1, 1, 2, 2]), ["b", 8, mul(2, "h"), mul(2, "w")]],
  ["a fraction", places("Resize", {}, [1, 1, 0.5, 0.25]), ["b", 8, floorDiv("h", 2), floorDiv("w", 4)]],
  ["sizes", places("Resize", {}), ["b", 8, mul(3, "h"), "w"]],
])("%s", (_, found, expected) => {
  expect(found).toEqual(expected);
});

test("what attributes and operands do not tell is left to the file", () => {
  expect(places("Resize", {}, [1, 1, 1.5, 1])).toBeUndefined();
  expect(places("Resize", { coordinate_transformation_mode: "tf_crop_and_resize" }, [1, 1, 2, 2])).toBeUndefined();
  expect(places("AveragePool", { kernel_shape: [3, 3], ceil_mode: 1 })).toBeUndefined();
  expect(places("ConvTranspose", { output_shape: [9, 9] }, [8, 5, 4, 4])).toBeUndefined();
});

test("with lengths put in, an extent is what it is for numbers", () => {
  for (const op of ["Conv", "ConvTranspose", "MaxPool"]) {
    for (const stride of [1, 2, 3])
      for (const dilation of [1, 2])
        for (const pad of [0, 1, 3]) {
          const lists = { strides: [stride, 1], dilations: [dilation, 1], pads: [pad, 0, 1, 2] };
          const values = { ...lists, kernel_shape: [3, 2] };
          const kernel = op === "Conv" ? [4, 8, 3, 2] : [8, 4, 3, 2];
          const symbolic = places(op, values, kernel)!;
          for (const h of [7, 8, 12, 13]) {
            const numbers = outputShapes(viewOf(op, values, [2, 8, h, 9], kernel))![0]!.dims;
            expect(symbolic.map((d) => evaluate(d, { b: 2, h, w: 9 }))).toEqual(numbers);
          }
        }
  }
});
