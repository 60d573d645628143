/**
 * @file Moves that make values from lengths: positions, fills, scales by a length, and shapes of values that are split.
 */
import { equal, mul, type Expr } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import type { Attribute } from "../../compiler/graph/types.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import { emit, extentsOperand, integers, weight, type Draft, type Move, type Value } from "./draft.ts";

const number = (value: number): Attribute => ({
  kind: "tensor",
  value: tensorFromNumbers("float32", [1], [value]),
});

/** The extent of an axis as a float scalar. */
function count(d: Draft, x: Value, axis: number): Value {
  const shape = emit(d, "Shape", [x], [x.dims.length], {}, "int64");
  const one = emit(d, "Gather", [shape, integers(d, [axis], [])], [], { axis: int(0) }, "int64");
  return emit(d, "Cast", [one], [], { to: int(1) });
}

/** Positions along an axis, broadcast over what is behind it. */
const positions: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const at = pick.axis(x);
  const shape = emit(d, "Shape", [x], [x.dims.length], {}, "int64");
  const extent = emit(d, "Gather", [shape, integers(d, [at], [])], [], { axis: int(0) }, "int64");
  const range = emit(d, "Range", [integers(d, [0], []), extent, integers(d, [1], [])], [x.dims[at]!], {}, "int64");
  const floats = emit(d, "Cast", [range], range.dims, { to: int(1) });
  const behind = x.dims.length - at - 1;
  const wide =
    behind === 0
      ? floats
      : emit(
          d,
          "Unsqueeze",
          [
            floats,
            integers(
              d,
              Array.from({ length: behind }, (_, i) => i + 1),
            ),
          ],
          [x.dims[at]!, ...Array<number>(behind).fill(1)],
        );
  const scaled = emit(d, "Mul", [wide, weight(d)], wide.dims);
  return emit(d, pick.of(["Add", "Mul"]), [x, emit(d, "Sin", [scaled], scaled.dims)], x.dims);
};

const fill: Move = (d, pick) => {
  const x = pick.value(d);
  const operand = extentsOperand(d, x.dims, [x]);
  if (operand === null || x.dims.length === 0) return null;
  const filled = emit(d, "ConstantOfShape", [operand], x.dims, { value: number(0.5) });
  if (pick.chance(40)) return emit(d, "Add", [x, filled], x.dims);
  const axis = pick.axis(x);
  const dims = x.dims.with(axis, mul(2, x.dims[axis]!));
  return pick.chance(50) ? filled : emit(d, "Concat", [x, filled], dims, { axis: int(axis) });
};

/** A scale that is a length, which must stay that of the whole. */
const scale: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  return emit(d, pick.of(["Div", "Mul"]), [x, count(d, x, pick.axis(x))], x.dims);
};

/** A value spread to the shape of another. */
const expandTo: Move = (d, pick) => {
  const x = pick.value(d);
  const found = d.values.filter(
    (v) =>
      v.dims.length <= x.dims.length &&
      v.dims.every((e, i) => e === 1 || equal(e, x.dims[x.dims.length - v.dims.length + i]!)),
  );
  const shape = emit(d, "Shape", [x], [x.dims.length], {}, "int64");
  const source = pick.of([...found, weight(d)]);
  return emit(d, "Expand", [source, shape.name], x.dims as readonly Expr[]);
};

/** A table of more rows than needed, cut to a length. */
const table: Move = (d, pick) => {
  const x = pick.value(d);
  const [extent, width] = x.dims.slice(-2);
  if (typeof extent !== "string" || typeof width !== "number") return null;
  const edge = extentsOperand(d, [extent], [x]);
  if (edge === null) return null;
  const rows = emit(d, "Slice", [weight(d, 12, width), integers(d, [0]), edge, integers(d, [0])], [extent, width]);
  return emit(d, pick.of(["Add", "Mul"]), [x, rows], x.dims);
};

export const LENGTH_MOVES: Readonly<Record<string, Move>> = { positions, fill, scale, expandTo, table };
