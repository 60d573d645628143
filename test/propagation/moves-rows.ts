/**
 * @file Moves that assign or combine rows along an axis which may be split: a stretch between lengths, written over; a window; places
 * made of rows; a running sum.
 */
import { add } from "../../compiler/expr/expr.ts";
import { int, ints } from "../../compiler/graph/attributes.ts";
import { emit, extentsOperand, integers, sameExtent, weight, type Move, type Value } from "./draft.ts";

/** As exporters write `z[:, t:] = b` for z = concat(x, y) and t rows of x. */
const assign: Move = (d, pick) => {
  const x = pick.value(d);
  const at = 1;
  if (x.dims.length < 2 || x.dims.length > 3) return null;
  const fits = (v: Value): boolean =>
    v.dims.length === x.dims.length && v.dims.every((e, i) => i === at || sameExtent(d, e, x.dims[i]!));
  const y = pick.of(d.values.filter(fits));
  const [first, second, total] = [x.dims[at]!, y?.dims[at], add(x.dims[at]!, y?.dims[at] ?? 0)];
  const from = extentsOperand(d, [first], [x]);
  if (y === undefined || second === undefined || from === null) return null;
  const dims = x.dims.with(at, total);
  const joined = emit(d, "Concat", [x, y], dims, { axis: int(at) });
  const size = emit(d, "Shape", [joined], [1], { start: int(at), end: int(at + 1) }, "int64");
  const scalar = emit(d, "Squeeze", [size, integers(d, [0])], [], {}, "int64");
  const rows = emit(d, "Range", [integers(d, [0], []), scalar, integers(d, [1], [])], [total], {}, "int64");
  const [start, end, count] = pick.chance(50)
    ? [from, integers(d, [2 ** 40]), second]
    : [integers(d, [0]), from, first];
  const taken = emit(d, "Slice", [rows, start, end, integers(d, [0])], [count], {}, "int64");
  const indices = emit(d, "Unsqueeze", [taken, integers(d, [1])], [count, 1], {}, "int64");
  const perm = { perm: { kind: "ints", value: x.dims.map((_, i) => (i === 0 ? at : i === at ? 0 : i)) } } as const;
  const turned = (v: Value): Value =>
    emit(
      d,
      "Transpose",
      [v],
      v.dims.map((_, i) => v.dims[perm.perm.value[i]!]!),
      perm,
    );
  const update = emit(d, "Neg", [count === second ? y : x], x.dims.with(at, count));
  const scattered = emit(d, "ScatterND", [turned(joined), indices, turned(update)], turned(joined).dims);
  return turned(scattered);
};

/** A depthwise convolution along axis 1: rows become places. */
const convolve: Move = (d, pick) => {
  const x = pick.value(d);
  const [batch, rows, channels] = x.dims;
  if (x.dims.length !== 3 || batch === undefined || rows === undefined || typeof channels !== "number") return null;
  const [kernel, dilation] = [pick.of([2, 3]), pick.of([1, 1, 2])];
  const extent = dilation * (kernel - 1);
  const before = pick.of([extent, Math.floor(extent / 2)]);
  const turn = { perm: ints([0, 2, 1]) };
  const places = emit(d, "Transpose", [x], [batch, channels, rows], turn);
  const attributes = { dilations: ints([dilation]), pads: ints([before, extent - before]), strides: ints([1]) };
  const shape = { ...attributes, kernel_shape: ints([kernel]) };
  const made = pick.chance(30)
    ? emit(d, "MaxPool", [places], places.dims, shape)
    : emit(d, "Conv", [places, weight(d, channels, 1, kernel)], places.dims, { ...shape, group: int(channels) });
  return emit(d, "Transpose", [made], x.dims, turn);
};

const running: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length < 2) return null;
  const direction = { exclusive: int(pick.below(2)), reverse: int(pick.below(2)) };
  return emit(d, "CumSum", [x, integers(d, [pick.axis(x)], [])], x.dims, direction);
};

/** Places made of rows: normalised, repeated, padded, or spread by a transposed convolution, and made as many as they were by a window. */
const place: Move = (d, pick) => {
  const x = pick.value(d);
  const [batch, rows, channels] = x.dims;
  if (x.dims.length !== 3 || batch === undefined || rows === undefined || typeof channels !== "number") return null;
  const turn = { perm: ints([0, 2, 1]) };
  const places = emit(d, "Transpose", [x], [batch, channels, rows], turn);
  const twice = [batch, channels, add(rows, rows)];
  const halve = (made: Value): Value =>
    emit(d, "MaxPool", [made], places.dims, { kernel_shape: ints([2]), strides: ints([2]) });
  const made = pick.of<() => Value>([
    () => emit(d, "InstanceNormalization", [places, weight(d, channels), weight(d, channels)], places.dims),
    () =>
      halve(
        emit(d, "ConvTranspose", [places, weight(d, channels, 1, 2)], twice, {
          strides: ints([2]),
          group: int(channels),
        }),
      ),
    () => {
      const padded = emit(d, "Pad", [places, integers(d, [0, 0, 1, 0, 0, 1])], [batch, channels, add(rows, 2)], {
        mode: { kind: "string", value: pick.of(["constant", "edge"]) },
      });
      const kernel = weight(d, channels, 1, 3);
      return emit(d, "Conv", [padded, kernel], places.dims, { group: int(channels) });
    },
  ])();
  return emit(d, "Transpose", [made], x.dims, turn);
};

export const ROW_MOVES: Readonly<Record<string, Move>> = { assign, convolve, running, place };
