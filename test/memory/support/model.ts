/**
 * @file A transformer of a medium size with weights made here: large enough for its memory to exceed that of the process itself.
 */
import { float, int } from "../../../compiler/graph/attributes.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import type { Attribute, Node, Tensor } from "../../../compiler/graph/types.ts";
import { toFloat16 } from "../../../compiler/graph/numbers/half.ts";
import type { ContextParallelPlan } from "../../../compiler/plan/types.ts";

export type Elem = "float32" | "float16";

const HEADS = 16;
export const WIDTH = 1024;
/** Channels of the input and the output. */
export const CHANNELS = 16;
const HIDDEN = 4 * WIDTH;

/** Splits the tokens at the input and gathers the result. */
export const plan: ContextParallelPlan = {
  "": { hidden_states: { split_dim: 1, expected_dims: 3 } },
  proj_out: { gather_dim: 1, expected_dims: 3 },
};

/** `hidden_states` (1, tokens, CHANNELS) to `sample`, the same; all of `elem`. */
export function transformer(blocks: number, elem: Elem = "float32"): Uint8Array {
  const constants = new Map<string, Tensor>();
  const nodes: Node[] = [];
  const add = (
    module: string,
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): string => {
    nodes.push({ name: `/${module}/${op}`, op, domain, inputs, outputs: [output], attributes, metadata: {} });
    return output;
  };
  const project = (module: string, from: string, dims: readonly [number, number]): string => {
    constants.set(`${module}.weight`, numbers(elem, dims, constants.size));
    constants.set(`${module}.bias`, numbers(elem, [dims[1]], constants.size));
    const product = add(module, "MatMul", [from, `${module}.weight`], `${module}.product`);
    return add(module, "Add", [product, `${module}.bias`], `${module}.result`);
  };
  const normalise = (module: string, from: string): string => {
    constants.set(`${module}.scale`, numbers(elem, [WIDTH], constants.size));
    return add(module, "LayerNormalization", [from, `${module}.scale`], `${module}.result`);
  };
  let x = project("proj_in", "hidden_states", [CHANNELS, WIDTH]);
  for (let i = 0; i < blocks; i++) {
    const block = `blocks.${i}`;
    const norm = normalise(`${block}.norm1`, x);
    const qkv = ["q", "k", "v"].map((one) => project(`${block}.attn.to_${one}`, norm, [WIDTH, WIDTH]));
    const attributes = { num_heads: int(HEADS), scale: float((WIDTH / HEADS) ** -0.5) };
    const attended = add(`${block}.attn`, "MultiHeadAttention", qkv, `${block}.attended`, attributes, "com.microsoft");
    const out = project(`${block}.attn.to_out`, attended, [WIDTH, WIDTH]);
    x = add(block, "Add", [x, out], `${block}.middle`);
    const up = project(`${block}.ff.up`, normalise(`${block}.norm2`, x), [WIDTH, HIDDEN]);
    const gelu = add(`${block}.ff`, "Gelu", [up], `${block}.gelu`, { approximate: { kind: "string", value: "tanh" } });
    x = add(block, "Add", [x, project(`${block}.ff.down`, gelu, [HIDDEN, WIDTH])], `${block}.result`);
  }
  const last = project("proj_out", x, [WIDTH, CHANNELS]);
  const stream = { elem, dims: [1, "tokens", CHANNELS] } as const;
  const inputs = [{ name: "hidden_states", type: stream }];
  const outputs = [{ name: last, type: stream }];
  return writeModel(
    { name: "transformer", inputs, outputs, nodes, constants, types: new Map() },
    { opsets: { "": 20, "com.microsoft": 1 } },
  );
}

/** Small numbers that differ between tensors, so that none is stored once for two. */
function numbers(elem: Elem, dims: readonly number[], seed: number): Tensor {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
  let state = seed + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = (state / 2 ** 32 - 0.5) / 16;
  }
  const stored = elem === "float32" ? data : Uint16Array.from(data, toFloat16);
  return { elem, dims, data: { kind: "inline", bytes: new Uint8Array(stored.buffer) } };
}
