/**
 * @file Parameters that are no input of the model, as blocks of models without a plan name them: the stream of a block is found under its
 * name, and no candidate is offered that the module uses for something else.
 */
import { describe, expect, test } from "vitest";
import { readPlanValue } from "../../compiler/plan/read.ts";
import { graphFrom } from "../support/language/graph.ts";
import { valueOf } from "../support/fixtures.ts";
import { bindPlan } from "../support/stages.ts";

const WEIGHTS = `
  const w float32 [32, 32]
  const g float32 [32]
`;

/** Text and video blocks, each with its own stream; the text's angles come from positions, the video's were folded. */
const KANDINSKY = `
  in hidden_states float32 [1, img, 4, 8]
  in encoder_hidden_states float32 [1, txt, 32]
  in timestep float32 [1]
  in text_rope_pos int64 [txt]
  ${WEIGHTS}
  const angles float32 [1, 1, 32]
  time_embeddings:
    time = Unsqueeze(timestep, [1]) -> float32 [1, 1]
    temb = Mul(time, g) -> float32 [1, 32]
  text_embeddings:
    t = MatMul(encoder_hidden_states, w) -> float32 [1, txt, 32]
  text_rope:
    turns = Cast(text_rope_pos) {to=1} -> float32 [txt]
    rows = Unsqueeze(turns, [0, 2]) -> float32 [1, txt, 1]
  visual_embeddings:
    patches = Reshape(hidden_states, [1, img, 32]) -> float32 [1, img, 32]
    v = MatMul(patches, w) -> float32 [1, img, 32]
  text_blocks.0.modulation:
    silu = Sigmoid(temb) -> float32 [1, 32]
  text_blocks.0.norm:
    tn = LayerNormalization(t, g) -> float32 [1, txt, 32]
  text_blocks.0:
    ts = Mul(tn, silu) -> float32 [1, txt, 32]
    tr = Mul(ts, rows) -> float32 [1, txt, 32]
    t1 = Add(t, tr) -> float32 [1, txt, 32]
  visual_blocks.0.modulation:
    vm = MatMul(silu, w) -> float32 [1, 32]
  visual_blocks.0.norm:
    vn = LayerNormalization(v, g) -> float32 [1, img, 32]
  visual_blocks.0:
    vs = Mul(vn, vm) -> float32 [1, img, 32]
    va = Mul(vs, angles) -> float32 [1, img, 32]
  visual_blocks.0.cross:
    k = MatMul(t1, w) -> float32 [1, txt, 32]
    kt = Transpose(k) {perm=[0, 2, 1]} -> float32 [1, 32, txt]
    s = MatMul(va, kt) -> float32 [1, img, txt]
    p = Softmax(s) {axis=-1} -> float32 [1, img, txt]
    o = MatMul(p, k) -> float32 [1, img, 32]
  visual_blocks.0:
    v1 = Add(v, o) -> float32 [1, img, 32]
  "":
    sample = Identity(v1) -> float32 [1, img, 32]
  out sample
`;

/** One joined stream, angles by position ids, a condition, and a mask of keys. */
const JOINED = `
  in latents float32 [1, img, 32]
  in prompt float32 [1, txt, 32]
  in pos_ids float32 [1, img + txt, 1]
  in timestep float32 [1]
  ${WEIGHTS}
  t_embedder:
    time = Unsqueeze(timestep, [1]) -> float32 [1, 1]
    temb = Mul(time, g) -> float32 [1, 32]
  rope_embedder:
    cos = Cos(pos_ids) -> float32 [1, img + txt, 1]
  "":
    joined = Concat(latents, prompt) {axis=1} -> float32 [1, img + txt, 32]
  layers.0.modulation:
    shift = MatMul(temb, w) -> float32 [1, 32]
  layers.0.norm:
    n = LayerNormalization(joined, g) -> float32 [1, img + txt, 32]
  layers.0:
    m = Mul(n, shift) -> float32 [1, img + txt, 32]
    r = Mul(m, cos) -> float32 [1, img + txt, 32]
    x1 = Add(joined, r) -> float32 [1, img + txt, 32]
  "":
    sample = Identity(x1) -> float32 [1, img + txt, 32]
  out sample
`;

/** A block with two streams, both added to and worked on. */
const DOUBLE = `
  in latents float32 [1, img, 32]
  in prompt float32 [1, txt, 32]
  ${WEIGHTS}
  embed:
    a = MatMul(latents, w) -> float32 [1, img, 32]
  embed_text:
    b = MatMul(prompt, w) -> float32 [1, txt, 32]
  blocks.0.norm:
    an = LayerNormalization(a, g) -> float32 [1, img, 32]
    bn = LayerNormalization(b, g) -> float32 [1, txt, 32]
  blocks.0:
    both = Concat(an, bn) {axis=1} -> float32 [1, img + txt, 32]
    mean = ReduceMean(both, [1]) {keepdims=1} -> float32 [1, 1, 32]
    am = Mul(an, mean) -> float32 [1, img, 32]
    bm = Mul(bn, mean) -> float32 [1, txt, 32]
    a1 = Add(a, am) -> float32 [1, img, 32]
    b1 = Add(b, bm) -> float32 [1, txt, 32]
  "":
    sample = Concat(a1, b1) {axis=1} -> float32 [1, img + txt, 32]
  out sample
`;

type Spec = Readonly<Record<string, unknown>>;

const rows = { split_dim: 1 };

async function bound(text: string, plan: Readonly<Record<string, Spec>>) {
  return bindPlan(graphFrom(text.replaceAll(/^ {2}/gm, "")), valueOf(await readPlanValue(plan as never)));
}

describe("found", () => {
  test.each<readonly [string, string, string, string, string | null]>([
    ["Kandinsky 5: the text's stream as x", KANDINSKY, "text_blocks.0", "x", "t"],
    ["Kandinsky 5: the video's stream", KANDINSKY, "visual_blocks.0", "visual_embed", "v"],
    ["Kandinsky 5: the text's angles", KANDINSKY, "text_blocks.0", "rope", "rows"],
    ["Kandinsky 5: angles that were folded", KANDINSKY, "visual_blocks.0", "visual_rope", null],
    ["ZImage: the joined stream", JOINED, "layers.0", "x", "joined"],
    ["ZImage: the angles", JOINED, "layers.0", "freqs_cis", "cos"],
    ["Lumina 2: the joined stream", JOINED, "layers.0", "hidden_states", "joined"],
    ["Lumina 2: the angles", JOINED, "layers.0", "image_rotary_emb", "cos"],
  ])("%s", async (_, text, module, parameter, value) => {
    const { bindings } = valueOf(await bound(text, { [module]: { [parameter]: rows } }));
    expect(bindings.map((b) => b.value)).toEqual([value]);
  });
});

describe("not found", () => {
  test.each<readonly [string, string, Readonly<Record<string, Spec>>, readonly string[], readonly string[]]>([
    ["two streams", DOUBLE, { "blocks.0": { x: rows } }, ["a", "b"], ["a", "b"]],
    [
      "two streams, one of them split by the input's name",
      DOUBLE,
      { "": { prompt: rows }, "blocks.0": { x: rows } },
      ["a", "b"],
      ["a"],
    ],
    [
      "a condition, where a table is the only value left",
      KANDINSKY,
      { "text_blocks.0": { temb: { ...rows, expected_dims: 3 } } },
      ["rows"],
      [],
    ],
    [
      "a stream, where only a condition is left",
      KANDINSKY,
      { "visual_blocks.0": { visual_embed: rows, text_embed: rows } },
      ["silu"],
      [],
    ],
  ])("%s", async (_, text, plan, candidates, offered) => {
    const { ok, diagnostics } = await bound(text, plan);
    expect(ok).toBe(false);
    const [error, ...others] = diagnostics.filter(({ severity }) => severity === "error");
    expect([error?.code, others]).toEqual(["CP3010", []]);
    expect(error?.related.map(({ message }) => message.split(":")[0])).toEqual(candidates);
    const named = (error?.fixes ?? []).flatMap(({ change }) =>
      (JSON.stringify(change).match(/"value","value":"(\w+)"/) ?? []).slice(1),
    );
    expect(named).toEqual(offered);
    if (offered.length > 0) expect(error?.hint).toContain(`"value": "${offered[0]}"`);
    else expect(error?.hint).not.toContain('"value": "');
  });

  test("each candidate says its shape, where it comes from, and what the module does with it", async () => {
    const { diagnostics } = await bound(DOUBLE, { "": { prompt: rows }, "blocks.0": { x: rows } });
    expect(diagnostics[0]?.related.map(({ message }) => message)).toEqual([
      'a: float32 (1, img, 32), made by embed (MatMul), read by norm (LayerNormalization), Add; made from "latents"; a stream of rows that the module works on',
      'b: float32 (1, txt, 32), made by embed_text (MatMul), read by norm (LayerNormalization), Add; made from "prompt", which another entry splits; a stream of rows that the module works on',
    ]);
  });
});

describe("a module that is not in the export", () => {
  /** Dynamic batch, a fixed number of rows at the attention, and a table of some other constants. */
  const attending = (rowsOfTable: number): string => `
  in q float32 [batch, 12, 4, 8]
  const table float32 [${rowsOfTable}, 8]
  block:
    a = cp.Attention(q, q, q) {scale=1.0} -> float32 [batch, 12, 4, 8]
  out a
`;
  const plan = { pos_embed: { "0": { split_dim: 0, expected_dims: 2, split_output: true } } };
  const codesOf = async (text: string, given: Readonly<Record<string, Spec>>): Promise<readonly string[]> =>
    (await bound(text, given)).diagnostics.map(({ code, severity }) => `${severity} ${code}`);

  test("is folded if a constant may be its result, in an export that is dynamic elsewhere", async () => {
    expect(await codesOf(attending(12), plan)).toEqual(["note CP3002"]);
  });

  test("is unknown if none may be, or the entry reads an input of it", async () => {
    expect(await codesOf(attending(5), plan)).toEqual(["error CP3001"]);
    expect(await codesOf(attending(12), { pos_embed: { ids: { split_dim: 0 } } })).toEqual(["error CP3001"]);
  });
});
