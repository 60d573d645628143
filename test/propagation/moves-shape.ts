/**
 * @file Moves that rearrange axes: permute, merge and split them, add and remove them, repeat along them.
 */
import { equal, exactDiv, mul, type Expr } from "../../compiler/expr/expr.ts";
import { int, ints } from "../../compiler/graph/attributes.ts";
import { emit, extentsOperand, integers, sizeOf, type Draft, type Move, type Pick, type Value } from "./draft.ts";

const transpose: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length < 2) return null;
  const rest = x.dims.map((_, i) => i);
  const perm = x.dims.map(() => rest.splice(pick.below(rest.length), 1)[0]!);
  return emit(
    d,
    "Transpose",
    [x],
    perm.map((p) => x.dims[p]!),
    { perm: ints(perm) },
  );
};

/** A Reshape whose target is spelled in one of the ways of exporters: numbers, 0, -1, or read from shapes. */
function reshape(d: Draft, pick: Pick, x: Value, dims: readonly Expr[]): Value | null {
  const open = pick.chance(60) ? pick.below(dims.length) : -1;
  const target = dims.map((e, i) =>
    i === open ? -1 : i < x.dims.length && equal(e, x.dims[i]!) && pick.chance(50) ? 0 : e,
  );
  const operand = extentsOperand(d, target, pick.chance(70) ? [x] : []);
  return operand === null ? null : emit(d, "Reshape", [x, operand], dims);
}

const merge: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length < 2) return null;
  const at = pick.below(x.dims.length - 1);
  return reshape(d, pick, x, [...x.dims.slice(0, at), mul(x.dims[at]!, x.dims[at + 1]!), ...x.dims.slice(at + 2)]);
};

const cut: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length > 4) return null;
  const at = pick.chance(60) ? x.dims.length - 1 : pick.axis(x);
  const part = pick.of<Expr>([2, 2, 3, 4, ...Object.keys(d.sizes)]);
  const rest = exactDiv(x.dims[at] ?? 1, part);
  if (rest === null || rest === 1 || x.dims.length === 0) return null;
  const pair = pick.chance(50) ? [part, rest] : [rest, part];
  return reshape(d, pick, x, [...x.dims.slice(0, at), ...pair, ...x.dims.slice(at + 1)]);
};

/** Any other shape of the same size: often one that cannot be followed. */
const tangle: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length < 2) return null;
  const at = pick.below(x.dims.length - 1);
  const [a, b] = [x.dims[at]!, x.dims[at + 1]!];
  return reshape(d, pick, x, [...x.dims.slice(0, at), b, a, ...x.dims.slice(at + 2)]);
};

const flatten: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length < 2) return null;
  const axis = pick.below(x.dims.length + 1);
  return emit(d, "Flatten", [x], [mul(1, ...x.dims.slice(0, axis)), mul(1, ...x.dims.slice(axis))], {
    axis: int(axis),
  });
};

const unsqueeze: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length > 4) return null;
  const at = pick.below(x.dims.length + 1);
  const written = pick.chance(40) ? at - x.dims.length - 1 : at;
  return emit(d, "Unsqueeze", [x, integers(d, [written])], x.dims.toSpliced(at, 0, 1));
};

const squeeze: Move = (d, pick) => {
  const x = pick.value(d);
  const ones = x.dims.flatMap((e, i) => (e === 1 ? [i] : []));
  if (ones.length === 0) return null;
  const at = pick.of(ones);
  return emit(d, "Squeeze", [x, integers(d, [at])], x.dims.toSpliced(at, 1));
};

const expand: Move = (d, pick) => {
  const x = pick.value(d);
  const ones = x.dims.flatMap((e, i) => (e === 1 ? [i] : []));
  const lead = x.dims.length < 4 && (ones.length === 0 || pick.chance(30));
  if (ones.length === 0 && !lead) return null;
  const extent = pick.of<Expr>([2, 3, ...Object.keys(d.sizes)]);
  const dims = lead ? [extent, ...x.dims] : x.dims.with(pick.of(ones), extent);
  const written = dims.map((e, i) => (!lead && equal(e, x.dims[i]!) && pick.chance(50) ? 1 : e));
  const operand = extentsOperand(d, written, []);
  return operand === null ? null : emit(d, "Expand", [x, operand], dims);
};

const tile: Move = (d, pick) => {
  const x = pick.value(d);
  if (x.dims.length === 0 || x.dims.length > 4) return null;
  const at = pick.axis(x);
  if (sizeOf(d, x.dims[at]!) > 12) return null;
  const repeats = x.dims.map((_, i) => (i === at ? 2 : 1));
  return emit(d, "Tile", [x, integers(d, repeats)], x.dims.with(at, mul(2, x.dims[at]!)));
};

export const SHAPE_MOVES: Readonly<Record<string, Move>> = {
  transpose,
  merge,
  cut,
  tangle,
  flatten,
  unsqueeze,
  squeeze,
  expand,
  tile,
};
