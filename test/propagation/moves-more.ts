/**
 * @file Moves with rarer operators: quantisation, top-k along an axis, space-to-depth, given statistics, scatter by element.
 */
import { exactDiv, mul, type Expr } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { emit, emitAll, extentsOperand, integers, weight, type Draft, type Move, type Value } from "./draft.ts";

/** To uint8 and back, with one scale or one for each row of an axis. */
const quantise: Move = (d, pick) => {
  const x = pick.value(d);
  const at = x.dims.findLastIndex((e) => typeof e === "number");
  const extent = x.dims[at];
  const rows = typeof extent === "number" && pick.chance(50) ? [extent] : [];
  const scale = emit(d, "Exp", [weight(d, ...rows)], rows);
  const zero = integers(d, Array<number>(rows[0] ?? 1).fill(128), rows, "uint8");
  const axis = { axis: int(Math.max(at, 0)) };
  const small = emit(d, "QuantizeLinear", [x, scale, zero], x.dims, axis);
  return emit(d, "DequantizeLinear", [small, scale, zero], x.dims, axis);
};

const dynamicQuantise: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const [small, scale, zero] = emitAll(d, "DynamicQuantizeLinear", [x], [x.dims, [], []]);
  return emit(d, "DequantizeLinear", [small!, scale!, zero!], x.dims);
};

const largest: Move = (d, pick) => {
  const x = pick.value(d);
  const at = pick.axis(x);
  const extent = x.dims[at];
  if (typeof extent !== "number" || extent < 2) return null;
  const [values] = emitAll(d, "TopK", [x, integers(d, [2])], [x.dims.with(at, 2), x.dims.with(at, 2)], {
    axis: int(at),
  });
  return values!;
};

const blocks: Move = (d, pick) => {
  const x = pick.value(d);
  const [batch, channels, height, width] = x.dims;
  if (batch === undefined || channels === undefined || height === undefined || width === undefined) return null;
  if (x.dims.length !== 4) return null;
  const mode = { mode: { kind: "string", value: pick.of(["DCR", "CRD"]) }, blocksize: int(2) } as const;
  const shallow = exactDiv(channels, 4);
  if (shallow !== null && pick.chance(60)) {
    return emit(d, "DepthToSpace", [x], [batch, shallow, mul(height, 2), mul(width, 2)], mode);
  }
  const [rows, columns] = [exactDiv(height, 2), exactDiv(width, 2)];
  if (rows === null || columns === null) return null;
  return emit(d, "SpaceToDepth", [x], [batch, mul(channels, 4), rows, columns], { blocksize: int(2) });
};

const given: Move = (d, pick) => {
  const x = pick.value(d);
  const [, channels] = x.dims;
  if (typeof channels !== "number") return null;
  const [scale, bias, mean] = [1, 2, 3].map(() => weight(d, channels));
  const variance = emit(d, "Exp", [weight(d, channels)], [channels]);
  return emit(d, "BatchNormalization", [x, scale!, bias!, mean!, variance], x.dims);
};

/** Row `first` of an axis of a known extent set to another value's, element by element. */
const place: Move = (d, pick) => {
  const x = pick.value(d);
  const at = x.dims.findIndex((e) => typeof e === "number" && e > 1);
  if (at < 0 || x.dims.length > 3) return null;
  const dims: readonly Expr[] = x.dims.with(at, 1);
  const indices = zeros(d, dims, x);
  if (indices === null) return null;
  const row = emit(d, "ReduceMax", [x, integers(d, [at])], dims, { keepdims: int(1) });
  return emit(d, "ScatterElements", [x, indices, row], x.dims, { axis: int(at) });
};

function zeros(d: Draft, dims: readonly Expr[], near: Value): Value | null {
  const operand = extentsOperand(d, dims, [near]);
  if (operand === null) return null;
  const value = { kind: "tensor", value: d.constants.get(integers(d, [0]))! } as const;
  return emit(d, "ConstantOfShape", [operand], dims, { value }, "int64");
}

export const MORE_MOVES: Readonly<Record<string, Move>> = { quantise, dynamicQuantise, largest, blocks, given, place };
