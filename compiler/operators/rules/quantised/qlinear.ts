/**
 * @file Operators on small integers with scales and zero points among their operands, as static quantisation writes them: each has the map of
 * the operator that it stands for, with parameters for all elements, or one for each column of weights.
 */
import { numbersOf } from "../../../graph/tensors.ts";
import { mul } from "../../../expr/expr.ts";
import { factorList, fromEnd, intAttribute, ONE } from "../../builder.ts";
import type { Axis, FactorMap, NodeView, OperatorRule, ResultType } from "../../types.ts";
import { gemm, matMul } from "../contraction.ts";
import { convolutionWith } from "../convolution.ts";
import { elementwise } from "../elementwise.ts";
import { concat } from "../joining.ts";
import { alongAxis } from "../reduction.ts";
import type { Filling } from "../windowed.ts";

type Parameters = (operand: number, map: FactorMap) => readonly Axis[] | null;

/**
 * The map of the operands `at` under another rule. Other operands are parameters: of one element, or with axes of the map. `null` where one has
 * neither.
 */
function under(
  { factors }: Pick<OperatorRule, "factors">,
  view: NodeView,
  at: readonly number[],
  parameters: Parameters = () => null,
): FactorMap | null {
  const map = factors({ ...view, inputs: at.map((i) => view.inputs[i] ?? null), integers: () => null });
  if (map === null) return null;
  const inputs = view.inputs.map((shape, i) => {
    if (shape === null) return null;
    if (at.includes(i)) return map.inputs[at.indexOf(i)] ?? null;
    return shape.dims.every((d) => d === 1) ? shape.dims.map(() => ONE) : parameters(i, map);
  });
  const isComplete = inputs.every((axes, i) => axes !== null || view.inputs[i] === null);
  return isComplete ? { ...map, inputs } : null;
}

/** A result that is rounded to few levels must have its whole sum. */
function summedWhole(map: FactorMap | null): FactorMap | null {
  return map && { ...map, factors: map.factors.map((f) => (f.kind === "sum" ? { ...f, kind: "along" as const } : f)) };
}

function quantised(type: ResultType, factors: OperatorRule["factors"]): OperatorRule {
  return { types: [type], factors };
}

const same = elementwise();

/** (A, scale, zero point, B, scale, zero point, scale, zero point). */
export const quantisedBinary: OperatorRule = quantised({ operand: 0 }, (view) => under(same, view, [0, 3]));

/** (X, scale, zero point, scale, zero point). */
export const quantisedUnary: OperatorRule = quantised({ operand: 0 }, (view) => under(same, view, [0]));

/** (condition, X, scale, zero point, Y, scale, zero point, scale, zero point). */
export const quantisedWhere: OperatorRule = quantised({ operand: 1 }, (view) => under(same, view, [0, 1, 4]));

/** Over one axis, or in older operator sets over all from it on. */
export const quantisedSoftmax: OperatorRule = quantised({ operand: 0 }, (view) => {
  const map = under(alongAxis(-1), view, [0]);
  const shape = view.inputs[0];
  const first = fromEnd(intAttribute(view, "axis", -1), shape?.dims.length ?? 0);
  if (map === null || intAttribute(view, "opset", 13) >= 13) return map;
  const rows = new Set(
    map.outputs[0]!.slice(first).flatMap((axis) => ("product" in axis ? axis.product : axis.joined)),
  );
  return { ...map, factors: map.factors.map((f, i) => (rows.has(i) ? { ...f, kind: "along" as const } : f)) };
});

/** (scale, zero point, then value, scale and zero point of each operand). */
export const quantisedConcat: OperatorRule = quantised({ operand: 2 }, (view) =>
  under(
    concat,
    view,
    view.inputs.flatMap((_, i) => (i % 3 === 2 ? [i] : [])),
  ),
);

/** Parameters with one element for each row of a, or for each column of b. */
const perColumn =
  (view: NodeView, ofRows: readonly number[], b: number, columns: -1 | -2 = -1): Parameters =>
  (operand, map) => {
    const axis = ofRows.includes(operand) ? map.outputs[0]!.at(-2) : map.inputs[b]?.at(columns);
    return view.inputs[operand]!.dims.map((d) => (d === 1 ? ONE : (axis ?? ONE)));
  };

/** (a, scale, zero point, b, scale, zero point, scale, zero point). */
export const quantisedMatMul: OperatorRule = quantised({ operand: 7 }, (view) =>
  summedWhole(under(matMul, view, [0, 3], perColumn(view, [1, 2], 1))),
);

/** (A, scale, zero point, B, scale, zero point, C, scale, zero point): without the last two the result is of floats. */
export const quantisedGemm: OperatorRule = quantised({ operand: 8, otherwise: "float32" }, (view) =>
  summedWhole(under(gemm, view, [0, 3, 6], perColumn(view, [], 1, intAttribute(view, "transB", 0) === 1 ? -2 : -1))),
);

/** Places outside count as the zero point. */
const paddedBy =
  (operand: number): Filling =>
  (view) => {
    const point = view.constant(operand);
    const isZero = !view.node.inputs[operand] || (point !== null && numbersOf(point)?.every((n) => n === 0) === true);
    return isZero ? "zeros" : "none";
  };

/** One for each feature of the result, like the weights. */
const perFeature =
  (view: NodeView): Parameters =>
  (operand, map) =>
    view.inputs[operand]!.dims.map(() => map.inputs[1]?.[0] ?? ONE);

/** (x, w, zero point, zero point). */
export const convolutionOfIntegers: OperatorRule = quantised({ elem: "int32" }, (view) =>
  under(
    convolutionWith(() => paddedBy(2)(view)),
    view,
    [0, 1],
    perFeature(view),
  ),
);

/** (x, scale, zero point, w, scale, zero point, scale, zero point, B). */
export const quantisedConvolution: OperatorRule = quantised({ operand: 7 }, (view) =>
  under(
    convolutionWith(() => paddedBy(2)(view)),
    view,
    [0, 3, 8],
    perFeature(view),
  ),
);

/** Bits of an element of packed data that is stored as bytes. */
const BYTE = 8;

/** (packed data, indices, scales, zero points): rows of a table with blocks of weights. Two elements of 4 bits are in a byte of the last axis. */
export const gatherBlocks: OperatorRule = quantised({ operand: 2 }, (view) => {
  const [data, indices] = view.inputs;
  if (!data || !indices) return null;
  const list = factorList();
  const whole = (dims: typeof data.dims): readonly Axis[] => dims.map((d) => list.axis(d, "along"));
  const [last, axis] = [data.dims.length - 1, fromEnd(intAttribute(view, "gather_axis", 0), data.dims.length)];
  const perByte = data.elem === "uint8" ? BYTE / intAttribute(view, "bits", 4) : 1;
  const rows = indices.dims.map((d) => list.axis(d));
  const rest = whole(data.dims.map((d, i) => (i === last ? mul(d, perByte) : d)));
  const inputs = view.inputs.map((shape, i) => (i === 1 ? rows : shape && whole(shape.dims)));
  const output = [...rest.slice(0, axis), ...rows, ...rest.slice(axis + 1)];
  return { factors: list.factors, inputs, outputs: [output], sizing: [] };
});
