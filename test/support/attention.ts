/**
 * @file Attention in plain loops, as the canonical graph defines it: the reference for every implementation.
 */
import { lowestOf } from "../../compiler/graph/elements.ts";
import { FILL_AT, ZERO_HIDDEN } from "../../compiler/ir/types.ts";
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
  readonly softcap?: number;
  readonly fill?: number;
  /** See `FILL_AT` and `ZERO_HIDDEN`. */
  readonly fillAt?: number;
  readonly zeroHidden?: number;
}

/** With the numbers of the mask. */
interface Given extends AttentionInputs {
  readonly numbers: ArrayLike<number>;
}

type Index = readonly [batch: number, head: number, row: number, key: number];

/** Row-major (B, Sq, H, Dv). */
export function attentionReference(attention: AttentionInputs): readonly number[] {
  const { q, k, v, mask, softcap = 0 } = attention;
  const inputs: Given = { ...attention, numbers: mask === undefined ? [] : numbersIn(mask) };
  // Scores overflow where the operands' type does.
  const round = q.elem === "float32" ? Math.fround : (x: number): number => x;
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
            const [x, y] = [((b * queries + i) * heads + h) * size + d, ((b * keys + j) * keyHeads + g) * size + d];
            dot = round(dot + round(qs[x]! * ks[y]!));
          }
          const score = inputs.scale * dot;
          return masked(inputs, [b, h, i, j], softcap === 0 ? score : softcap * Math.tanh(score / softcap));
        });
        const weights = weightsOf(inputs, [b, h, i, 0], logits);
        for (let d = 0; d < valueSize; d++) {
          let total = 0;
          for (let j = 0; j < keys; j++) total += weights[j]! * vs[((b * keys + j) * keyHeads + g) * valueSize + d]!;
          out.push(total);
        }
      }
    }
  }
  return out;
}

function weightsOf(inputs: Given, index: Index, logits: readonly number[]): readonly number[] {
  if (seesNothing(inputs, index, logits)) return logits.map(() => 0);
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = logits.map((x) => Math.exp(x - largest));
  const sum = exponentials.reduce((x, y) => x + y, 0);
  return exponentials.map((x) => (Number.isNaN(sum) && inputs.nanToZero ? 0 : x / sum));
}

function seesNothing(inputs: Given, [b, h, i]: Index, logits: readonly number[]): boolean {
  const { mask, zeroHidden = ZERO_HIDDEN.never } = inputs;
  const lowest = lowestOf(inputs.q.elem);
  if (zeroHidden === ZERO_HIDDEN.byScore) return logits.every((x) => !(x > lowest));
  if (zeroHidden === ZERO_HIDDEN.never || mask === undefined) return false;
  return logits.every((_, j) => {
    const number = maskAt(inputs, [b, h, i, j]);
    return isLater(inputs, [b, h, i, j]) || (mask.elem === "bool" ? number === 0 : number <= lowest);
  });
}

function isLater({ causal }: AttentionInputs, [, , row, key]: Index): boolean {
  return causal === true && key > row;
}

function maskAt({ mask, numbers }: Given, index: Index): number {
  const dims = mask?.dims ?? [];
  let flat = 0;
  for (const [axis, extent] of dims.entries())
    flat = flat * extent + (extent === 1 ? 0 : index[axis + 4 - dims.length]!);
  return numbers[flat]!;
}

function masked(inputs: Given, index: Index, logit: number): number {
  const { mask, fill = -Infinity, fillAt = FILL_AT.score } = inputs;
  const later = isLater(inputs, index);
  const number = mask === undefined || mask.elem === "bool" ? 0 : maskAt(inputs, index);
  const hidden = mask?.elem === "bool" && maskAt(inputs, index) === 0;
  if (fillAt === FILL_AT.score) return hidden || later ? fill : logit + number;
  if (fillAt === FILL_AT.mask) return hidden || later ? logit + fill : logit + number;
  return logit + number + (hidden ? fill : 0) + (later ? fill : 0);
}
