/**
 * @file Moves over rows as places of (B, C, places): normalised by groups, resized, pooled in strides, padded by a length; and rows that a
 * mask picks.
 */
import { add, equal, floorDiv, mul, type Expr } from "../../compiler/expr/expr.ts";
import { float, int, ints } from "../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import {
  emit,
  extentsOperand,
  integers,
  sizeOf,
  weight,
  type Draft,
  type Move,
  type Pick,
  type Value,
} from "./draft.ts";

const text = (value: string) => ({ kind: "string", value }) as const;
const TURN = { perm: ints([0, 2, 1]) };

/** (B, rows, C) as (B, C, rows), what `make` gives with `rows` places, and back. */
function overRows(
  make: (d: Draft, pick: Pick, places: Value, channels: number) => readonly [value: Value, rows: Expr] | null,
): Move {
  return (d, pick) => {
    const x = pick.value(d);
    const [batch, rows, channels] = x.dims;
    if (x.dims.length !== 3 || batch === undefined || rows === undefined || typeof channels !== "number") return null;
    const made = make(d, pick, emit(d, "Transpose", [x], [batch, channels, rows], TURN), channels);
    return made && emit(d, "Transpose", [made[0]], [batch, made[1], channels], TURN);
  };
}

const groupNorm = overRows((d, pick, places, channels) => {
  const groups = pick.of([1, 2, 3, channels].filter((n) => channels % n === 0));
  const attributes = { num_groups: int(groups), epsilon: float(pick.of([1e-5, 0.1])) };
  const made = emit(d, "GroupNormalization", [places, weight(d, groups), weight(d, groups)], places.dims, attributes);
  return [made, places.dims[2]!];
});

const resize = overRows((d, pick, places) => {
  const scale = pick.of([2, 2, 3, 4]);
  const rows = mul(scale, places.dims[2]!);
  const name = `scales${d.count++}`;
  d.constants.set(name, tensorFromNumbers("float32", [3], [1, 1, scale]));
  const attributes = {
    mode: text(pick.of(["nearest", "linear", "linear"])),
    coordinate_transformation_mode: text(pick.of(["half_pixel", "asymmetric"])),
    nearest_mode: text(pick.of(["floor", "round_prefer_floor"])),
  };
  return [emit(d, "Resize", [places, "", name], places.dims.with(2, rows), attributes), rows];
});

const pool = overRows((d, pick, places) => {
  const [rows, stride] = [places.dims[2]!, pick.of([2, 2, 3])];
  const before = pick.below(2);
  const made = add(floorDiv(add(rows, before - 2), stride), 1);
  if (sizeOf(d, rows) < 4) return null;
  const window = { kernel_shape: ints([2]), strides: ints([stride]), pads: ints([before, 0]) };
  return [emit(d, pick.of(["AveragePool", "MaxPool", "LpPool"]), [places], places.dims.with(2, made), window), made];
});

/** As many rows of a number before and behind as another value has. */
const padBy: Move = (d, pick) => {
  const x = pick.value(d);
  const other = pick.of(d.values.filter(({ dims }) => dims.length > 1));
  const extent = other?.dims[1];
  const operand = extent === undefined || x.dims.length !== 3 ? null : extentsOperand(d, [extent], [other!]);
  if (operand === null || extent === undefined) return null;
  const [none, before] = [integers(d, [0]), pick.chance(50)];
  const pads = [none, before ? operand : none, none, none, operand, none];
  const joined = emit(d, "Concat", pads, [6], { axis: int(0) }, "int64");
  const rows = add(x.dims[1]!, before ? mul(2, extent) : extent);
  return emit(d, "Pad", [x, joined, weight(d)], x.dims.with(1, rows));
};

/** The sum of the rows whose ids pass a test, added to all rows. */
const picked: Move = (d, pick) => {
  const x = pick.value(d);
  const ids = d.inputs.find(({ name }) => name === "ids")!.type.dims![0]!;
  if (x.dims.length !== 3 || !equal(x.dims[1]!, ids)) return null;
  const mask = emit(d, pick.of(["Greater", "Less"]), ["ids", integers(d, [pick.below(3)], [])], [ids], {}, "bool");
  const chosen = pick.chance(50) ? mask : emit(d, "Not", [mask], [ids], {}, "bool");
  const places = emit(d, "NonZero", [chosen], [1, "?"], {}, "int64");
  const list = emit(d, "Squeeze", [places, integers(d, [0])], ["?"], {}, "int64");
  const rows = emit(d, "Gather", [x, list], x.dims.with(1, "?"), { axis: int(1) });
  const sum = emit(d, "ReduceSum", [rows, integers(d, [1])], x.dims.with(1, 1), { keepdims: int(1) });
  return emit(d, "Add", [x, sum], x.dims);
};

export const PLACE_MOVES: Readonly<Record<string, Move>> = { groupNorm, resize, pool, padBy, picked };
