/**
 * @file What onnxruntime fuses comes apart and gives the same numbers as its own kernel: to the last bit where quantised, else up to
 * rounding. What cannot come apart stays, and says why.
 */
import { describe, expect, test } from "vitest";
import { explainAttention, fuseAttention } from "../../../compiler/canonical/rewrites/attention/attention.ts";
import { unfuse } from "../../../compiler/canonical/rewrites/unfuse/unfuse.ts";
import { float, int, ints } from "../../../compiler/graph/attributes.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import { fusedMatMul } from "../../../compiler/operators/rules/contraction.ts";
import type { NodeView } from "../../../compiler/operators/types.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import { random } from "../../support/graphs.ts";
import { pattern, type More, type Pattern } from "./build.ts";
import { count, expectSame, run } from "./check.ts";

type Write = (p: Pattern) => readonly string[];

const micro = (attributes: More["attributes"] = {}, outputs = 1): More => ({
  domain: "com.microsoft",
  attributes,
  outputs,
});
const x = (p: Pattern, name = "x"): string => p.input(name, ["B", "S", 16]);
const weights = (p: Pattern, ...dims: readonly number[]): string => {
  const size = dims.reduce((a, b) => a * b, 1);
  return p.constant(
    tensorFromNumbers(
      "float32",
      dims,
      Array.from({ length: size }, (_, i) => Math.sin(i * 1.7) / 2),
    ),
  );
};
const int8s = (p: Pattern, ...dims: readonly number[]): string => {
  const size = dims.reduce((a, b) => a * b, 1);
  return p.constant(
    tensorFromNumbers(
      "int8",
      dims,
      Array.from({ length: size }, (_, i) => ((i * 37) % 255) - 127),
    ),
  );
};
const eps = { epsilon: float(1e-5) };
const heads = { num_heads: int(4) };
const embedded = (p: Pattern, more: readonly string[], outputs = 3): readonly string[] => {
  const [ids, segments] = [p.input("ids", ["B", "S"], "int32"), p.input("segments", ["B", "S"], "int32")];
  const tables = [weights(p, 2, 16), weights(p, 9, 16), weights(p, 2, 16), weights(p, 16), weights(p, 16)];
  return p.nodes("EmbedLayerNormalization", [ids, segments, ...tables, ...more], micro(eps, outputs));
};
const attention = (p: Pattern, more: readonly string[], attributes: More["attributes"] = {}): readonly string[] => [
  p.node("Attention", [x(p), weights(p, 16, 48), weights(p, 48), ...more], micro({ ...heads, ...attributes })),
];

const CASES: Readonly<Record<string, Write>> = {
  "FusedMatMul, second operand transposed, scaled": (p) => [
    p.node("FusedMatMul", [x(p), p.input("y", ["B", "T", 16])], micro({ transB: int(1), alpha: float(0.25) })),
  ],
  "FusedMatMul, first operand transposed": (p) => [
    p.node("FusedMatMul", [p.input("y", ["B", 16, "S"]), weights(p, 16, 3)], micro({ transA: int(1) })),
  ],
  "FusedMatMul, heads in front": (p) => {
    const [a, b] = [p.input("a", ["S", "B", 4, 8]), p.input("b", ["T", "B", 4, 8])];
    const attributes = { transBatchA: int(1), transBatchB: int(1), transB: int(1) };
    return [p.node("FusedMatMul", [a, b], micro(attributes))];
  },
  BiasGelu: (p) => [p.node("BiasGelu", [x(p), weights(p, 16)], micro())],
  "FastGelu with a bias": (p) => [p.node("FastGelu", [x(p), weights(p, 16)], micro())],
  "SkipLayerNormalization and its sum": (p) => {
    const operands = [x(p), x(p, "y"), weights(p, 16), weights(p, 16), weights(p, 16)];
    const [out, , , sum] = p.nodes("SkipLayerNormalization", operands, micro(eps, 4));
    return [out!, sum!];
  },
  "SkipLayerNormalization without a bias, epsilon left out": (p) => [
    p.node("SkipLayerNormalization", [x(p), p.input("y", ["S", 16]), weights(p, 16)], micro()),
  ],
  "SkipSimplifiedLayerNormalization and its sum": (p) => {
    const operands = [x(p), x(p, "y"), weights(p, 16), weights(p, 16)];
    const [out, , , sum] = p.nodes("SkipSimplifiedLayerNormalization", operands, micro(eps, 4));
    return [out!, sum!];
  },
  "EmbedLayerNormalization with a mask": (p) => embedded(p, [p.input("mask", ["B", "S"], "int32")]),
  "EmbedLayerNormalization without a mask": (p) => embedded(p, []),
  "EmbedLayerNormalization with positions": (p) =>
    embedded(p, ["", p.input("positions", ["B", "S"], "int32")]).slice(0, 1),
  Attention: (p) => attention(p, []),
  "causal Attention, scaled": (p) => attention(p, [], { unidirectional: int(1), scale: float(0.3) }),
  "Attention with a flag for each key": (p) => attention(p, [p.input("mask", ["B", "S"], "int32")]),
  "Attention with a flag for each row and key": (p) => attention(p, [p.input("mask", ["B", "S", "S"], "int32")]),
  "Attention with counts of keys": (p) =>
    attention(p, [p.input("mask", ["B"], "int32")], { mask_filter_value: float(-1e4) }),
  "Attention with a bias of its scores": (p) => attention(p, ["", "", p.input("bias", [1, 4, "S", "S"])]),
  "Attention of unequal widths": (p) => [
    p.node(
      "Attention",
      [x(p), weights(p, 16, 32), weights(p, 32)],
      micro({ ...heads, qkv_hidden_sizes: ints([8, 8, 16]) }),
    ),
  ],
};

/** Operators whose result must be the kernel's to the last bit. */
const EXACT: Readonly<Record<string, Write>> = {
  DynamicQuantizeLinear: (p) => p.nodes("DynamicQuantizeLinear", [x(p)], { outputs: 3 }),
  DynamicQuantizeMatMul: (p) => [
    p.node("DynamicQuantizeMatMul", [x(p), int8s(p, 16, 6), p.scalar(0.02), "", weights(p, 6)], micro()),
  ],
  MatMulIntegerToFloat: (p) => {
    const [a, scale, zero] = p.nodes("DynamicQuantizeLinear", [x(p)], { outputs: 3 });
    return [p.node("MatMulIntegerToFloat", [a!, int8s(p, 16, 6), scale!, p.scalar(0.02), zero!], micro())];
  },
};

const FUSED = /^(?:Fused|Skip|Bias|Embed|Dynamic)|IntegerToFloat$/;

function apart(write: Write): { readonly before: CanonicalGraph; readonly after: CanonicalGraph } {
  const p = pattern();
  const before = p.build(...write(p).filter((name) => name !== ""));
  return { before, after: unfuse(before) };
}

describe("operators of onnxruntime come apart", () => {
  test.each(Object.entries(CASES))("%s", async (_, write) => {
    const { before, after } = apart(write);
    expect(after.nodes.filter((n) => FUSED.test(n.op))).toEqual([]);
    expect(count(fuseAttention(after), "MultiHeadAttention")).toBe(0);
    expect(explainAttention(after)).toEqual([]);
    await expectSame(before, fuseAttention(after));
  });
});

describe("quantised operators come apart to the same bits", () => {
  const ranges = { "of both signs": [-1, 2], positive: [0.5, 3], negative: [-3, -0.25], zero: [0, 0] } as const;
  test.each(Object.entries(EXACT))("%s", async (_, write) => {
    const { before, after } = apart(write);
    expect(after.nodes.filter((n) => FUSED.test(n.op))).toEqual([]);
    for (const [low, high] of Object.values(ranges)) {
      const numbers = Array.from(random(3, [2, 5, 16]).data as Float32Array, (n) => low + ((n + 1) / 2) * (high - low));
      const feeds = { x: ortTensor("float32", [2, 5, 16], numbers) };
      const lengths = { B: 2, S: 5 };
      const [expected, actual] = [await run(before, feeds, lengths), await run(after, feeds, lengths)];
      for (const name of before.outputs) expect(actual[name]!.data).toEqual(expected[name]!.data);
    }
  });
});

test.each([
  ["blocks.0", "blocks.0"],
  ["blocks", "blocks"],
  // A list of blocks is no module.
  ["model", ""],
])("the parts of a fused node lie in the modules that they came from: %s", (module, sum0) => {
  const p = pattern();
  const gamma = weights(p, 16);
  const own = p.inside("blocks.0.norm", () => p.node("Mul", [x(p), gamma]));
  const branch = p.inside("blocks.0.mlp.down", () => p.node("MatMul", [own, weights(p, 16, 16)]));
  const operands = [own, branch, gamma, weights(p, 16), weights(p, 16)];
  const [out, , , sum] = p.inside("blocks.1.norm", () => p.nodes("SkipLayerNormalization", operands, micro(eps, 4)));
  const activated = p.inside("blocks.1.act", () => p.node("BiasGelu", [branch, weights(p, 16)], micro()));
  const graph = p.build(out!, sum!, activated);
  const modules = new Map([...graph.modules, [module, { path: module, className: null }]]);
  const after = unfuse({ ...graph, modules });
  const scopes = after.nodes.map(({ op, scope }) => `${op} ${scope}`);
  expect(scopes.slice(2)).toEqual([
    "Add blocks.0.mlp.down",
    `Add ${sum0}`,
    "LayerNormalization blocks.1.norm",
    "Add blocks.0.mlp.down",
    "Gelu blocks.1.act",
  ]);
});

describe("what cannot come apart stays, with its reason", () => {
  const cases: Readonly<Record<string, Write>> = {
    "it sets do_rotary": (p) => attention(p, [], { do_rotary: int(1) }),
    "its mask_index has the shape (B, 1, M, M)": (p) => attention(p, [p.input("mask", ["B", 1, 8, 8], "int32")]),
    "its mask_index holds start positions, not one count per element of the batch": (p) =>
      attention(p, [p.input("mask", [6], "int32")]),
    "its mask_index has not one flag per key": (p) => attention(p, [p.input("mask", ["B", 1], "int32")]),
    "it reads past keys and values (past)": (p) => attention(p, ["", p.input("past", [2, "B", 4, "P", 4])]),
  };
  test.each(Object.entries(cases))("%s", (reason, write) => {
    const { after } = apart(write);
    expect(count(after, "Attention")).toBe(1);
    expect(
      explainAttention(after)
        .map((d) => d.message)
        .join("\n"),
    ).toContain(reason);
  });
});

describe("a product with an operand of one axis", () => {
  const vector = (attributes: More["attributes"]) => (p: Pattern) => {
    const inputs = [p.input("y", [3, 16, "S"]), weights(p, 16)];
    return [p.node("FusedMatMul", inputs, { ...micro(attributes), declared: [{ elem: "float32", dims: [3, "S"] }] })];
  };
  test("stays, and nothing is known of it if the other operand is turned: onnxruntime multiplies other numbers", () => {
    const turned = apart(vector({ transA: int(1) }));
    expect(turned.after.nodes.map(({ op }) => op)).toEqual(["FusedMatMul"]);
    const view = {
      node: turned.before.nodes[0]!,
      inputs: [
        { elem: "float32", dims: [3, 16, "S"] },
        { elem: "float32", dims: [16] },
      ],
    };
    expect(fusedMatMul.factors(view as unknown as NodeView)).toBeNull();
  });
});
