/**
 * @file Attention as one operator of ONNX or of onnxruntime: one graph per form.
 */
import { float, int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { inputs, KV, lengthOf, merge, Q, split } from "./phrases.ts";
import type { Spelling } from "./spellings.ts";

const MULTI_HEAD = {
  attributes: { num_heads: int(4) },
  domain: "com.microsoft",
  declared: [{ elem: "float32", dims: ["B", "S", 32] }],
} as const;

/** What `GroupQueryAttention` gives: the rows, and keys and values as a cache. */
const GROUPED = [
  [2, 5, 32],
  [2, 2, 5, 8],
  [2, 2, 5, 8],
].map((dims) => ({ elem: "float32" as const, dims }));

/** Attention operators as input forms. */
export const operators: Readonly<Record<string, Spelling>> = {
  "Attention on (B, H, S, D)": {
    write: (p) => {
      const { q, k, v } = split(p);
      return [merge(p, p.node("Attention", [q, k, v], { declared: [{ elem: "float32", dims: ["B", 4, "S", 8] }] }))];
    },
    operands: [Q, KV, KV],
  },
  "Attention on (B, S, H * D), grouped, scaled": {
    write: (p) => {
      const q = p.input("q", ["B", "S", 32]);
      const [k, v] = [p.input("k", ["B", "T", 16]), p.input("v", ["B", "T", 16])];
      const attributes = { q_num_heads: int(4), kv_num_heads: int(2), scale: float(0.25) };
      return [p.node("Attention", [q, k, v], { attributes, declared: [{ elem: "float32", dims: ["B", "S", 32] }] })];
    },
    operands: [Q, "B, T, 2, 8", "B, T, 2, 8"],
    attributes: "0.25 0 0",
  },
  "Attention with a boolean mask, some rows without any key": {
    write: (p) => {
      const { q, k, v } = split(p);
      const mask = p.input("mask", ["B", 1, "S", "T"], "bool");
      // The first query of all sees nothing.
      const rows = p.node("Unsqueeze", [
        p.node(
          "Range",
          [0, 1, 1].map((x, i) =>
            i === 1
              ? p.node("Squeeze", [lengthOf(p, "q"), p.ints(0)])
              : p.constant(tensorFromNumbers("int64", [], [x])),
          ),
        ),
        p.ints(1),
      ]);
      const seen = p.node("And", [mask, p.node("Greater", [rows, p.constant(tensorFromNumbers("int64", [], [0]))])]);
      return [
        merge(p, p.node("Attention", [q, k, v, seen], { declared: [{ elem: "float32", dims: ["B", 4, "S", 8] }] })),
      ];
    },
    operands: [Q, KV, KV, "B, 1, S, T"],
  },
  "causal Attention": {
    write: (p) => {
      const { q, k, v } = split(p);
      return [
        merge(
          p,
          p.node("Attention", [q, k, v], {
            attributes: { is_causal: int(1) },
            declared: [{ elem: "float32", dims: ["B", 4, "S", 8] }],
          }),
        ),
      ];
    },
    operands: [Q, KV, KV],
    attributes: "0.353553 0 1",
  },
  "MultiHeadAttention with padding and bias": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      const [padding, bias] = [p.input("padding", ["B", "T"], "int32"), p.input("bias", [1, 4, "S", "T"])];
      const more = {
        attributes: { num_heads: int(4) },
        domain: "com.microsoft",
        declared: [{ elem: "float32", dims: ["B", "S", 32] }],
      } as const;
      return [p.node("MultiHeadAttention", [q, k, v, "", padding, bias], more)];
    },
    operands: [Q, KV, KV, "B, 4, S, T"],
  },
  "MultiHeadAttention with padding of each row": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      return [p.node("MultiHeadAttention", [q, k, v, "", p.input("padding", ["B", "S", "T"], "int32")], MULTI_HEAD)];
    },
    operands: [Q, KV, KV, "B, 1, S, T"],
  },
  "MultiHeadAttention with a bias of its operands": {
    write: (p) => {
      const { q, k, v } = inputs(p);
      return [p.node("MultiHeadAttention", [q, k, v, p.input("bias", [96])], MULTI_HEAD)];
    },
    operands: [Q, KV, KV],
  },
  "MultiHeadAttention on keys and values of (B, H, S, D)": {
    write: (p) => {
      const [k, v] = [p.input("k", ["B", 4, "T", 8]), p.input("v", ["B", 4, "T", 8])];
      return [p.node("MultiHeadAttention", [p.input("q", ["B", "S", 32]), k, v], { ...MULTI_HEAD, declared: [] })];
    },
    operands: [Q, KV, KV],
    transposes: 2,
  },
  "causal MultiHeadAttention": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", "S", 32])) as [string, string, string];
      const more = {
        attributes: { num_heads: int(4), unidirectional: int(1), scale: float(0.5) },
        domain: "com.microsoft",
        declared: [{ elem: "float32", dims: ["B", "S", 32] }],
      } as const;
      return [p.node("MultiHeadAttention", [q, k, v], more)];
    },
    operands: [Q, Q, Q],
    attributes: "0.5 0 1",
  },
  "Attention that caps its scores": {
    write: (p) => {
      const { q, k, v } = split(p);
      return [merge(p, p.node("Attention", [q, k, v], { attributes: { softcap: float(1.5) } }))];
    },
    operands: [Q, KV, KV],
    attributes: "0.353553 0 0 1.5",
  },
  "GroupQueryAttention, packed, capped and masked": {
    write: (p) => {
      const packed = p.input("packed", [2, 5, 64]);
      const lengths = p.constant(tensorFromNumbers("int32", [2], [4, 4]));
      const total = p.constant(tensorFromNumbers("int32", [], [5]));
      const bias = p.input("bias", [1, 4, 5, 5]);
      const more = {
        attributes: { num_heads: int(4), kv_num_heads: int(2), softcap: float(0.75) },
        domain: "com.microsoft",
        outputs: 3,
        declared: GROUPED,
      } as const;
      const operands = [packed, "", "", "", "", lengths, total, "", "", "", bias];
      return [p.nodes("GroupQueryAttention", operands, more)[0]!];
    },
    operands: ["2, 5, 4, 8", "2, 5, 2, 8", "2, 5, 2, 8", "1, 4, 5, 5"],
    attributes: "0.353553 0 1 0.75",
  },
  "GroupQueryAttention, lengths by Shape": {
    write: (p) => {
      const q = p.input("q", ["B", "S", 32]);
      const [k, v] = [p.input("k", ["B", "S", 16]), p.input("v", ["B", "S", 16])];
      const toInt = (x: string): string => p.node("Cast", [x], { attributes: { to: int(6) } });
      const shape = p.node("Shape", [k]);
      const extent = (axis: number): string =>
        p.node("Gather", [shape, p.constant(tensorFromNumbers("int64", [], [axis]))]);
      const last = p.node("Sub", [extent(1), p.constant(tensorFromNumbers("int64", [], [1]))]);
      const lengths = p.node("Expand", [toInt(last), p.node("Unsqueeze", [extent(0), p.ints(0)])]);
      const more = {
        attributes: { num_heads: int(4), kv_num_heads: int(2) },
        domain: "com.microsoft",
        outputs: 3,
        declared: [
          ["B", "S", 32],
          ["B", 2, "S", 8],
          ["B", 2, "S", 8],
        ].map((dims) => ({ elem: "float32" as const, dims })),
      } as const;
      return [p.nodes("GroupQueryAttention", [q, k, v, "", "", lengths, toInt(extent(1))], more)[0]!];
    },
    operands: [Q, "B, S, 2, 8", "B, S, 2, 8"],
    attributes: "0.353553 0 1",
  },
  GroupQueryAttention: {
    write: (p) => {
      const q = p.input("q", [2, 5, 32]);
      const [k, v] = [p.input("k", [2, 5, 16]), p.input("v", [2, 5, 16])];
      const lengths = p.constant(tensorFromNumbers("int32", [2], [4, 4]));
      const total = p.constant(tensorFromNumbers("int32", [], [5]));
      const more = {
        attributes: { num_heads: int(4), kv_num_heads: int(2) },
        domain: "com.microsoft",
        outputs: 3,
        declared: GROUPED,
      } as const;
      return [p.nodes("GroupQueryAttention", [q, k, v, "", "", lengths, total], more)[0]!];
    },
    operands: ["2, 5, 4, 8", "2, 5, 2, 8", "2, 5, 2, 8"],
    attributes: "0.353553 0 1",
  },
};
