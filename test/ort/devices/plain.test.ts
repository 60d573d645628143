/**
 * @file Pieces in plain operators compute what the fused ones do: for any heads, extents and opset, also inside branches.
 */
import { expect, test } from "vitest";
import { inPlainOperators, mayUse } from "../../../ort/devices/plain.ts";
import type { FusedOp } from "../../../ort/devices/plain.ts";
import { sampleTensor } from "../../../ort/devices/models.ts";
import { createSession } from "../../../ort/session.ts";
import type { OrtTensor, OrtTensors } from "../../../ort/types.ts";
import { float, int } from "../../../compiler/graph/attributes.ts";
import type { Attributes, Graph, Node } from "../../../compiler/graph/types.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import { compareOutputs } from "../../../runtime/verify.ts";

function node(op: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes = {}): Node {
  const domain = op === "MultiHeadAttention" ? "com.microsoft" : "";
  return { name: `make ${outputs[0]}`, op, domain, inputs, outputs, attributes, metadata: {} };
}

function graphOf(inputs: readonly string[], nodes: readonly Node[], output = "y"): Graph {
  const value = (name: string) => ({ name, type: { elem: name === "on" ? "bool" : "float32", dims: null } }) as const;
  const own = { name: "piece", inputs: inputs.map(value), outputs: [value(output)], nodes };
  return { ...own, constants: new Map(), types: new Map() };
}

const model = (graph: Graph, opset = 18): Uint8Array =>
  writeModel(graph, { opsets: { "": opset, "com.microsoft": 1 } });

async function run(bytes: Uint8Array, feeds: OrtTensors): Promise<OrtTensors> {
  const session = await createSession(bytes);
  const results = await session.run(feeds);
  await session.release();
  return results;
}

/** The largest difference that the replacement makes; `null` where nothing is replaced, or the shape is another. */
async function difference(bytes: Uint8Array, op: FusedOp, feeds: OrtTensors): Promise<number | null> {
  const plain = inPlainOperators(bytes, [op]);
  const [compared] = compareOutputs(await run(plain, feeds), await run(bytes, feeds));
  return plain === bytes || compared?.problem !== null ? null : compared.largest_absolute;
}

const close = expect.closeTo(0, 5);

const heads = (B: number, S: number, width: number, seed: number): OrtTensor =>
  sampleTensor("float32", [B, S, width], seed);

const sizes: readonly (readonly [
  opset: number,
  B: number,
  Sq: number,
  Sk: number,
  H: number,
  D: number,
  Dv: number,
])[] = [
  [13, 1, 8, 8, 4, 8, 8],
  [18, 2, 40, 33, 3, 8, 12],
  [23, 1, 33, 70, 1, 17, 5],
  [18, 1, 0, 8, 4, 8, 8],
  [18, 0, 4, 8, 4, 8, 8],
];

test.each(sizes)("attention at opset %i, (%i, %i, %i), %i heads of %i, %i", async (opset, B, Sq, Sk, H, D, Dv) => {
  const feeds = { q: heads(B, Sq, H * D, 1), k: heads(B, Sk, H * D, 2), v: heads(B, Sk, H * Dv, 3) };
  for (const scale of [{}, { scale: float(0) }, { scale: float(0.7) }]) {
    const attributes = { num_heads: int(H), ...scale };
    const attention = node("MultiHeadAttention", ["q", "k", "v"], ["y"], attributes);
    expect(await difference(model(graphOf(["q", "k", "v"], [attention]), opset), "MultiHeadAttention", feeds)).toEqual(
      close,
    );
  }
});

test("attention inside a branch, with two numbers of heads in one model", async () => {
  const branch = (name: string, H: number) => ({
    kind: "graph" as const,
    value: graphOf([], [node("MultiHeadAttention", ["q", "k", "v"], [name], { num_heads: int(H) })], name),
  });
  const chosen = node("If", ["on"], ["y"], { then_branch: branch("a", 2), else_branch: branch("b", 4) });
  const bytes = model(graphOf(["on", "q", "k", "v"], [chosen]));
  for (const on of [0, 1]) {
    const flag = { elem: "bool", dims: [], data: Uint8Array.of(on) } as const;
    const feeds = { on: flag, q: heads(1, 9, 16, 1), k: heads(1, 7, 16, 2), v: heads(1, 7, 16, 3) };
    expect(await difference(bytes, "MultiHeadAttention", feeds)).toEqual(close);
  }
});

test.each([-1, 1, 2])("a norm over the axes from %i", async (axis) => {
  const dims = axis === 1 ? [5, 8] : [8];
  const feeds = {
    x: sampleTensor("float32", [2, 5, 8], 1),
    weight: sampleTensor("float32", dims, 2),
    bias: sampleTensor("float32", dims, 3),
  };
  const attributes = { axis: int(axis), epsilon: float(1e-2) };
  const norm = node("LayerNormalization", ["x", "weight", "bias"], ["y"], attributes);
  expect(await difference(model(graphOf(["x", "weight", "bias"], [norm])), "LayerNormalization", feeds)).toEqual(close);
});

test("a norm with a scale for each batch element, as the compiler writes it", async () => {
  const feeds = {
    x: sampleTensor("float32", [2, 5, 8], 1),
    weight: sampleTensor("float32", [2, 1, 8], 2),
    bias: sampleTensor("float32", [2, 1, 8], 3),
  };
  const norm = node("LayerNormalization", ["x", "weight", "bias"], ["y"]);
  expect(await difference(model(graphOf(["x", "weight", "bias"], [norm])), "LayerNormalization", feeds)).toEqual(close);
});

test("what is not of this form stays", () => {
  const masked = node("MultiHeadAttention", ["q", "k", "v", "", "mask"], ["y"], { num_heads: int(2) });
  const causal = node("MultiHeadAttention", ["q", "k", "v"], ["y"], { num_heads: int(2), unidirectional: int(1) });
  const other = model(graphOf(["x"], [node("Neg", ["x"], ["y"])]));
  for (const bytes of [model(graphOf(["q", "k", "v", "mask"], [masked])), model(graphOf(["q", "k", "v"], [causal]))]) {
    expect(mayUse(bytes, "MultiHeadAttention")).toBe(true);
    expect(inPlainOperators(bytes, ["MultiHeadAttention", "LayerNormalization"])).toBe(bytes);
  }
  expect(mayUse(other, "MultiHeadAttention")).toBe(false);
  expect(inPlainOperators(other, ["MultiHeadAttention", "LayerNormalization"])).toBe(other);
});
