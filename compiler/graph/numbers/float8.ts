/**
 * @file Floating types of 8 bits: their numbers as a table, since there are 256 of each. Knows no tensor.
 */
import type { Float8Elem } from "../types.ts";

interface Form {
  readonly mantissa: number;
  readonly bias: number;
  /** All exponent bits set: infinity and NaN as in wider types, NaN only with a full mantissa, or no such meaning. */
  readonly special: "infinities" | "full" | "none";
}

const FORMS: Readonly<Record<Float8Elem, Form>> = {
  float8e4m3fn: { mantissa: 3, bias: 7, special: "full" },
  float8e4m3fnuz: { mantissa: 3, bias: 8, special: "none" },
  float8e5m2: { mantissa: 2, bias: 15, special: "infinities" },
  float8e5m2fnuz: { mantissa: 2, bias: 16, special: "none" },
};

interface Access {
  readonly write: (view: DataView, at: number, value: number) => void;
  readonly read: (view: DataView, at: number) => number;
}

/** Reading, and writing of the nearest number; of two that are as near, the one with an even mantissa. */
export function float8Access(elem: Float8Elem): Access {
  const numbers = Array.from({ length: 256 }, (_, bits) => numberOf(FORMS[elem], bits));
  return {
    read: (view, at) => numbers[view.getUint8(at)]!,
    write: (view, at, value) => view.setUint8(at, nearest(numbers, value)),
  };
}

function numberOf({ mantissa, bias, special }: Form, bits: number): number {
  const [sign, rest] = [bits >> 7, bits & 127];
  if (special === "none" && bits === 128) return Number.NaN;
  const [exponent, fraction] = [rest >> mantissa, rest & (2 ** mantissa - 1)];
  const isLast = exponent === 127 >> mantissa;
  if (special === "full" && rest === 127) return Number.NaN;
  if (special === "infinities" && isLast) return fraction === 0 ? (sign === 0 ? Infinity : -Infinity) : Number.NaN;
  const size =
    exponent === 0
      ? fraction * 2 ** (1 - bias - mantissa)
      : (2 ** mantissa + fraction) * 2 ** (exponent - bias - mantissa);
  return sign === 0 ? size : -size;
}

function nearest(numbers: readonly number[], value: number): number {
  const isNegative = value < 0 || Object.is(value, -0);
  let best = numbers.findIndex((x) => (Number.isNaN(value) ? Number.isNaN(x) : Object.is(x, value)));
  if (best >= 0) return best;
  best = isNegative && Object.is(numbers[128], -0) ? 128 : 0;
  const first = isNegative ? 128 : 0;
  for (let bits = first; bits < first + 128; bits++) {
    const [apart, least] = [bits, best].map((i) => Math.abs(numbers[i]! - value));
    if (apart! < least! || (apart === least && bits % 2 === 0)) best = bits;
  }
  return best;
}
