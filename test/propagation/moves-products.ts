/**
 * @file Moves with two products and something between them that is no attention: other weights than a softmax, bias from the queries or the
 * keys, weights that are read twice.
 */
import { equal } from "../../compiler/expr/expr.ts";
import { int } from "../../compiler/graph/attributes.ts";
import { emit, integers, weight, type Draft, type Move, type Value } from "./draft.ts";

const HEADS = 4;
const ints = (value: readonly number[]) => ({ kind: "ints", value }) as const;

/** (B, S, channels) to (B, H, S, width). */
function heads(d: Draft, x: Value, width: number): Value {
  const channels = HEADS * width;
  const projected = emit(d, "MatMul", [x, weight(d, x.dims[2] as number, channels)], x.dims.with(2, channels));
  const target = integers(d, [0, -1, HEADS, width]);
  const apart = emit(d, "Reshape", [projected, target], [x.dims[0]!, x.dims[1]!, HEADS, width]);
  return emit(d, "Transpose", [apart], [x.dims[0]!, HEADS, x.dims[1]!, width], { perm: ints([0, 2, 1, 3]) });
}

const products: Move = (d, pick) => {
  const streams = d.values.filter((v) => v.dims.length === 3 && (v.dims[2] === 6 || v.dims[2] === 8));
  if (streams.length === 0) return null;
  const x = streams.at(-1)!;
  const other = pick.of(streams.filter((v) => equal(v.dims[0]!, x.dims[0]!)));
  const width = (x.dims[2] as number) / 2;
  const [q, k, v] = [heads(d, x, width), heads(d, other, width), heads(d, other, width)];
  const turned = emit(d, "Transpose", [k], [k.dims[0]!, HEADS, width, k.dims[2]!], { perm: ints([0, 1, 3, 2]) });
  let scores = emit(d, "MatMul", [q, turned], [q.dims[0]!, HEADS, q.dims[2]!, k.dims[2]!]);
  if (pick.chance(40)) {
    // One number for each query, or each key, from the other operand of another product.
    const row = weight(d, 1, HEADS, width, 1);
    const bias = emit(d, "MatMul", [q, row], [...q.dims.slice(0, 3), 1]);
    scores = emit(d, "Add", [scores, bias], scores.dims);
  }
  if (pick.chance(40)) scores = emit(d, "Mul", [scores, weight(d, HEADS, 1, 1)], scores.dims);
  const weights = pick.chance(60)
    ? emit(d, pick.of(["Relu", "Sigmoid", "Tanh"]), [scores], scores.dims)
    : emit(d, "Softmax", [emit(d, "Tanh", [scores], scores.dims)], scores.dims, { axis: int(-1) });
  let mixed = emit(d, "MatMul", [weights, v], q.dims);
  if (pick.chance(30)) {
    const squared = emit(d, "Mul", [weights, weights], weights.dims);
    mixed = emit(d, "Add", [mixed, emit(d, "MatMul", [squared, v], q.dims)], q.dims);
  }
  const rows = emit(d, "Transpose", [mixed], [q.dims[0]!, q.dims[2]!, HEADS, width], { perm: ints([0, 2, 1, 3]) });
  const merged = [x.dims[0]!, x.dims[1]!, HEADS * width];
  return emit(d, "Reshape", [rows, integers(d, [0, -1, HEADS * width])], merged);
};

export const PRODUCT_MOVES: Readonly<Record<string, Move>> = { products };
