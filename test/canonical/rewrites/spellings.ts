/**
 * @file Attention as exporters and people write it with basic operators: one graph per spelling.
 */
import { int } from "../../../compiler/graph/attributes.ts";
import type { Pattern } from "./build.ts";
import {
  apart,
  einsum,
  finish,
  HALF,
  heads,
  infinity,
  inputs,
  KV,
  keysLast,
  matMul,
  merge,
  never,
  Q,
  SCALE,
  scoresOf,
  split,
} from "./phrases.ts";

export interface Spelling {
  /** Adds the nodes; returns the outputs. */
  readonly write: (p: Pattern) => readonly string[];
  /** Extents of q, k, v and mask of the one `cp.Attention`. */
  readonly operands: readonly string[];
  /** Transposes that are left; 0 where not said. */
  readonly transposes?: number;
  /** `scale nan_to_zero causal`, and `softcap` where there is one; `0.353553 0 0` where not said. */
  readonly attributes?: string;
}

/** A spelling that differs in what happens between the products. */
const masked = (change: (p: Pattern, scores: string) => string, mask: string, attributes?: string): Spelling => ({
  write: (p) => {
    const three = split(p);
    return finish(p, change(p, scoresOf(p, three)), three.v);
  },
  operands: mask === "" ? [Q, KV, KV] : [Q, KV, KV, mask],
  ...(attributes === undefined ? {} : { attributes }),
});

export const spellings: Readonly<Record<string, Spelling>> = {
  "scale on both operands, keys transposed in one step": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const left = p.node("Mul", [heads(p, q), p.scalar(HALF, [1])]);
      const right = p.node("Mul", [p.transpose(apart(p, k), 0, 2, 3, 1), p.scalar(HALF, [1])]);
      return finish(p, matMul(p, left, right), heads(p, v));
    },
    operands: [Q, KV, KV],
  },
  "keys transposed by way of three axes": {
    write: (p) => {
      const { q, k, v } = split(p);
      const merged = p.node("Reshape", [
        k,
        p.node("Concat", [p.ints(-1), p.node("Slice", [p.node("Shape", [k]), p.ints(2), p.ints(4)])], {
          attributes: { axis: int(0) },
        }),
      ]);
      const turned = p.transpose(merged, 0, 2, 1);
      const shape = p.node("Shape", [keysLast(p, k)]);
      const left = p.node("Mul", [q, p.scalar(HALF, [1])]);
      const right = p.node("Mul", [p.node("Reshape", [turned, shape]), p.scalar(HALF, [1])]);
      return finish(p, matMul(p, left, right), v);
    },
    operands: [Q, KV, KV],
  },
  "scores divided": {
    write: (p) => {
      const { q, k, v } = split(p);
      return finish(p, p.node("Div", [matMul(p, q, keysLast(p, k)), p.scalar(1 / SCALE)]), v);
    },
    operands: [Q, KV, KV],
  },
  "scale before the heads are split, on the left": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const left = heads(p, p.node("Mul", [p.scalar(SCALE), q]));
      return finish(p, matMul(p, left, keysLast(p, heads(p, k))), heads(p, v));
    },
    operands: [Q, KV, KV],
  },
  "no scale, operands and result in (B, H, S, D)": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", 4, name === "q" ? "S" : "T", 8])) as [
        string,
        string,
        string,
      ];
      return [matMul(p, p.softmax(matMul(p, q, keysLast(p, k)), 3), v)];
    },
    operands: [Q, KV, KV],
    transposes: 4,
    attributes: "1 0 0",
  },
  "scores capped, then masked": masked(
    (p, s) => {
      const capped = p.node("Mul", [p.node("Tanh", [p.node("Div", [s, p.scalar(0.5)])]), p.scalar(0.5)]);
      return p.node("Add", [capped, p.input("mask", ["B", 1, 1, "T"])]);
    },
    "B, 1, 1, T",
    "0.353553 0 0 0.5",
  ),
  "additive mask over keys": masked((p, s) => p.node("Add", [s, p.input("mask", ["B", 1, 1, "T"])]), "B, 1, 1, T"),
  "additive mask on the left, over queries and keys": masked(
    (p, s) => p.node("Add", [p.input("mask", ["S", "T"]), s]),
    "S, T",
  ),
  "additive mask with heads": masked((p, s) => p.node("Add", [s, p.input("mask", [4, "S", "T"])]), "4, S, T"),
  "additive mask that comes from a product": masked(
    (p, s) => p.node("Add", [s, matMul(p, p.input("a", ["B", 4, "S", 3]), p.input("b", ["B", 4, 3, "T"]))]),
    "B, 4, S, T",
  ),
  "bias with heads, then an additive mask over keys": masked((p, s) => {
    const biased = p.node("Add", [s, p.input("bias", [4, "S", "T"])]);
    return p.node("Add", [biased, p.input("mask", ["B", 1, 1, "T"])]);
  }, "B, 4, S, T"),
  "boolean mask, infinite fill": masked(
    (p, s) => p.node("Where", [p.input("mask", ["B", 1, 1, "T"], "bool"), s, infinity(p)]),
    "B, 1, 1, T",
  ),
  "masked fill, infinite": masked(
    (p, s) => p.node("Where", [p.node("Not", [p.input("mask", ["B", 1, 1, "T"], "bool")]), infinity(p), s]),
    "B, 1, 1, T",
  ),
  "masked fill, finite": masked(
    (p, s) => p.node("Where", [p.node("Not", [p.input("mask", ["B", 1, 1, "T"], "bool")]), never(p), s]),
    "B, 1, 1, T",
  ),
  "masked fill, keys by another name": masked(
    (p, s) => p.node("Where", [p.input("mask", ["B", 1, 1, "K"], "bool"), s, infinity(p)]),
    "B, 1, 1, K",
  ),
  "additive mask on the left, lengths by other names": masked(
    (p, s) => p.node("Add", [p.input("mask", ["C", 1, "R", "K"]), s]),
    "C, 1, R, K",
  ),
  "NaN guard": {
    write: (p) => {
      const { q, k, v } = split(p);
      const mask = p.node("Where", [p.input("mask", ["B", 1, "S", "T"], "bool"), p.scalar(0), infinity(p)]);
      const weights = p.softmax(p.node("Add", [scoresOf(p, { q, k, v }), mask]));
      return [merge(p, matMul(p, p.node("Where", [p.node("IsNaN", [weights]), p.scalar(0), weights]), v))];
    },
    operands: [Q, KV, KV, "B, 1, S, T"],
    attributes: "0.353553 1 0",
  },
  "Einsum on (B, S, H, D)": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const scores = p.node("Mul", [einsum(p, "bihd,bjhd->bhij", apart(p, q), apart(p, k)), p.scalar(SCALE)]);
      return [p.reshape(einsum(p, "bhij,bjhd->bihd", p.softmax(scores), apart(p, v)), 0, 0, 32)];
    },
    operands: [Q, KV, KV],
  },
  "Einsum with heads first in the scores": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const scores = p.node("Mul", [einsum(p, "bihd,bjhd->hbij", apart(p, q), apart(p, k)), p.scalar(SCALE)]);
      return [p.reshape(einsum(p, "hbij,bjhd->bihd", p.softmax(scores), apart(p, v)), 0, 0, 32)];
    },
    operands: [Q, KV, KV],
  },
  "Einsum with keys first": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const scores = p.node("Mul", [
        einsum(p, "b j h d, b i h d -> b h i j", apart(p, k), apart(p, q)),
        p.scalar(SCALE),
      ]);
      return [p.reshape(einsum(p, "bjhd,bhij->bihd", apart(p, v), p.softmax(scores)), 0, 0, 32)];
    },
    operands: [Q, KV, KV],
  },
};
