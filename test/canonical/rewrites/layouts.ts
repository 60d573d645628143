/**
 * @file Attention on operands of other layouts: merged batch and heads, sequence first, channels first, grouped heads, no heads.
 */
import { int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import {
  finish,
  folded,
  heads,
  inputs,
  KV,
  keysLast,
  lengthOf,
  matMul,
  merge,
  Q,
  SCALE,
  scoresOf,
  split,
  unfolded,
} from "./phrases.ts";
import type { Spelling } from "./spellings.ts";

export const layouts: Readonly<Record<string, Spelling>> = {
  "batch and heads merged": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const scores = p.node("Mul", [matMul(p, folded(p, q), p.transpose(folded(p, k), 0, 2, 1)), p.scalar(SCALE)]);
      return [unfolded(p, matMul(p, p.softmax(scores), folded(p, v)), lengthOf(p, q))];
    },
    operands: [Q, KV, KV],
  },
  "batch and heads merged, apart for the mask": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const scores = p.node("Mul", [matMul(p, folded(p, q), p.transpose(folded(p, k), 0, 2, 1)), p.scalar(SCALE)]);
      const shape = p.node("Shape", [scores]);
      const four = p.node("Reshape", [
        scores,
        p.node("Concat", [p.ints(-1, 4), p.node("Slice", [shape, p.ints(1), p.ints(3)])], {
          attributes: { axis: int(0) },
        }),
      ]);
      const weights = p.softmax(p.node("Reshape", [p.node("Add", [four, p.input("mask", ["B", 1, 1, "T"])]), shape]));
      return [unfolded(p, matMul(p, weights, folded(p, v)), lengthOf(p, q))];
    },
    operands: [Q, KV, KV, "B, 1, 1, T"],
  },
  "batch and heads merged, mask too": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const mask = p.input("mask", ["B", 4, "S", "T"]);
      const scores = p.node("Mul", [matMul(p, folded(p, q), p.transpose(folded(p, k), 0, 2, 1)), p.scalar(SCALE)]);
      const merged = p.node("Reshape", [mask, p.node("Shape", [scores])]);
      return [unfolded(p, matMul(p, p.softmax(p.node("Add", [scores, merged])), folded(p, v)), lengthOf(p, q))];
    },
    operands: [Q, KV, KV, "B, 4, S, T"],
  },
  "one batch element, so that the merged axis is the heads": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, [1, name === "q" ? "S" : "T", 32])) as [
        string,
        string,
        string,
      ];
      const three = (x: string): string => p.node("Squeeze", [heads(p, x), p.ints(0)]);
      const scores = p.node("Mul", [matMul(p, three(q), p.transpose(three(k), 0, 2, 1)), p.scalar(SCALE)]);
      return [merge(p, p.node("Unsqueeze", [matMul(p, p.softmax(scores), three(v)), p.ints(0)]))];
    },
    operands: ["1, S, 4, 8", "1, T, 4, 8", "1, T, 4, 8"],
  },
  "merged axis of unknown parts": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", name === "q" ? "S" : "T", 8])) as [
        string,
        string,
        string,
      ];
      return [matMul(p, p.softmax(p.node("Mul", [matMul(p, q, p.transpose(k, 0, 2, 1)), p.scalar(SCALE)])), v)];
    },
    operands: ["B, S, 1, 8", "B, T, 1, 8", "B, T, 1, 8"],
  },
  "sequence first": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, [name === "q" ? "S" : "T", "B", 32])) as [
        string,
        string,
        string,
      ];
      const three = (x: string): string =>
        p.transpose(
          p.node("Reshape", [
            x,
            p.node("Concat", [p.node("Slice", [p.node("Shape", [x]), p.ints(0), p.ints(1)]), p.ints(-1, 8)], {
              attributes: { axis: int(0) },
            }),
          ]),
          1,
          0,
          2,
        );
      const scores = p.node("Mul", [matMul(p, three(q), p.transpose(three(k), 0, 2, 1)), p.scalar(SCALE)]);
      const rows = p.transpose(matMul(p, p.softmax(scores), three(v)), 1, 0, 2);
      return [p.node("Reshape", [rows, p.node("Shape", [q])])];
    },
    operands: [Q, KV, KV],
    transposes: 4,
  },
  "channels first, keys on the left": {
    write: (p) => {
      const q = p.input("q", ["B", 32, "S"]);
      const [k, v] = [p.input("k", ["B", 32, "T"]), p.input("v", ["B", 32, "T"])];
      const scores = p.node("Mul", [matMul(p, p.transpose(q, 0, 2, 1), k), p.scalar(SCALE)]);
      return [matMul(p, v, p.transpose(p.softmax(scores, 2), 0, 2, 1))];
    },
    operands: ["B, S, 1, 32", "B, T, 1, 32", "B, T, 1, 32"],
    transposes: 4,
  },
  "grouped heads, expanded": {
    write: (p) => {
      const q = p.input("q", ["B", "S", 32]);
      const [k, v] = [p.input("k", ["B", "T", 16]), p.input("v", ["B", "T", 16])];
      const repeated = (x: string): string => {
        const few = p.transpose(p.reshape(x, 0, 0, 2, 8), 0, 2, 1, 3);
        const each = p.node("Expand", [p.node("Unsqueeze", [few, p.ints(2)]), p.ints(1, 1, 2, 1, 1)]);
        return p.node("Reshape", [
          each,
          p.node("Concat", [p.ints(-1, 4), lengthOf(p, x), p.ints(8)], { attributes: { axis: int(0) } }),
        ]);
      };
      const scores = p.node("Mul", [matMul(p, heads(p, q), keysLast(p, repeated(k))), p.scalar(SCALE)]);
      return finish(p, scores, repeated(v));
    },
    operands: [Q, "B, T, 2, 8", "B, T, 2, 8"],
  },
  "grouped heads, concatenated": {
    write: (p) => {
      const q = p.input("q", ["B", "S", 32]);
      const [k, v] = [p.input("k", ["B", "T", 16]), p.input("v", ["B", "T", 16])];
      const repeated = (x: string): string => {
        const each = p.node("Unsqueeze", [p.reshape(x, 0, 0, 2, 8), p.ints(3)]);
        return p.transpose(
          p.reshape(p.node("Concat", [each, each], { attributes: { axis: int(3) } }), 0, 0, 4, 8),
          0,
          2,
          1,
          3,
        );
      };
      const scores = p.node("Mul", [matMul(p, heads(p, q), keysLast(p, repeated(k))), p.scalar(SCALE)]);
      return finish(p, scores, repeated(v));
    },
    operands: [Q, "B, T, 2, 8", "B, T, 2, 8"],
  },
  "heads repeated in another order than groups": {
    write: (p) => {
      const q = p.input("q", ["B", "S", 32]);
      const [k, v] = [p.input("k", ["B", "T", 16]), p.input("v", ["B", "T", 16])];
      const repeated = (x: string): string => {
        const few = p.transpose(p.reshape(x, 0, 0, 2, 8), 0, 2, 1, 3);
        return p.node("Tile", [few, p.ints(1, 2, 1, 1)]);
      };
      const scores = p.node("Mul", [matMul(p, heads(p, q), keysLast(p, repeated(k))), p.scalar(SCALE)]);
      return finish(p, scores, repeated(v));
    },
    operands: [Q, KV, KV],
    transposes: 4,
  },
  "one key/value head, broadcast": {
    write: (p) => {
      const q = p.input("q", ["B", "S", 32]);
      const [k, v] = ["k", "v"].map((name) => p.node("Unsqueeze", [p.input(name, ["B", "T", 8]), p.ints(1)])) as [
        string,
        string,
      ];
      return finish(p, p.node("Mul", [matMul(p, heads(p, q), keysLast(p, k)), p.scalar(SCALE)]), v);
    },
    operands: [Q, "B, T, 1, 8", "B, T, 1, 8"],
  },
  "no batch and no heads": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, [name === "q" ? "S" : "T", 8])) as [
        string,
        string,
        string,
      ];
      return [matMul(p, p.softmax(p.node("Mul", [matMul(p, q, p.transpose(k, 1, 0)), p.scalar(SCALE)])), v)];
    },
    operands: ["1, S, 1, 8", "1, T, 1, 8", "1, T, 1, 8"],
  },
  "two batch axes": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", 3, 4, name === "q" ? "S" : "T", 8])) as [
        string,
        string,
        string,
      ];
      const mask = p.input("mask", ["B", 3, 1, 1, "T"]);
      const scores = p.node("Mul", [matMul(p, q, p.transpose(k, 0, 1, 2, 4, 3)), p.scalar(SCALE)]);
      return [matMul(p, p.softmax(p.node("Add", [scores, mask])), v)];
    },
    operands: ["3*B, S, 4, 8", "3*B, T, 4, 8", "3*B, T, 4, 8", "3*B, 1, 1, T"],
    transposes: 4,
  },
  "heads outside the batch, one mask for all": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const outermost = (x: string): string => p.transpose(p.reshape(x, 0, 0, 4, 8), 2, 0, 1, 3);
      const scores = p.node("Mul", [matMul(p, outermost(q), p.transpose(outermost(k), 0, 1, 3, 2)), p.scalar(SCALE)]);
      const weights = p.softmax(p.node("Add", [scores, p.input("mask", ["S", "T"])]));
      return [p.reshape(p.transpose(matMul(p, weights, outermost(v)), 1, 2, 0, 3), 0, 0, 32)];
    },
    operands: [Q, KV, KV, "S, T"],
  },
  "nodes that change nothing in between": {
    write: (p) => {
      const { q, k, v } = split(p);
      const same = (x: string): string => p.node("Identity", [p.node("Cast", [x], { attributes: { to: int(1) } })]);
      const weights = p.softmax(same(scoresOf(p, { q: same(q), k: same(k), v })));
      return [merge(p, same(matMul(p, same(weights), v)))];
    },
    operands: [Q, KV, KV],
  },
  "split from one projection": {
    write: (p) => {
      const x = p.input("x", ["B", "S", 96]);
      const packed = p.transpose(p.reshape(x, 0, 0, 3, 4, 8), 2, 0, 3, 1, 4);
      const [q, k, v] = [0, 1, 2].map((i) =>
        p.node("Gather", [packed, p.constant(tensorFromNumbers("int64", [], [i]))], { attributes: { axis: int(0) } }),
      ) as [string, string, string];
      return finish(p, scoresOf(p, { q, k, v }), v);
    },
    operands: [Q, Q, Q],
    transposes: 4,
  },
};
