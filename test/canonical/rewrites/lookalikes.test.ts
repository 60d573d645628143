/**
 * @file What only resembles attention stays unchanged, numbers and nodes, and a note explains close cases.
 */
import { describe, expect, test } from "vitest";
import { removeDead } from "../../../compiler/ir/clean.ts";
import { explainAttention } from "../../../compiler/canonical/rewrites/attention/attention.ts";
import { rewrite } from "../../../compiler/canonical/rewrites/index.ts";
import { float, int } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { pattern, type Pattern } from "./build.ts";
import { count, expectSame } from "./check.ts";
import { finish, heads, keysLast, matMul, merge, scoresOf, split } from "./phrases.ts";

interface Lookalike {
  readonly write: (p: Pattern) => readonly string[];
  /** What the note says; none where it is not close to attention. */
  readonly reason: string | null;
}

/** Queries and keys of one length, so that a mixed-up axis has the right size. */
const same = (p: Pattern): { readonly q: string; readonly k: string; readonly v: string } => {
  const [q, k, v] = ["q", "k", "v"].map((name) => heads(p, p.input(name, ["B", "S", 32]))) as [string, string, string];
  return { q, k, v };
};

const lookalikes: Readonly<Record<string, Lookalike>> = {
  "Softmax over the queries": {
    write: (p) => {
      const { q, k, v } = same(p);
      return [merge(p, matMul(p, p.softmax(matMul(p, q, keysLast(p, k)), 2), v))];
    },
    reason: "the Softmax does not run over the last axis",
  },
  "Softmax over the heads": {
    write: (p) => {
      const { q, k, v } = same(p);
      return [merge(p, matMul(p, p.softmax(matMul(p, q, keysLast(p, k)), 1), v))];
    },
    reason: "the Softmax does not run over the last axis",
  },
  "Softmax over rows of another order": {
    write: (p) => {
      const { q, k, v } = same(p);
      const turned = p.transpose(matMul(p, q, keysLast(p, k)), 0, 2, 3, 1);
      return [merge(p, matMul(p, p.transpose(p.softmax(turned), 0, 3, 1, 2), v))];
    },
    reason: "the Softmax does not run along an axis of one operand alone",
  },
  "probabilities transposed before the values": {
    write: (p) => {
      const { q, k, v } = same(p);
      const weights = p.softmax(matMul(p, q, keysLast(p, k)));
      return [merge(p, matMul(p, p.transpose(weights, 0, 1, 3, 2), v))];
    },
    reason: "the product with the values does not contract the axis of the Softmax",
  },
  "probabilities read twice": {
    write: (p) => {
      const { q, k, v } = split(p);
      const weights = p.softmax(matMul(p, q, keysLast(p, k)));
      return [merge(p, matMul(p, weights, v)), p.node("ReduceMax", [weights], { attributes: { keepdims: int(0) } })];
    },
    reason: "its probabilities are also read elsewhere",
  },
  "probabilities that are an output": {
    write: (p) => {
      const { q, k, v } = split(p);
      const weights = p.softmax(matMul(p, q, keysLast(p, k)));
      return [merge(p, matMul(p, weights, v)), weights];
    },
    reason: "its probabilities are also read elsewhere",
  },
  "scores capped after the mask": {
    write: (p) => {
      const three = split(p);
      const masked = p.node("Add", [scoresOf(p, three), p.input("mask", ["B", 1, 1, "T"])]);
      return finish(p, p.node("Tanh", [masked]), three.v);
    },
    reason: "the scores are capped after the mask, or twice",
  },
  "scores read twice": {
    write: (p) => {
      const { q, k, v } = split(p);
      const scores = matMul(p, q, keysLast(p, k));
      return [...finish(p, scores, v), p.node("Abs", [scores])];
    },
    reason: "are also read elsewhere",
  },
  "a scale per head": {
    write: (p) => {
      const three = split(p);
      const scale = p.constant(tensorFromNumbers("float32", [4, 1, 1], [1, 2, 3, 4]));
      return finish(p, p.node("Mul", [matMul(p, three.q, keysLast(p, three.k)), scale]), three.v);
    },
    reason: null,
  },
  "a scale that is computed": {
    write: (p) => {
      const three = split(p);
      return finish(p, p.node("Mul", [matMul(p, three.q, keysLast(p, three.k)), p.input("scale", [1])]), three.v);
    },
    reason: null,
  },
  "hidden twice, with two numbers": {
    write: (p) => {
      const three = split(p);
      const seen = (name: string): string => p.input(name, ["B", 1, 1, "T"], "bool");
      const once = p.node("Where", [seen("mask"), scoresOf(p, three), p.scalar(-Infinity)]);
      return finish(p, p.node("Where", [seen("other"), once, p.scalar(-3.4028234663852886e38)]), three.v);
    },
    reason: "its masks hide keys with the scores -Infinity and -3.4028234663852886e+38",
  },
  "hidden, then scaled to where keys are seen again": {
    write: (p) => {
      const three = split(p);
      const hidden = p.node("Where", [p.input("mask", ["B", 1, 1, "T"], "bool"), scoresOf(p, three), p.scalar(-1e38)]);
      return finish(p, p.node("Mul", [hidden, p.scalar(1e-30)]), three.v);
    },
    reason: "the scale after the mask makes hidden keys visible",
  },
  "a mask that widens the scores": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, [1, 4, 6, 8])) as [string, string, string];
      const scores = p.node("Add", [matMul(p, q, keysLast(p, k)), p.input("mask", ["B", 1, 1, 6])]);
      return [matMul(p, p.softmax(scores), p.node("Add", [v, p.input("shift", ["B", 1, 1, 1])]))];
    },
    reason: null,
  },
  "a mask for half of a batch axis": {
    write: (p) => {
      const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", 3, 4, 6, 8])) as [string, string, string];
      const scores = p.node("Add", [matMul(p, q, p.transpose(k, 0, 1, 2, 4, 3)), p.input("mask", [3, 1, 1, 6])]);
      return [matMul(p, p.softmax(scores), v)];
    },
    reason: "its mask does not broadcast to (B, H, Sq, Sk)",
  },
  "a fill that real scores can pass": {
    write: (p) => {
      const three = split(p);
      const mask = p.input("mask", ["B", 1, 1, "T"], "bool");
      return finish(p, p.node("Where", [mask, scoresOf(p, three), p.scalar(-3)]), three.v);
    },
    reason: null,
  },
  "values broadcast over the batch": {
    write: (p) => {
      const { q, k } = split(p);
      return [merge(p, matMul(p, p.softmax(matMul(p, q, keysLast(p, k))), p.input("shared", [1, 4, "T", 8])))];
    },
    reason: "keys or values are broadcast over the batch",
  },
  "linear attention": {
    write: (p) => {
      const { q, k, v } = split(p);
      const kv = matMul(p, keysLast(p, p.softmax(k, 2)), v);
      return [merge(p, matMul(p, p.softmax(q), kv))];
    },
    reason: null,
  },
  "lengths that the export wrote down": {
    write: (p) => {
      // Half of S times B, which is a number for the lengths of the export and for those of this test.
      const toHeads = (name: string): string =>
        p.transpose(p.reshape(p.input(name, ["S", "B", 32]), 8, -1, 8), 1, 0, 2);
      const [q, k, v] = ["q", "k", "v"].map(toHeads) as [string, string, string];
      return [p.node("MatMul", [p.softmax(p.node("MatMul", [q, p.transpose(k, 0, 2, 1)])), v])];
    },
    reason: "maps (S, B, 32) to (8, -1, 8), which fits only one length",
  },
  "a gate": {
    write: (p) => {
      const { q, k, v } = split(p);
      return [p.node("Mul", [p.softmax(q), q]), matMul(p, keysLast(p, k), v)];
    },
    reason: null,
  },
};

describe("left as it is", () => {
  test.each(Object.entries(lookalikes))("%s", async (_, { write, reason }) => {
    const p = pattern();
    const before = removeDead(p.build(...write(p)));
    const after = rewrite(before);
    expect(count(after, "Attention")).toBe(0);
    expect(after.nodes).toEqual(before.nodes);
    const notes = explainAttention(after).map((d) => d.message);
    if (reason === null) expect(notes).toEqual([]);
    else expect(notes).toEqual([expect.stringContaining(reason)]);
    await expectSame(before, after);
  });
});

const q4 = ["B", 4, "S", 8] as const;

describe("operators that cp.Attention cannot express", () => {
  test.each<readonly [string, string, (p: Pattern) => string]>([
    [
      "softcap",
      "caps its scores after the mask",
      (p) => attention(p, [p.input("m", ["S", "S"])], { softcap: float(5) }),
    ],
    ["causal softcap", "after the mask", (p) => attention(p, [], { softcap: float(5), is_causal: int(1) })],
    [
      "keys that are counted",
      "nonpad_kv_seqlen",
      (p) => attention(p, ["", "", "", p.input("used", ["B"], "int64")], {}),
    ],
    [
      "keys that are counted, for all",
      "holds key counts",
      (p) =>
        flat(p, "MultiHeadAttention", "com.microsoft", ["", p.input("used", ["B"], "int32")], { num_heads: int(4) }),
    ],
    [
      "a cache",
      "past keys and values",
      (p) => attention(p, ["", p.input("pk", ["B", 4, 2, 8]), p.input("pv", ["B", 4, 2, 8])], {}),
    ],
    ["an unknown number of heads", "number of heads", (p) => flat(p, "Attention", "", [], {})],
    [
      "packed operands",
      "packed into one operand",
      (p) => p.node("MultiHeadAttention", [p.input("qkv", ["B", "S", 4, 3, 8])], multiHead),
    ],
    [
      "an input bias",
      "adds a bias",
      (p) => {
        const [k, v] = ["k", "v"].map((name) => p.input(name, ["B", 4, "S", 8])) as [string, string];
        return p.node("MultiHeadAttention", [p.input("q", ["B", "S", 32]), k, v, p.input("bias", [96])], multiHead);
      },
    ],
    [
      "rotation without tables",
      "no cos_cache and sin_cache",
      (p) =>
        flat(
          p,
          "GroupQueryAttention",
          "com.microsoft",
          ["", "", p.input("lengths", ["B"], "int32"), p.input("total", [], "int32")],
          { num_heads: int(4), kv_num_heads: int(4), do_rotary: int(1) },
        ),
    ],
  ])("%s", (_, reason, write) => {
    const p = pattern(23);
    const before = p.build(write(p));
    const after = rewrite(before);
    expect(after.nodes).toEqual(before.nodes);
    expect(explainAttention(after)).toMatchObject([
      { code: "CP2520", severity: "note", message: expect.stringContaining(reason) as string },
    ]);
  });
});

type Attributes = NonNullable<NonNullable<Parameters<Pattern["node"]>[2]>["attributes"]>;
const multiHead = {
  attributes: { num_heads: int(4) },
  domain: "com.microsoft",
  declared: [{ elem: "float32", dims: ["B", "S", 32] }],
} as const;

function attention(p: Pattern, more: readonly string[], attributes: Attributes): string {
  const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, q4)) as [string, string, string];
  return p.node("Attention", [q, k, v, ...more], { attributes, declared: [{ elem: "float32", dims: q4 }] });
}

function flat(p: Pattern, op: string, domain: string, more: readonly string[], attributes: Attributes): string {
  const [q, k, v] = ["q", "k", "v"].map((name) => p.input(name, ["B", "S", 32])) as [string, string, string];
  return p.node(op, [q, k, v, ...more], { attributes, domain, declared: [{ elem: "float32", dims: ["B", "S", 32] }] });
}
