/**
 * @file Extensions of the reference's plan language, on exports of both exporters: a split and a gather of one module, several `*`, `null`
 * in a list of outputs, a list of specs for a tuple parameter. Each for 1, 2 and 4 ranks, in the simulator and on worker threads.
 */
import { describe, expect, test } from "vitest";
import type { Binding } from "../../compiler/bind/types.ts";
import { compilePlan } from "../../compiler/compile.ts";
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import {
  boundFixture,
  compiledFixture,
  outputsOf,
  sessionOf,
  shardedFixture,
  unsplitOutputs,
  wrongOutputs,
} from "../support/compiled.ts";
import { fixture, fixtureTensors, texts, valueOf } from "../support/fixtures.ts";
import { meshes, type MeshName } from "../support/meshes.ts";

const tokens = { split_dim: 1, expected_dims: 3 };
const gathered = { gather_dim: 1, expected_dims: 3 };
const table = { split_dim: 0, expected_dims: 2 };
const states = { hidden_states: tokens, encoder_hidden_states: tokens };

interface Feature {
  readonly plan: (values: Values) => ContextParallelPlan;
  /** What is split and gathered, in the order of the plan. */
  readonly bound: readonly string[];
}

const features: Readonly<Record<string, Feature>> = {
  "a split and a gather of one module": {
    plan: () => ({ "transformer_blocks.1": [states, [gathered, gathered]] }),
    bound: [
      "split hidden_states of transformer_blocks.1",
      "split encoder_hidden_states of transformer_blocks.1",
      "gather output 0 of transformer_blocks.1",
      "gather output 1 of transformer_blocks.1",
    ],
  },
  "several *": {
    plan: () => ({ "*.*.ff": [{ hidden_states: tokens }, gathered] }),
    bound: [0, 1].flatMap((i) => [
      `split hidden_states of transformer_blocks.${i}.ff`,
      `gather output 0 of transformer_blocks.${i}.ff`,
    ]),
  },
  // Both outputs are tokens of the same kind, so that the plan says which is meant.
  "null in a list of outputs": {
    plan: ({ image }) => ({
      "": states,
      "transformer_blocks.0": [null, { ...gathered, value: image }],
      proj_out: gathered,
    }),
    bound: [
      "split hidden_states of ",
      "split encoder_hidden_states of ",
      "gather output 1 of transformer_blocks.0",
      "gather output 0 of proj_out",
    ],
  },
  // The tables of later blocks are those of the first, which is where the exporters put what they make of them.
  "a list for a tuple": {
    plan: () => ({
      "transformer_blocks.0": states,
      "transformer_blocks.*": { image_rotary_emb: [table, table] },
      proj_out: gathered,
    }),
    bound: [
      "split hidden_states of transformer_blocks.0",
      "split encoder_hidden_states of transformer_blocks.0",
      "split image_rotary_emb[0] of transformer_blocks.0",
      "split image_rotary_emb[1] of transformer_blocks.0",
      "gather output 0 of proj_out",
    ],
  },
};

/** Names that an exporter gave. */
interface Values {
  /** The image tokens behind the first block. */
  readonly image: string;
}

const exporters: readonly (readonly [string, string, Values])[] = [
  ["dynamo18-dynamic", "img67-txt13", { image: "add_487" }],
  ["torchscript18-static", "img96-txt40", { image: "/transformer_blocks.0/Add_3_output_0" }],
];
const ranks: readonly MeshName[] = ["one rank", "rotating ring 2", "unified 2 x 2"];

const named = ({ spec, module }: Binding): string => {
  const member = spec.parameter !== null && spec.index !== null ? `[${spec.index}]` : "";
  return `${spec.action} ${spec.parameter ?? `output ${spec.index ?? 0}`}${member} of ${module}`;
};

describe.each(Object.entries(features))("%s", (_, feature) => {
  describe.each(exporters)("%s", (exporter, size, values) => {
    const file = `flux/flux.${exporter}.onnx`;
    const plan = feature.plan(values);

    test("every entry finds its value", async () => {
      const { bindings } = await boundFixture(file, plan);
      expect(bindings.filter(({ value }) => value !== null).map(named)).toEqual(feature.bound);
    });

    test.each(ranks)("%s", async (mesh) => {
      const feeds = await fixtureTensors(`flux/flux.${size}.inputs.npz`);
      const report = valueOf(await simulate(await shardedFixture(file, plan, meshes[mesh]), feeds));
      expect(report).toMatchObject({ wrong: null, wrongCount: 0, unchecked: [] });
      const session = await sessionOf(await compiledFixture(file, plan, meshes[mesh]));
      const outputs = await outputsOf(session, feeds);
      expect(wrongOutputs(outputs, await unsplitOutputs(file, size, feeds))).toEqual([]);
    });
  });
});

describe.each(exporters)("%s", (exporter) => {
  test.each([1, 3])("a list of %i for a tuple of 2 is an error with both numbers", async (specs) => {
    const plan = { "transformer_blocks.0": { image_rotary_emb: Array.from({ length: specs }, () => table) } };
    const compiled = await compilePlan({ model: fixture(`flux/flux.${exporter}.onnx`), plan });
    const list = `the list for image_rotary_emb of transformer_blocks.0 has ${specs} spec${specs === 1 ? "" : "s"}, but the model passes 2 tensors`;
    expect([compiled.ok, texts(compiled.diagnostics)]).toEqual([false, [`CP3014 ${list}`]]);
  });
});
