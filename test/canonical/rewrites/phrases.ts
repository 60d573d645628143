/**
 * @file The building blocks of attention spellings: H = 4 heads of D = 8, queries (B, S, 32), keys and values (B, T, 32).
 */
import { int } from "../../../compiler/graph/attributes.ts";
import type { Attribute } from "../../../compiler/graph/types.ts";
import type { Pattern } from "./build.ts";

export const SCALE = 8 ** -0.5;
export const HALF = 8 ** -0.25;
export const Q = "B, S, 4, 8";
export const KV = "B, T, 4, 8";

const text = (value: string): Attribute => ({ kind: "string", value });
export const einsum = (p: Pattern, equation: string, a: string, b: string): string =>
  p.node("Einsum", [a, b], { attributes: { equation: text(equation) } });
export const matMul = (p: Pattern, a: string, b: string): string => p.node("MatMul", [a, b]);

export interface Three {
  readonly q: string;
  readonly k: string;
  readonly v: string;
}

export const inputs = (p: Pattern): Three => ({
  q: p.input("q", ["B", "S", 32]),
  k: p.input("k", ["B", "T", 32]),
  v: p.input("v", ["B", "T", 32]),
});

/** (B, S, 32) to (B, S, 4, 8). */
export const apart = (p: Pattern, x: string): string => p.reshape(x, 0, 0, 4, 8);
/** (B, S, 32) to (B, 4, S, 8). */
export const heads = (p: Pattern, x: string): string => p.transpose(apart(p, x), 0, 2, 1, 3);
/** (B, 4, S, 8) to (B, S, 32). */
export const merge = (p: Pattern, x: string): string => p.reshape(p.transpose(x, 0, 2, 1, 3), 0, 0, 32);
/** (B, S, 32) to (B * 4, S, 8). */
export const folded = (p: Pattern, x: string): string =>
  p.node("Reshape", [
    heads(p, x),
    p.node("Concat", [p.ints(-1), lengthOf(p, x), p.ints(8)], { attributes: { axis: int(0) } }),
  ]);
export const lengthOf = (p: Pattern, x: string): string =>
  p.node("Slice", [p.node("Shape", [x]), p.ints(1), p.ints(2)]);
/** (B * 4, S, 8) to (B, S, 32). */
export const unfolded = (p: Pattern, x: string, length: string): string =>
  merge(
    p,
    p.node("Reshape", [x, p.node("Concat", [p.ints(-1, 4), length, p.ints(8)], { attributes: { axis: int(0) } })]),
  );

/** All three as (B, 4, S, 8). */
export const split = (p: Pattern): Three => {
  const { q, k, v } = inputs(p);
  return { q: heads(p, q), k: heads(p, k), v: heads(p, v) };
};
export const keysLast = (p: Pattern, k: string): string => p.transpose(k, 0, 1, 3, 2);
export const scoresOf = (p: Pattern, { q, k }: Three): string =>
  p.node("Mul", [matMul(p, q, keysLast(p, k)), p.scalar(SCALE)]);
export const finish = (p: Pattern, scores: string, v: string): readonly string[] => [
  merge(p, matMul(p, p.softmax(scores), v)),
];

export const infinity = (p: Pattern): string => p.scalar(-Infinity);
export const never = (p: Pattern): string => p.scalar(-3.4028234663852886e38);
