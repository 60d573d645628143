/**
 * @file Attention operators that may read a cache and give it, longer by their own keys, as further results. They become `cp.Attention`; until
 * then these rules give their shapes, and let the batch pass where one remains.
 */
import { add, equal, exactDiv, mul, type Expr } from "../../../expr/expr.ts";
import { factorList, intAttribute } from "../../builder.ts";
import type { Axis, FactorMap, NodeView, OperatorRule } from "../../types.ts";
import type { ValueShape } from "../../../ir/types.ts";

/** (B, S, width) -> that of the result, and of the caches: (B, heads, rows, size) of keys and of values. */
interface Results {
  readonly output: readonly Expr[];
  readonly keys: readonly Expr[];
  readonly values: readonly Expr[];
}

type Extents = (view: NodeView, queries: ValueShape) => Results | null;

/** `batched`: operands with an element for each element of the batch, or one for all. */
function cached(extents: Extents, batched: readonly number[]): OperatorRule {
  return {
    types: [{ operand: 0 }],
    factors: (view): FactorMap | null => {
      const q = view.inputs[0];
      const results = q ? extents(view, q) : null;
      if (!q || results === null) return null;
      const list = factorList();
      const size = q.dims[0]!;
      const follows = (i: number): boolean => batched.includes(i);
      const isKnown = view.inputs.every(
        (s, i) => !follows(i) || s === null || equal(s.dims[0] ?? 1, size) || s.dims[0] === 1,
      );
      const batch = list.axis(size, isKnown ? "free" : "along");
      const whole = (dims: readonly Expr[], first: boolean): readonly Axis[] =>
        dims.map((d, i) => (first && i === 0 && d !== 1 ? batch : list.axis(d, "along")));
      const inputs = view.inputs.map((s, i) => s && whole(s.dims, follows(i)));
      const { output, keys, values } = results;
      const scores = [...output.slice(0, 1), 1, 1, 1];
      const outputs = [output, keys, values, scores]
        .slice(0, view.node.outputs.length)
        .map((dims) => whole(dims, true));
      return { factors: list.factors, inputs, outputs, sizing: [] };
    },
  };
}

/** Rows of queries, keys and values in packed form or apart: (B, S, H * D). */
export const groupQuery: OperatorRule = cached(
  (view, q) => {
    const [, key, , past] = view.inputs;
    const [heads, keyHeads] = [intAttribute(view, "num_heads", 0), intAttribute(view, "kv_num_heads", 0)];
    const [batch, rows, width] = q.dims;
    if (q.dims.length !== 3 || heads < 1 || keyHeads < 1) return null;
    const size = exactDiv(width!, key ? heads : heads + 2 * keyHeads);
    if (size === null) return null;
    const cache = [batch!, keyHeads, add(past?.dims[2] ?? 0, rows!), size];
    return { output: [batch!, rows!, mul(heads, size)], keys: cache, values: cache };
  },
  [0, 1, 2, 3, 4, 5, 9, 10],
);
