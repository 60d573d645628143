/**
 * @file Operators that sum over an index shared by two operands: `MatMul`, `Gemm`, `Einsum`.
 */
import type { ValueShape } from "../../ir/types.ts";
import { broadcastExtent } from "./elementwise.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import type { Attributes } from "../../graph/types.ts";
import { factorList, intAttribute, ONE, stringAttribute } from "../builder.ts";
import type { Axis, FactorMap, OperatorRule, NodeView } from "../types.ts";

/** (b..., m, k), (b..., k, n) -> (b..., m, n), with the vector forms of numpy. */
export const matMul: OperatorRule = { types: [{ operand: 0 }], factors: matMulFactors };

/** `MatMul` of operands whose axes may have another order: `fusedOrder`. An order and an operand of one axis have no agreed meaning. */
export const fusedMatMul: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const isTurned = ["A", "B"].some((name) =>
      ["trans", "transBatch"].some((flag) => numberAttribute(view.node.attributes, flag + name, 0) !== 0),
    );
    if (isTurned && view.inputs.some((s) => s?.dims.length === 1)) return null;
    const orders = view.inputs.map((s, i) =>
      fusedOrder(view.node.attributes, i === 0 ? "A" : "B", s?.dims.length ?? 0),
    );
    const inputs = view.inputs.map((s, i) => s && { ...s, dims: orders[i]!.map((axis) => s.dims[axis]!) });
    const map = matMulFactors({ ...view, inputs });
    const back = (axes: readonly Axis[], order: readonly number[]): readonly Axis[] =>
      axes.map((_, axis) => axes[order.indexOf(axis)]!);
    return map && { ...map, inputs: map.inputs.map((axes, i) => axes && back(axes, orders[i]!)) };
  },
};

/** The axes of an operand of `FusedMatMul` in the order of `MatMul`: the first before the last, and then the last two exchanged. */
export function fusedOrder(attributes: Attributes, operand: "A" | "B", rank: number): readonly number[] {
  const isSet = (name: string): boolean => numberAttribute(attributes, name + operand, 0) === 1;
  const axes = Array.from({ length: rank }, (_, i) => i);
  if (rank < 2) return axes;
  const batched = isSet("transBatch") ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  return isSet("trans") ? [...batched.slice(0, -2), batched.at(-1)!, batched.at(-2)!] : batched;
}

/** (..., k) with packed weights: the rows pass, all other axes are whole. */
export const matMulNBits: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const [a, ...packed] = view.inputs;
    const n = intAttribute(view, "N", 0);
    if (!a || n === 0) return null;
    const list = factorList();
    const axes = a.dims.map((d, i) => list.axis(d, i === a.dims.length - 1 ? "along" : "free"));
    const rest = packed.map((s) => s && s.dims.map((d) => list.axis(d, "along")));
    const output = [...axes.slice(0, -1), list.axis(n, "along")];
    return { factors: list.factors, inputs: [axes, ...rest], outputs: [output], sizing: [] };
  },
};

/** Products of integers minus their zero points: operands 2 and 3 are scalars, or one number for each row of a or column of b. */
export const matMulInteger: OperatorRule = {
  types: [{ elem: "int32" }],
  factors: (view) => {
    const map = matMulFactors({ ...view, inputs: view.inputs.slice(0, 2) });
    const [left, right] = map?.inputs ?? [];
    if (!map || !left || !right) return null;
    const points = [left.at(-2), right.at(-1)].map((axis, i) => {
      const point = view.inputs[i + 2];
      return point ? point.dims.map((d) => (d === 1 ? ONE : (axis ?? ONE))) : null;
    });
    return { ...map, inputs: [left, right, ...points].slice(0, view.inputs.length) };
  },
};

function matMulFactors(view: NodeView): FactorMap | null {
  const [a, b] = view.inputs;
  if (!a || !b || a.dims.length === 0 || b.dims.length === 0) return null;
  const list = factorList();
  const rank = Math.max(a.dims.length, b.dims.length);
  const batch: Axis[] = [];
  for (let i = 0; i < rank - 2; i++) {
    batch.push(list.axis(broadcastExtent([batchExtent(a, i, rank), batchExtent(b, i, rank)])));
  }
  const m = a.dims.length > 1 ? list.axis(a.dims.at(-2)!) : null;
  const k = list.axis(a.dims.at(-1)!, "sum");
  const n = b.dims.length > 1 ? list.axis(b.dims.at(-1)!) : null;
  const own = (shape: ValueShape): readonly Axis[] =>
    batch.slice(rank - shape.dims.length).map((x, i) => (shape.dims[i] === 1 ? ONE : x));
  const output = [...batch, ...(m ? [m] : []), ...(n ? [n] : [])];
  const left = m ? [...own(a), m, k] : [k];
  const right = n ? [...own(b), k, n] : [k];
  return { factors: list.factors, inputs: [left, right], outputs: [output], sizing: [] };
}

function batchExtent(shape: ValueShape, axis: number, rank: number) {
  return shape.dims.length <= 2 ? 1 : (shape.dims[axis - rank + shape.dims.length] ?? 1);
}

/** (m, k) or its transpose, (k, n) or its transpose, and a bias broadcastable to (m, n). */
export const gemm: OperatorRule = { types: [{ operand: 0 }], factors: gemmFactors };

/** `Gemm` with an activation, which needs the whole sum. */
export const fusedGemm: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const map = gemmFactors(view);
    return (
      map && { ...map, factors: map.factors.map((f) => (f.kind === "sum" ? { ...f, kind: "along" as const } : f)) }
    );
  },
};

function gemmFactors(view: NodeView): FactorMap | null {
  const [a, b, c] = view.inputs;
  if (a?.dims.length !== 2 || b?.dims.length !== 2) return null;
  const transA = intAttribute(view, "transA", 0) === 1;
  const transB = intAttribute(view, "transB", 0) === 1;
  const list = factorList();
  const m = list.axis(a.dims[transA ? 1 : 0]!);
  // A bias must be added once: with one, a sum of partial products is not the result.
  const k = list.axis(a.dims[transA ? 0 : 1]!, c ? "along" : "sum");
  const n = list.axis(b.dims[transB ? 0 : 1]!);
  const bias =
    c === undefined || c === null ? null : [m, n].slice(2 - c.dims.length).map((x, i) => (c.dims[i] === 1 ? ONE : x));
  return {
    factors: list.factors,
    inputs: [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], bias],
    outputs: [[m, n]],
    sizing: [],
  };
}

/** Letters are factors; a letter missing in the result is summed. Ellipses are not supported. */
export const einsum: OperatorRule = { types: [{ operand: 0 }], factors: einsumFactors };

function einsumFactors(view: NodeView): FactorMap | null {
  const equation = stringAttribute(view, "equation")?.replaceAll(" ", "");
  const [terms, result] = equation?.split("->") ?? [];
  if (terms === undefined || result === undefined || terms.includes(".")) return null;
  const list = factorList();
  const operands = terms.split(",");
  const axes = new Map<string, Axis>();
  for (const letter of new Set(terms.replaceAll(",", ""))) {
    const extents = operands.flatMap((letters, i) =>
      [...letters].flatMap((l, axis) => (l === letter ? [view.inputs[i]?.dims[axis] ?? 1] : [])),
    );
    // A letter that occurs twice in one operand is its diagonal, which no rank has.
    const diagonal = operands.some((letters) => letters.indexOf(letter) !== letters.lastIndexOf(letter));
    const kind = diagonal ? "along" : result.includes(letter) ? "free" : "sum";
    axes.set(letter, list.axis(broadcastExtent(extents), kind));
  }
  const inputs = operands.map((letters, i) =>
    [...letters].map((letter, axis) => (view.inputs[i]?.dims[axis] === 1 ? ONE : axes.get(letter)!)),
  );
  const outputs = [[...result].map((letter) => axes.get(letter) ?? ONE)];
  return { factors: list.factors, inputs, outputs, sizing: [] };
}
