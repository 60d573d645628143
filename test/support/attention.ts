/**
 * @file Attention in plain loops, as the canonical graph defines it: the reference for every implementation.
 */
import { numbersIn } from "../../ort/tensors.ts";
import type { OrtTensor } from "../../ort/types.ts";

export interface AttentionInputs {
  /** (B, Sq, H, D) */
  readonly q: OrtTensor;
  /** (B, Sk, Hk, D) */
  readonly k: OrtTensor;
  /** (B, Sk, Hk, Dv) */
  readonly v: OrtTensor;
  /** Additive, or boolean (true = attend); broadcast to (B, H, Sq, Sk). */
  readonly mask?: OrtTensor;
  readonly scale: number;
  readonly causal?: boolean;
  readonly nanToZero?: boolean;
}

/** Row-major (B, Sq, H, Dv). */
export function attentionReference(inputs: AttentionInputs): readonly number[] {
  const { q, k, v } = inputs;
  const [batch = 0, queries = 0, heads = 0, size = 0] = q.dims;
  const [, keys = 0, keyHeads = 0] = k.dims;
  const valueSize = v.dims[3] ?? 0;
  const [qs, ks, vs] = [numbersIn(q), numbersIn(k), numbersIn(v)];
  const out: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < queries; i++) {
      for (let h = 0; h < heads; h++) {
        const g = Math.floor(h / (heads / keyHeads));
        const logits = Array.from({ length: keys }, (_, j) => {
          let dot = 0;
          for (let d = 0; d < size; d++) {
            dot += qs[((b * queries + i) * heads + h) * size + d]! * ks[((b * keys + j) * keyHeads + g) * size + d]!;
          }
          return masked(inputs, [b, h, i, j], inputs.scale * dot);
        });
        const largest = Math.max(...logits);
        const weights = logits.map((x) => Math.exp(x - largest));
        const sum = weights.reduce((x, y) => x + y, 0);
        for (let d = 0; d < valueSize; d++) {
          let total = 0;
          for (let j = 0; j < keys; j++) total += weights[j]! * vs[((b * keys + j) * keyHeads + g) * valueSize + d]!;
          out.push(Number.isNaN(sum) && inputs.nanToZero ? 0 : total / sum);
        }
      }
    }
  }
  return out;
}

function masked(
  { mask, causal }: AttentionInputs,
  index: readonly [number, number, number, number],
  logit: number,
): number {
  if (causal && index[3] > index[2]) return -Infinity;
  if (mask === undefined) return logit;
  const own = index.slice(4 - mask.dims.length);
  const flat = mask.dims.reduce((at, extent, axis) => at * extent + (extent === 1 ? 0 : own[axis]!), 0);
  const number = numbersIn(mask)[flat]!;
  if (mask.elem !== "bool") return logit + number;
  return number === 0 ? -Infinity : logit;
}
