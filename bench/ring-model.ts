/**
 * @file The model of the ring's measurement: projections to queries, keys and values, one attention, and a projection back. Weights are
 * arbitrary numbers; what is measured does not depend on them.
 */
import { writeModel } from "../compiler/graph/write.ts";
import { tensorFromNumbers } from "../compiler/graph/tensors.ts";
import { float, int } from "../compiler/graph/attributes.ts";
import type { Attributes, Node, Tensor } from "../compiler/graph/types.ts";
import type { ContextParallelPlan } from "../compiler/plan/types.ts";

export const HEADS = 8;
export const HEAD_SIZE = 64;
/** Channels of the input and of the output: few, so that the feeds cost little compared with keys and values. */
export const CHANNELS = 16;

/** Splits the tokens at the input and gathers the result. */
export const plan: ContextParallelPlan = {
  "": { hidden_states: { split_dim: 1, expected_dims: 3 } },
  proj_out: { gather_dim: 1, expected_dims: 3 },
};

/** `hidden_states` (1, tokens, CHANNELS) to `sample`, the same; float32. */
export function modelBytes(): Uint8Array {
  const width = HEADS * HEAD_SIZE;
  const constants = new Map<string, Tensor>();
  const node = (
    path: string,
    op: string,
    inputs: readonly string[],
    output: string,
    rest: Partial<Node> = {},
  ): Node => {
    const attributes: Attributes = {};
    return { name: `/${path}/${op}`, op, domain: "", inputs, outputs: [output], attributes, metadata: {}, ...rest };
  };
  const project = (path: string, from: string, to: string, [rows, columns]: readonly [number, number]): Node => {
    const numbers = Array.from(
      { length: rows * columns },
      (_, i) => Math.sin(i * (1 + constants.size)) / Math.sqrt(rows),
    );
    constants.set(`${path}.weight`, tensorFromNumbers("float32", [rows, columns], numbers));
    return node(path, "MatMul", [from, `${path}.weight`], to);
  };
  const attributes = { num_heads: int(HEADS), scale: float(HEAD_SIZE ** -0.5) };
  const nodes = [
    ...["q", "k", "v"].map((name) => project(`attn/to_${name}`, "hidden_states", name, [CHANNELS, width])),
    node("attn", "MultiHeadAttention", ["q", "k", "v"], "attended", { attributes, domain: "com.microsoft" }),
    project("proj_out", "attended", "sample", [width, CHANNELS]),
  ];
  const stream = { elem: "float32", dims: [1, "tokens", CHANNELS] } as const;
  const graph = {
    name: "ring",
    inputs: [{ name: "hidden_states", type: stream }],
    outputs: [{ name: "sample", type: stream }],
    nodes,
    constants,
    types: new Map(),
  };
  return writeModel(graph, { opsets: { "": 18, "com.microsoft": 1 } });
}
