/**
 * @file Operators whose axes must be whole except for named ones: convolutions, pooling, recurrences, and every operator that the table does not
 * contain. Where extents cannot be computed, the file states them.
 */
import { isOpen, type Expr } from "../../expr/expr.ts";
import { factorList, intAttribute, intsAttribute } from "../builder.ts";
import { spreadRows } from "./places/blocks.ts";
import { windowed, type Filling } from "./windowed.ts";
import type { Axis, FactorMap, OperatorRule, NodeView } from "../types.ts";
import { convolved, pooled, pooledWhole, transposed } from "../windows.ts";

/** (N, C, places...) to one or more results of the same extents: only the batch passes, and with a second result no axis does. */
export const spatial: OperatorRule = placed(convolved);
const anyPooling: OperatorRule = placed(pooled, [{ operand: 0 }, { elem: "int64" }]);

/** Pooling, with what it does outside of its operand. */
export function pooling(fill: Filling): OperatorRule {
  return {
    types: anyPooling.types,
    factors: (view) =>
      windowed(view, intsAttribute(view, "kernel_shape"), pooled(view), fill) ?? anyPooling.factors(view),
  };
}

export const globalPooling: OperatorRule = placed(pooledWhole);
const anyTransposed: OperatorRule = placed(transposed);

export const transposedConvolution: OperatorRule = {
  types: anyTransposed.types,
  factors: (view) => spreadRows(view, transposed(view)) ?? anyTransposed.factors(view),
};

/** Pooling of blocks of channels: the kernel knows no result but the first. */
export const blockedPooling: OperatorRule = placed(pooled);

/** Channels in blocks to channels in order, first or last; some of the last block may be left out. */
export const unblocked: OperatorRule = placed((view) => {
  const [x] = view.inputs;
  const [batch, , ...places] = x?.dims ?? [];
  const channels = intAttribute(view, "channels", 0);
  if (batch === undefined || channels === 0) return null;
  return intAttribute(view, "channels_last", 0) === 1 ? [batch, ...places, channels] : [batch, channels, ...places];
});

function placed(
  extents: (view: NodeView) => readonly Expr[] | null,
  types: OperatorRule["types"] = [{ operand: 0 }],
): OperatorRule {
  return {
    types,
    factors: (view) => {
      const found = extents(view);
      const results = view.node.outputs.map((_, i) => statedOr(view.declared(i)?.dims ?? null, found));
      // A second result holds positions in the whole input, which a rank with a part of the batch does not know.
      return opaque(view, view.node.outputs.filter((name) => name !== "").length === 1, results);
    },
  };
}

/**
 * LSTM, GRU and RNN: each step reads the state of the step before, and each unit all units. Operands are the sequence, weights by direction, then
 * by element of the batch: its length, and the first states.
 */
export const recurrent: OperatorRule = {
  types: [{ operand: 0 }],
  factors: (view) => {
    const [sequence, weights, recurrence] = view.inputs;
    // The CPU kernels have no layout with the batch first.
    const isKnown = [sequence, weights, recurrence].every((shape) => shape?.dims.length === 3);
    if (!isKnown || intAttribute(view, "layout", 0) !== 0) return unknown.factors(view);
    const list = factorList();
    const [steps, batch, features] = sequence!.dims.map((d, i) => list.axis(d, i === 1 ? "free" : "along"));
    const [directions, units] = [weights!.dims[0]!, recurrence!.dims[2]!].map((d) => list.axis(d, "along"));
    const whole = (dims: readonly Expr[]): readonly Axis[] => dims.map((d) => list.axis(d, "along"));
    const [state, length] = [[directions!, batch!, units!], [batch!]];
    const inputs = view.inputs.map((shape, i) => {
      if (shape === null) return null;
      if (i === 0) return [steps!, batch!, features!];
      if (i === LENGTHS) return length;
      return i === FIRST_STATE || i === FIRST_CELL ? state : whole(shape.dims);
    });
    const outputs = view.node.outputs.map((_, i) => (i === 0 ? [steps!, directions!, batch!, units!] : state));
    return { factors: list.factors, inputs, outputs, sizing: [] };
  },
};
const [LENGTHS, FIRST_STATE, FIRST_CELL] = [4, 5, 6];

/** Extents that depend on data come from the file, if it states them. */
function statedOr(stated: readonly Expr[] | null, found: readonly Expr[] | null): readonly Expr[] | null {
  return found === null || (stated !== null && found.some(isOpen)) ? stated : found;
}

/** No axis passes. */
export const unknown: OperatorRule = {
  types: ["declared"],
  factors: (view) =>
    opaque(
      view,
      false,
      view.node.outputs.map((_, i) => view.declared(i)?.dims ?? null),
    ),
};

function opaque(view: NodeView, batch: boolean, results: readonly (readonly Expr[] | null)[]): FactorMap | null {
  if (results.some((dims) => dims === null)) return null;
  const list = factorList();
  const first = list.axis(view.inputs[0]?.dims[0] ?? 1);
  const whole = (dims: readonly Expr[], withBatch: boolean): readonly Axis[] =>
    dims.map((d, i) => (withBatch && i === 0 ? first : list.axis(d, "along")));
  const inputs = view.inputs.map((s, i) => (s === null ? null : whole(s.dims, batch && i === 0)));
  return { factors: list.factors, inputs, outputs: results.map((dims) => whole(dims!, batch)), sizing: [] };
}
