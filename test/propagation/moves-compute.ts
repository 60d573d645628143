/**
 * @file Moves that compute: elementwise, along an axis, over two operands that share one; and attention in exported form.
 */
import { equal, type Expr } from "../../compiler/expr/expr.ts";
import { float, int, ints } from "../../compiler/graph/attributes.ts";
import {
  emit,
  emitAll,
  integers,
  numbersOf,
  sameExtent,
  weight,
  type Draft,
  type Move,
  type Pick,
  type Value,
} from "./draft.ts";

/** The extents with another last one. */
const withLast = (dims: readonly Expr[], last: Expr): readonly Expr[] => [...dims.slice(0, -1), last];

const unary: Move = (d, pick) => {
  const x = pick.value(d);
  return emit(d, pick.of(["Tanh", "Sigmoid", "Neg", "Sin", "Abs", "Erf", "Softsign", "Identity"]), [x], x.dims);
};

const arithmetic = ["Add", "Mul", "Sub", "Max", "Min"] as const;

/** A parameter with the last axis, with another axis, or with none. */
function parameterFor(d: Draft, pick: Pick, x: Value): Value {
  const fixed = numbersOf(d, x);
  const from = pick.below(x.dims.length + 1);
  const dims = x.dims.slice(from).map((e, i) => (typeof e === "number" && pick.chance(70) ? fixed[from + i]! : 1));
  return weight(d, ...dims);
}

const withParameter: Move = (d, pick) => {
  const x = pick.value(d);
  const w = parameterFor(d, pick, x);
  return emit(d, pick.of(arithmetic), pick.chance(70) ? [x, w] : [w, x], x.dims);
};

/** The result's extents if two values broadcast against each other. */
function broadcast(d: Draft, a: Value, b: Value): readonly Expr[] | null {
  const rank = Math.max(a.dims.length, b.dims.length);
  const dims: Expr[] = [];
  for (let i = 0; i < rank; i++) {
    const [x, y] = [a.dims[i - rank + a.dims.length] ?? 1, b.dims[i - rank + b.dims.length] ?? 1];
    if (x !== 1 && y !== 1 && !sameExtent(d, x, y)) return null;
    dims.push(x === 1 ? y : x);
  }
  return dims;
}

const withValue: Move = (d, pick) => {
  const x = pick.value(d);
  const found = d.values.flatMap((v) => {
    const dims = broadcast(d, x, v);
    return dims === null ? [] : [[v, dims] as const];
  });
  const [y, dims] = pick.of(found);
  return emit(d, pick.of(arithmetic), pick.chance(50) ? [x, y] : [y, x], dims);
};

const where: Move = (d, pick) => {
  const x = pick.value(d);
  const found = d.values.filter((v) => broadcast(d, x, v) !== null);
  const y = pick.of(found);
  const dims = broadcast(d, x, y)!;
  const mask = emit(d, "Greater", [y, weight(d)], y.dims, {}, "bool");
  return emit(d, "Where", pick.chance(50) ? [mask, x, weight(d)] : [mask, weight(d), x], dims);
};

const reduce: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const at = pick.chance(60) ? x.dims.length - 1 : pick.axis(x);
  const keep = pick.chance(60);
  const op = pick.of(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceProd"]);
  const dims = keep ? x.dims.with(at, 1) : x.dims.toSpliced(at, 1);
  const written = pick.chance(50) ? at : at - x.dims.length;
  return emit(d, op, [x, integers(d, [written])], dims, { keepdims: int(keep ? 1 : 0) });
};

const normalise: Move = (d, pick) => {
  const x = pick.value(d);
  const extent = x.dims.at(-1);
  if (typeof extent !== "number") return null;
  const scale = weight(d, extent);
  if (pick.chance(50)) return emit(d, "LayerNormalization", [x, scale, weight(d, extent)], x.dims, { axis: int(-1) });
  const squares = emit(d, "Mul", [x, x], x.dims);
  const mean = emit(d, "ReduceMean", [squares, integers(d, [-1])], withLast(x.dims, 1), { keepdims: int(1) });
  const root = emit(d, "Sqrt", [emit(d, "Add", [mean, emit(d, "Exp", [weight(d)], [])], mean.dims)], mean.dims);
  return emit(d, "Mul", [emit(d, "Div", [x, root], x.dims), scale], x.dims);
};

const softmax: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const at = pick.chance(70) ? x.dims.length - 1 : pick.axis(x);
  return emit(d, pick.of(["Softmax", "LogSoftmax"]), [x], x.dims, {
    axis: int(pick.chance(50) ? at : at - x.dims.length),
  });
};

const project: Move = (d, pick) => {
  const x = pick.value(d);
  const extent = x.dims.at(-1);
  if (typeof extent !== "number" || x.dims.length < 2) return null;
  const wide = pick.of([4, 6, 8]);
  const product = emit(d, "MatMul", [x, weight(d, extent, wide)], withLast(x.dims, wide));
  return pick.chance(50) ? product : emit(d, "Add", [product, weight(d, wide)], product.dims);
};

/** x (..., m, k) with the transpose of y (..., n, k), and often the product with a third value of y's rows. */
const outer: Move = (d, pick) => {
  const x = pick.value(d);
  const rank = x.dims.length;
  if (rank < 2 || rank > 4) return null;
  const y = pick.of(
    d.values.filter(
      (v) => v.dims.length === rank && v.dims.every((e, i) => i === rank - 2 || sameExtent(d, e, x.dims[i]!)),
    ),
  );
  const swap = x.dims.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const turned = emit(
    d,
    "Transpose",
    [y],
    swap.map((i) => y.dims[i]!),
    { perm: ints(swap) },
  );
  const logits = emit(d, "MatMul", [x, turned], withLast(x.dims, y.dims[rank - 2]!));
  if (pick.chance(20)) return logits;
  const scaled = emit(d, "Mul", [logits, weight(d)], logits.dims);
  const weights = pick.chance(85) ? emit(d, "Softmax", [scaled], logits.dims, { axis: int(-1) }) : scaled;
  return emit(d, "MatMul", [weights, y], x.dims);
};

/** (B, 1, 1, Sk) from the keys' stream, or (Sk) from a whole table of as many rows. */
function keyMask(d: Draft, pick: Pick, kv: Value): Value {
  const table = d.values.find((v) => v.name === "table" && sameExtent(d, v.dims[0]!, kv.dims[1]!));
  const [source, dims] = table !== undefined && pick.chance(50) ? [table, [table.dims[0]!]] : [kv, kv.dims.slice(0, 2)];
  const rows = emit(d, "ReduceMax", [source, integers(d, [-1])], dims, { keepdims: int(0) });
  return source === kv ? emit(d, "Unsqueeze", [rows, integers(d, [1, 2])], [dims[0]!, 1, 1, dims[1]!]) : rows;
}

/** Attention over heads, from one stream or two; (B, S, 6 or 8) with two heads. */
const attention: Move = (d, pick) => {
  const streams = d.values.filter((v) => v.dims.length === 3 && (v.dims[2] === 6 || v.dims[2] === 8));
  if (streams.length === 0) return null;
  const q = streams.at(-1)!;
  const kv = pick.of(streams.filter((v) => equal(v.dims[0]!, q.dims[0]!)));
  const width = (q.dims[2] as number) / 2;
  const heads = (x: Value): Value => {
    const projected = emit(d, "MatMul", [x, weight(d, x.dims[2] as number, 2 * width)], x.dims.with(2, 2 * width));
    const target = integers(d, [0, -1, 2, width]);
    const apart = emit(d, "Reshape", [projected, target], [x.dims[0]!, x.dims[1]!, 2, width]);
    return emit(d, "Transpose", [apart], [x.dims[0]!, 2, x.dims[1]!, width], { perm: ints([0, 2, 1, 3]) });
  };
  const [a, b, c] = [heads(q), heads(kv), heads(kv)];
  const turned = emit(d, "Transpose", [b], [b.dims[0]!, 2, width, b.dims[2]!], { perm: ints([0, 1, 3, 2]) });
  const logits = emit(d, "MatMul", [a, turned], [a.dims[0]!, 2, a.dims[2]!, b.dims[2]!]);
  const scaled = emit(d, "Mul", [logits, weight(d)], logits.dims);
  const masked = pick.chance(30) ? emit(d, "Add", [scaled, keyMask(d, pick, kv)], logits.dims) : scaled;
  const weights = emit(d, "Softmax", [masked], logits.dims, { axis: int(-1) });
  const mixed = emit(d, "Transpose", [emit(d, "MatMul", [weights, c], a.dims)], [a.dims[0]!, a.dims[2]!, 2, width], {
    perm: ints([0, 2, 1, 3]),
  });
  return emit(d, "Reshape", [mixed, integers(d, [0, -1, 2 * width])], q.dims);
};

const einsum: Move = (d, pick) => {
  const x = pick.value(d);
  const extent = x.dims.at(-1);
  if (typeof extent !== "number" || x.dims.length !== 3) return null;
  if (pick.chance(50)) {
    return emit(d, "Einsum", [x, weight(d, extent, 4)], withLast(x.dims, 4), {
      equation: { kind: "string", value: "bsc,cd->bsd" },
    });
  }
  return emit(d, "Einsum", [x, x], [x.dims[0]!, extent, extent], {
    equation: { kind: "string", value: "bsc,bsd->bcd" },
  });
};

const along: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length < 2) return null;
  const at = pick.axis(x);
  if (pick.chance(40)) return emit(d, "CumSum", [x, integers(d, [at], [])], x.dims);
  if (pick.chance(50)) return emit(d, "Trilu", [x], x.dims);
  return emit(d, "LpNormalization", [x], x.dims, { axis: int(at) });
};

const cast: Move = (d, pick) => {
  const x = pick.value(d);
  const there = emit(d, "Cast", [x], x.dims, { to: int(pick.of([6, 7])) }, "int64");
  return emit(d, "Cast", [there], x.dims, { to: int(1) });
};

/** The largest positions along an axis, as floats. */
const argument: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0) return null;
  const at = pick.axis(x);
  const found = emit(d, "ArgMax", [x], x.dims.with(at, 1), { axis: int(at), keepdims: int(1) }, "int64");
  return emit(d, "Cast", [found], found.dims, { to: int(1) });
};

const groups: Move = (d, pick) => {
  const x = pick.value(d);
  const [, channels] = x.dims;
  if (typeof channels !== "number" || x.dims.length < 3) return null;
  return emit(d, "InstanceNormalization", [x, weight(d, channels), weight(d, channels)], x.dims, {
    epsilon: float(0.01),
  });
};

const halves: Move = (d, pick) => {
  const x = pick.value(d);
  const extent = x.dims.at(-1);
  if (typeof extent !== "number" || extent % 2 !== 0) return null;
  const half = withLast(x.dims, extent / 2);
  const [a, b] = emitAll(d, "Split", [x], [half, half], { axis: int(-1), num_outputs: int(2) });
  const gate = emit(d, "Sigmoid", [a!], half);
  return pick.chance(50)
    ? emit(d, "Mul", [gate, b!], half)
    : emit(d, "Concat", [emit(d, "Neg", [b!], half), a!], x.dims, { axis: int(-1) });
};

export const COMPUTE_MOVES: Readonly<Record<string, Move>> = {
  unary,
  withParameter,
  withValue,
  where,
  reduce,
  normalise,
  softmax,
  project,
  outer,
  attention,
  einsum,
  along,
  cast,
  argument,
  groups,
  halves,
};
