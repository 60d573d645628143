/**
 * @file The factor maps of the `cp` operators of the canonical graph.
 */
import { asCp } from "../../ir/cp.ts";
import { equal, floorDiv, mul, type Expr } from "../../expr/expr.ts";
import { factorList, intAttribute, ONE } from "../builder.ts";
import type { Axis, FactorMap, OperatorRule, NodeView } from "../types.ts";
import { unchanged } from "./movement.ts";

/**
 * q (B, Sq, H, D), k (B, Sk, Hk, D), v (B, Sk, Hk, Dv), mask (B, H, Sq, Sk) -> (B, Sq, H, Dv). Queries are free; an attention needs all
 * keys at once, and the attention scheme, not this rule, decides how to treat split keys.
 */
export const attention: OperatorRule = { types: [{ operand: 0 }], factors: attentionFactors };

function attentionFactors(view: NodeView): FactorMap | null {
  const [q, k, v, mask] = view.inputs;
  if (q?.dims.length !== 4 || k?.dims.length !== 4 || v?.dims.length !== 4) return null;
  const list = factorList();
  const batch = list.axis(q.dims[0]!);
  const rows = list.axis(q.dims[1]!, asCp(view.node, "Attention")?.causal === true ? "along" : "free");
  const grouped = q.dims[2] !== k.dims[2];
  const heads = list.axis(q.dims[2]!, grouped ? "along" : "free");
  const keyHeads = grouped ? list.axis(k.dims[2]!, "along") : heads;
  const keys = list.axis(k.dims[1]!, "along");
  const depth = list.axis(q.dims[3]!, "along");
  const width = list.axis(v.dims[3]!);
  const full: readonly Axis[] = [batch, heads, rows, keys];
  const maskAxes = mask ? full.slice(4 - mask.dims.length).map((x, i) => (mask.dims[i] === 1 ? ONE : x)) : null;
  return {
    factors: list.factors,
    inputs: [[batch, rows, heads, depth], [batch, keys, keyHeads, depth], [batch, keys, keyHeads, width], maskAxes],
    outputs: [[batch, rows, heads, width]],
    sizing: [],
  };
}

/**
 * The operators that attention is exported as. They become `cp.Attention`; until then the rule gives their shape, and lets only the batch
 * pass where one remains. (B, H, S, D), or (B, S, H * D) with the number of heads as an attribute; keys and values may have the first form
 * where queries have the second.
 */
export function exported(
  headsAttribute: string | null,
  keyHeadsAttribute: string | null,
  /** Operands after q, k, v with an element for each element of the batch, or one for all. */
  batched: readonly number[],
): OperatorRule {
  return {
    types: [{ operand: 0 }],
    factors: (view) => {
      const [q, , v] = view.inputs;
      if (!q || !v || q.dims.length > v.dims.length) return null;
      if (q.dims.length < 3 || v.dims.length > 4) return null;
      const heads = headsAttribute === null ? 1 : intAttribute(view, headsAttribute, 1);
      const keyHeads = keyHeadsAttribute === null ? heads : intAttribute(view, keyHeadsAttribute, heads);
      const width =
        v.dims.length === 4
          ? mul(v.dims[3]!, q.dims.length === 4 ? 1 : v.dims[1]!)
          : floorDiv(mul(v.dims[2]!, heads), keyHeads);
      const list = factorList();
      const size = q.dims[0]!;
      // A mask with fewer than four axes starts with rows. If its first axis cannot be distinguished from the batch, it may have to follow
      // it.
      const follows = (i: number): boolean => batched.includes(i) && (i !== 3 || view.inputs[i]?.dims.length === 4);
      const isKnown = view.inputs.every(
        (s, i) => !follows(i) || s === null || s.dims[0] === 1 || equal(s.dims[0] ?? 1, size),
      );
      const batch = list.axis(size, isKnown ? "free" : "along");
      const whole = (dims: readonly Expr[]): readonly Axis[] =>
        dims.map((d, i) => (i === 0 && d !== 1 ? batch : list.axis(d, "along")));
      const inputs = view.inputs.map((s, i) =>
        s === null ? null : i < 3 || follows(i) ? whole(s.dims) : s.dims.map((d) => list.axis(d, "along")),
      );
      return { factors: list.factors, inputs, outputs: [whole([...q.dims.slice(0, -1), width])], sizing: [] };
    },
  };
}

/** `Shard` and `Gather`: the whole value, unchanged. */
export const planned: OperatorRule = { types: [{ operand: 0 }], factors: unchanged };
