/**
 * @file The shipped plans bound to the real exports: every entry that exists is found, decoys are not, and inspection agrees.
 * `markers.test.ts` compares with the markers.
 */
import { describe, expect, test } from "vitest";
import { inspectGraph } from "../../compiler/inspect/inspect.ts";
import { outlineForSchema, type SchemaValue } from "../../compiler/inspect/outlines.ts";
import type { Binding } from "../../compiler/bind/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { readPlanFile, readPlanValue } from "../../compiler/plan/read.ts";
import { fixtureModel, valueOf } from "../support/fixtures.ts";
import { canonicalise, bindPlan } from "../support/stages.ts";

const graphs = new Map<string, Promise<CanonicalGraph>>();

/** Made once per fixture. */
function canonical(fixture: string): Promise<CanonicalGraph> {
  const graph =
    graphs.get(fixture) ??
    fixtureModel(`${fixture}.onnx`)
      .then((model) => canonicalise(model))
      .then(valueOf);
  graphs.set(fixture, graph);
  return graph;
}

/** `pointer at module: value axis`, without entries that have no value in the export. */
function texts(bindings: readonly Binding[]): readonly string[] {
  const present = bindings.filter(({ value }) => value !== null);
  return present.map(({ spec, module, value, axis }) => `${spec.origin.pointer} at ${module}: ${value} axis ${axis}`);
}

/** `pointer at module: float32 (1, img, 32) made by scope (Op)`: survives a new export, unlike a value's name. */
function origins(bindings: readonly Binding[], graph: CanonicalGraph): readonly string[] {
  return bindings.map(({ spec, module, value }) => {
    const maker = graph.nodes.find(({ outputs }) => outputs.includes(value ?? ""));
    const what = maker === undefined ? "nothing" : `${maker.scope} (${maker.op})`;
    return `${spec.parameter ?? spec.index} of ${module}: made by ${what}`;
  });
}

async function bound(fixture: string, plan: string): Promise<readonly Binding[]> {
  return valueOf(bindPlan(await canonical(fixture), valueOf(await readPlanFile(`plans/${plan}.plan.json`)))).bindings;
}

const absent = (bindings: readonly Binding[]): readonly string[] =>
  bindings
    .filter(({ value }) => value === null)
    .map(({ spec, module }) => `${spec.parameter ?? spec.index} of ${module}`);

describe("flux", () => {
  const expected = [
    `"".hidden_states at : hidden_states axis 1`,
    `"".encoder_hidden_states at : encoder_hidden_states axis 1`,
    `"".img_ids at : img_ids axis 0`,
    `"".txt_ids at : txt_ids axis 0`,
    "proj_out at proj_out: sample axis 1",
  ];
  test.each([
    "dynamo18-dynamic",
    "dynamo18-dynamic.marked",
    "dynamo18-static",
    "dynamo18-unnamed",
    "dynamo18-wrapped",
    "dynamo23-dynamic",
    "torchscript18-static",
    "torchscript18-static.marked",
  ])("%s", async (name) => expect(texts(await bound(`flux/flux.${name}`, "flux"))).toEqual(expected));

  const block = {
    "transformer_blocks.1": { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 } },
    "single_transformer_blocks.*": { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 } },
  };

  test.each(["dynamo18-dynamic", "torchscript18-static"])("later blocks, %s", async (name) => {
    const graph = await canonical(`flux/flux.${name}`);
    const { bindings } = valueOf(bindPlan(graph, valueOf(readPlanValue(block))));
    expect(origins(bindings, graph)).toEqual([
      "hidden_states of transformer_blocks.1: made by transformer_blocks.0 (Add)",
      "encoder_hidden_states of transformer_blocks.1: made by transformer_blocks.0 (Add)",
      "hidden_states of single_transformer_blocks.0: made by transformer_blocks.1 (Add)",
      "encoder_hidden_states of single_transformer_blocks.0: made by transformer_blocks.1 (Add)",
      "hidden_states of single_transformer_blocks.1: made by single_transformer_blocks.0 (Slice)",
      "encoder_hidden_states of single_transformer_blocks.1: made by single_transformer_blocks.0 (Slice)",
    ]);
    const lengthOf = (index: number): unknown => graph.shapes.get(bindings[index]?.value ?? "")?.dims[1];
    const [image, text] = [lengthOf(0), lengthOf(1)];
    expect(image).not.toEqual(text);
    expect([2, 4].map(lengthOf)).toEqual([image, image]);
    expect([3, 5].map(lengthOf)).toEqual([text, text]);
  });
});

describe("decoys are not taken", () => {
  test.each([
    [
      "qwenimage/qwenimage.dynamo18-dynamic",
      [
        "modulate_index of transformer_blocks.0",
        "modulate_index of transformer_blocks.1",
        "encoder_hidden_states_mask of transformer_blocks.1",
      ],
    ],
    [
      "qwenimage/qwenimage-zero.dynamo18-dynamic",
      [
        "modulate_index of transformer_blocks.0",
        "modulate_index of transformer_blocks.1",
        "encoder_hidden_states_mask of transformer_blocks.1",
      ],
    ],
    [
      "qwenimage/qwenimage.torchscript18-static",
      [
        "modulate_index of transformer_blocks.0",
        "modulate_index of transformer_blocks.1",
        "0 of pos_embed",
        "1 of pos_embed",
      ],
    ],
  ])("%s", async (fixture, names) => {
    const found = absent(await bound(fixture, "qwenimage"));
    expect([...found].sort()).toEqual([...names].sort());
  });

  test("a merged rotary table leaves only the hidden states in the second block of helios", async () => {
    const spec = { split_dim: 1, expected_dims: 3 };
    const plan = valueOf(readPlanValue({ "blocks.*.attn1": { rotary_emb: spec, hidden_states: spec } }));
    const graph = await canonical("helios/helios.dynamo18-dynamic");
    const { bindings } = valueOf(bindPlan(graph, plan));
    expect(origins(bindings, graph)).toEqual([
      "rotary_emb of blocks.0.attn1: made by  (Concat)",
      "hidden_states of blocks.0.attn1: made by blocks.0 (Add)",
      "rotary_emb of blocks.1.attn1: made by nothing",
      "hidden_states of blocks.1.attn1: made by blocks.1 (Add)",
    ]);
  });
});

describe("inspection", () => {
  test("names of a block, and the attention sites", async () => {
    const { modules, attention } = inspectGraph(await canonical("flux/flux.dynamo18-dynamic"));
    const block = modules.find(({ path }) => path === "transformer_blocks.1");
    expect(block?.inputs.flatMap(({ name }) => name ?? [])).toEqual(["hidden_states", "encoder_hidden_states"]);
    expect(block?.className).toBe("FluxTransformerBlock");
    expect(attention.map(({ module }) => module)).toEqual([
      "transformer_blocks.0.attn",
      "transformer_blocks.1.attn",
      "single_transformer_blocks.0.attn",
      "single_transformer_blocks.1.attn",
    ]);
  });

  test("modules for a schema", async () => {
    const { modules, sites } = outlineForSchema(await canonical("flux/flux.dynamo18-dynamic"));
    const shown = modules.filter(({ name }) => ["", "pos_embed", "transformer_blocks.1", "proj_out"].includes(name));
    const line = ({ name, elem, shape, axis }: SchemaValue): string => `${name} ${elem} [${shape.join(", ")}] ${axis}`;
    const text = shown.map(({ name, className, inputs, outputs }) =>
      [`${name} ${className}`, ...inputs.map(line), "->", ...outputs.map(line)].join("\n  "),
    );
    expect(text.join("\n")).toMatchInlineSnapshot(`
      " FluxTransformer2DModel
        hidden_states float32 [1, img, 16] 1
        encoder_hidden_states float32 [1, txt, 24] 1
        pooled_projections float32 [1, 20] 1
        timestep float32 [1] 0
        img_ids float32 [img, 3] 0
        txt_ids float32 [txt, 3] 0
        ->
        0 float32 [1, img, 16] 1
      pos_embed FluxPosEmbed
        img_ids float32 [img + txt, 3] 0
        ->
        0 float32 [img + txt, 8] 0
        1 float32 [img + txt, 8] 0
      transformer_blocks.1 FluxTransformerBlock
        hidden_states float32 [1, img, 32] 1
        encoder_hidden_states float32 [1, txt, 32] 1
        ->
        0 float32 [1, img, 32] 1
        1 float32 [1, txt, 32] 1
      proj_out Linear
        hidden_states float32 [1, img, 32] 1
        ->
        0 float32 [1, img, 16] 1"
    `);
    expect(sites).toHaveLength(4);
  });
});
