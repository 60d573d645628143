/**
 * @file Operators that sum over an index shared by two operands: `MatMul`, `Gemm`, `Einsum`.
 */
import type { ValueShape } from "../types.ts";
import { broadcastExtent } from "./elementwise.ts";
import { factorList, intAttribute, ONE, stringAttribute } from "./builder.ts";
import type { Axis, FactorMap, OperatorRule, Site } from "./types.ts";

/** (b..., m, k), (b..., k, n) -> (b..., m, n), with the vector forms of numpy. */
export const matMul: OperatorRule = { type: { operand: 0 }, factors: matMulFactors };

function matMulFactors(site: Site): FactorMap | null {
  const [a, b] = site.inputs;
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
export const gemm: OperatorRule = { type: { operand: 0 }, factors: gemmFactors };

function gemmFactors(site: Site): FactorMap | null {
  const [a, b, c] = site.inputs;
  if (a?.dims.length !== 2 || b?.dims.length !== 2) return null;
  const transA = intAttribute(site, "transA", 0) === 1;
  const transB = intAttribute(site, "transB", 0) === 1;
  const list = factorList();
  const m = list.axis(a.dims[transA ? 1 : 0]!);
  // A bias is added once: with one, partial products are no partial results.
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

/** Letters are factors; a letter that the result lacks is summed. An ellipsis is not in the table. */
export const einsum: OperatorRule = { type: { operand: 0 }, factors: einsumFactors };

function einsumFactors(site: Site): FactorMap | null {
  const equation = stringAttribute(site, "equation")?.replaceAll(" ", "");
  const [terms, result] = equation?.split("->") ?? [];
  if (terms === undefined || result === undefined || terms.includes(".")) return null;
  const list = factorList();
  const axes = new Map<string, Axis>();
  const inputs = terms.split(",").map((letters, i) =>
    [...letters].map((letter, axis) => {
      const extent = site.inputs[i]?.dims[axis] ?? 1;
      const known = axes.get(letter);
      if (known !== undefined) return known;
      const made = list.axis(extent, result.includes(letter) ? "free" : "sum");
      axes.set(letter, made);
      return made;
    }),
  );
  const outputs = [[...result].map((letter) => axes.get(letter) ?? ONE)];
  return { factors: list.factors, inputs, outputs, sizing: [] };
}
