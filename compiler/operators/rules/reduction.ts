/**
 * @file Operators that reduce or normalise along axes: `ReduceMean` and similar, `Softmax`, the normalisations.
 */
import { axesOf, factorList, fromEnd, intAttribute, intsAttribute, numbersOf, ONE, unaryMap } from "../builder.ts";
import type { Axis, FactorKind, FactorMap, OperatorRule, NodeView, PositionExchange } from "../types.ts";

import { momentsOf } from "./places/moments.ts";

const sameType = [{ operand: 0 }] as const;

/** `ReduceSum` and similar: the named axes (without names, all) are removed, or stay with extent 1. */
export function reduction(kind: FactorKind): OperatorRule {
  return { types: sameType, factors: (view) => reduced(view, kind) };
}

function reduced(view: NodeView, kind: FactorKind): FactorMap | null {
  const shape = view.inputs[0];
  const axes = shape && axesOf(view, 1, shape.dims.length);
  if (!shape || (!axes && view.inputs[1])) return null;
  const named = axes ?? [];
  const none = named.length === 0;
  if (none && intAttribute(view, "noop_with_empty_axes", 0) === 1) return plain(view, []);
  const gone = none ? shape.dims.map((_, i) => i) : named;
  const list = factorList();
  const input = shape.dims.map((d, i) => list.axis(d, gone.includes(i) ? kind : "free"));
  const keep = intAttribute(view, "keepdims", 1) === 1;
  const output = input.flatMap((axis, i) => (gone.includes(i) ? (keep ? [ONE] : []) : [axis]));
  return { factors: list.factors, inputs: [input, null], outputs: [output], sizing: [] };
}

/** The k largest along an axis and their positions: the axis must be whole, and has extent k in the result. */
export const topK: OperatorRule = {
  types: [{ operand: 0 }, { elem: "int64" }],
  factors: (view) => {
    const shape = view.inputs[0];
    const k = view.integers(1)?.elements[0];
    if (!shape || k === undefined) return null;
    const at = fromEnd(intAttribute(view, "axis", -1), shape.dims.length);
    const list = factorList();
    const input = shape.dims.map((d, i) => list.axis(d, i === at ? "along" : "free"));
    const output = input.with(at, list.axis(k, "along"));
    return { factors: list.factors, inputs: [input, null], outputs: view.node.outputs.map(() => output), sizing: [] };
  },
};

/** `ArgMax`, `ArgMin`: positions along one axis, which therefore must be whole, or is split with an exchange of the best ones. */
export const argument: OperatorRule = {
  types: [{ elem: "int64" }],
  factors: (view) => {
    const shape = view.inputs[0];
    if (!shape) return null;
    const at = fromEnd(intAttribute(view, "axis", 0), shape.dims.length);
    const list = factorList();
    const input = shape.dims.map((d, i) => list.axis(d, i === at ? "along" : "free"));
    const keep = intAttribute(view, "keepdims", 1) === 1;
    const result = input.flatMap((axis, i) => (i === at ? (keep ? [ONE] : []) : [axis]));
    const along = input[at]!;
    const exchanges = "product" in along ? along.product.map((factor) => positionOf(view, factor, at)) : [];
    return { ...unaryMap(list.factors, input, result), exchanges };
  },
};

function positionOf(view: NodeView, factor: number, axis: number): PositionExchange {
  const last = intAttribute(view, "select_last_index", 0) === 1;
  return { kind: "position", factor, axis, largest: view.node.op === "ArgMax", last };
}

/** The result has the operand's shape; the attribute `axis` names the only axis that must be whole. */
export function alongAxis(otherwise: number): OperatorRule {
  return {
    types: sameType,
    factors: (view) => plain(view, [fromEnd(intAttribute(view, "axis", otherwise), rankOf(view))]),
  };
}

/** A running sum: operand 1 names the axis. */
export const cumulative: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const at = numbersOf(view, 1)?.[0];
    const axis = at === undefined ? null : fromEnd(at, rankOf(view));
    const map = axis === null ? null : plain(view, [axis]);
    const along = map?.outputs[0]?.[axis ?? 0];
    if (map === null || axis === null || along === undefined || !("product" in along)) return map;
    const reverse = intAttribute(view, "reverse", 0) === 1;
    return { ...map, exchanges: along.product.map((factor) => ({ kind: "scan", factor, axis, reverse })) };
  },
};

/** Normalises over all axes from `axis` on; scale and bias have these axes (the last of them at least). */
export const layerNormalization: OperatorRule = {
  types: [{ operand: 0 }, { attribute: "stash_type", otherwise: "float32" }],
  factors: (view) => {
    const rank = rankOf(view);
    const from = fromEnd(intAttribute(view, "axis", -1), rank);
    if (from < 0 || from > rank) return null;
    const map = plain(
      view,
      Array.from({ length: rank - from }, (_, i) => from + i),
    );
    if (map === null) return null;
    const axes = map.outputs[0]!;
    const parameters = view.inputs.slice(1).map((s) => {
      if (s === null) return null;
      return s.dims.map((d, i): Axis => (d === 1 ? ONE : (axes[rank - s.dims.length + i] ?? ONE)));
    });
    const statistics = axes.map((x, i) => (i < from ? x : ONE));
    return {
      ...map,
      inputs: [axes, ...parameters],
      outputs: view.node.outputs.map((_, i) => (i === 0 ? axes : statistics)),
    };
  },
};

/** A stream and the value added to it, normalised over the last axis; the sum is the last result. */
export const skipNormalization: OperatorRule = {
  types: [{ operand: 0 }, { elem: "float32" }, { elem: "float32" }, { operand: 0 }],
  factors: (view) => {
    const [input, skip, ...parameters] = view.inputs;
    if (!input || !skip) return null;
    const list = factorList();
    const axes = input.dims.map((d, i) => list.axis(d, i === input.dims.length - 1 ? "along" : "free"));
    const added = skip.dims.map((d, i) => (d === 1 ? ONE : axes[input.dims.length - skip.dims.length + i]!));
    const rest = parameters.map((s) => (s === null ? null : axes.slice(-1)));
    const statistics = [...axes.slice(0, -1), ONE];
    const outputs = view.node.outputs.map((_, i) => (i === 0 || i === 3 ? axes : statistics));
    return { factors: list.factors, inputs: [axes, added, ...rest], outputs, sizing: [] };
  },
};

/** The mean and variance of each channel are operands: every axis passes, unless training updates them. */
export const batchNormalization: OperatorRule = {
  types: sameType,
  factors: (view) => {
    if (intAttribute(view, "training_mode", 0) === 1) return null;
    return channelNormalization(view.inputs[0]?.dims.map((_, i) => i) ?? []).factors(view);
  },
};

/** Over the axes that an attribute names. */
export const meanVarianceNormalization: OperatorRule = {
  types: sameType,
  factors: (view) =>
    plain(
      view,
      (intsAttribute(view, "axes") ?? [0, 2, 3]).map((a) => fromEnd(a, rankOf(view))),
    ),
};

/** Reverses the steps of a sequence, for every element of a batch by its length. */
export const reverseSequence: OperatorRule = {
  types: sameType,
  factors: (view) => {
    const map = plain(view, [intAttribute(view, "time_axis", 0)]);
    const axes = map?.outputs[0];
    return map && axes ? { ...map, inputs: [axes, [axes[intAttribute(view, "batch_axis", 1)] ?? ONE]] } : null;
  },
};

/** (N, C, spatial...): normalised over space (and groups of channels); `free` are the axes that pass. */
export function channelNormalization(free: readonly number[]): OperatorRule {
  return {
    types: sameType,
    factors: (view) => {
      const shape = view.inputs[0];
      if (!shape) return null;
      const list = factorList();
      const axes = shape.dims.map((d, i) => list.axis(d, free.includes(i) ? "free" : "along"));
      const channel = axes[1] ?? ONE;
      const parameters = view.inputs
        .slice(1)
        .map((s) => (s === null ? null : s.dims.map((d) => (d === 1 ? ONE : channel))));
      const exchanges = momentsOf(view, axes, list.factors);
      return { factors: list.factors, inputs: [axes, ...parameters], outputs: [axes], sizing: [], exchanges };
    },
  };
}

function plain(view: NodeView, along: readonly number[]): FactorMap | null {
  const shape = view.inputs[0];
  if (!shape) return null;
  const list = factorList();
  const axes = shape.dims.map((d, i) => list.axis(d, along.includes(i) ? "along" : "free"));
  return { factors: list.factors, inputs: [axes, null], outputs: [axes], sizing: [] };
}

function rankOf(view: NodeView): number {
  return view.inputs[0]?.dims.length ?? 0;
}
