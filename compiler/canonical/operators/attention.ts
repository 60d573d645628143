/**
 * @file The factor maps of the `cp` operators of the canonical graph.
 */
import { factorList, intAttribute, ONE } from "./builder.ts";
import type { Axis, FactorMap, OperatorRule, Site } from "./types.ts";
import { unchanged } from "./movement.ts";

/**
 * q (B, Sq, H, D), k (B, Sk, Hk, D), v (B, Sk, Hk, Dv), mask (B, H, Sq, Sk) -> (B, Sq, H, Dv). Queries are free; keys are taken at once,
 * and what a split of them means is decided by the attention scheme, not here.
 */
export const attention: OperatorRule = { type: { operand: 0 }, factors: attentionFactors };

function attentionFactors(site: Site): FactorMap | null {
  const [q, k, v, mask] = site.inputs;
  if (q?.dims.length !== 4 || k?.dims.length !== 4 || v?.dims.length !== 4) return null;
  const list = factorList();
  const batch = list.axis(q.dims[0]!);
  const rows = list.axis(q.dims[1]!, intAttribute(site, "causal", 0) === 1 ? "along" : "free");
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

/** `Shard` and `Gather`: the whole value, unchanged. */
export const boundary: OperatorRule = { type: { operand: 0 }, factors: unchanged };
