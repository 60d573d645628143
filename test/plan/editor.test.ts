/**
 * @file An editor's behaviour under our schemas, as golden text: completions, hovers, messages.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkSchema } from "../../compiler/plan/schema/check.ts";
import { modelSchema, type ModuleOutline } from "../../compiler/plan/schema/model-schema.ts";
import { type Editor, editorWith } from "./editor.ts";

const sites = ["blocks.0.attn", "blocks.1.attn"];
const modules: readonly ModuleOutline[] = [
  {
    name: "",
    className: "FluxTransformer2DModel",
    inputs: ["hidden_states", "encoder_hidden_states", "img_ids"],
    outputs: 1,
  },
  { name: "pos_embed", className: "FluxPosEmbed", inputs: ["ids"], outputs: 2 },
  { name: "blocks.0", className: "Block", inputs: ["hidden_states", "temb"], outputs: 2 },
  { name: "blocks.1", className: "Block", inputs: ["hidden_states", "temb"], outputs: 2 },
  { name: "mixed.0", className: "Linear", inputs: ["x"], outputs: 1 },
  { name: "mixed.1", inputs: [], outputs: 1 },
];

test("the plan schema in an editor", async () => {
  const editor = editorWith(JSON.parse(readFileSync("schemas/plan.schema.json", "utf8")));
  const text = await report(editor, {
    completions: [
      "{ | }",
      '{ "proj_out": | }',
      '{ "proj_out": { | } }',
      '{ "": { "hidden_states": | } }',
      '{ "": { "hidden_states": { | } } }',
      '{ "": { "hidden_states": { "split_dim": 1, | } } }',
      '{ "proj_out": { "gather_dim": 1, | } }',
      '{ "proj_out": { "gather_dim": | } }',
      '{ "$attention": { "blocks.*": | } }',
      '{ "a": [{ "gather_dim": 1 }, | ] }',
      '{ "a": [{ "x": { "split_dim": 1 } }, | ] }',
    ],
    hovers: [
      '{ "": { "hidden_states": { "sp|lit_dim": 1 } } }',
      '{ "proj_out": { "gather|_dim": 1 } }',
      '{ "$mo|del": "" }',
      '{ "$attention": { "blocks.*": "ga|ther" } }',
    ],
    problems: [
      '{ "a": { "gather_dims": 1 } }',
      '{ "a": { "gather_dim": "1" } }',
      '{ "a": { "hidden_states": { "split_dims": 1 } } }',
      '{ "a": { "hidden_states": 1 } }',
      '{ "a": { "split_dim": 1 } }',
      '{ "a": { "hidden_states": { "split_dim": 1 }, "gather_dim": 1 } }',
      '{ "a": { "hidden_states": { "gather_dim": 1 } } }',
      '{ "a": [{ "gather_dim": 1 }, 1] }',
      '{ "a": [{ "hidden_states": { "split_dim": 1 } }] }',
      '{ "a": [{ "hidden_states": { "split_dim": 1 } }, { "gather_dims": 1 }] }',
      '{ "a": 1, "$foo": 1 }',
      '{ "$attention": ["gather"] }',
      '{ "$attention": { "blocks.*": "all" } }',
      "[]",
      '{ "": { "hidden_states": { "split_dim": 1 } }, "a": [null, { "gather_dim": 1 }] }',
    ],
  });
  await expect(text).toMatchFileSnapshot("golden/editor-plan.txt");
});

test("the parallel config schema in an editor", async () => {
  const editor = editorWith(JSON.parse(readFileSync("schemas/parallel-config.schema.json", "utf8")));
  const text = await report(editor, {
    completions: ["|", "{ | }", '{ "context_parallel_config": { | } }', '{ "rotate_method": | }'],
    hovers: ['{ "ring_|degree": 2 }'],
    problems: [
      '{ "ring_degree": 0 }',
      '{ "mesh": [1, 2] }',
      '{ "context_parallel_config": { "mesh": "x" }, "ring_degree": 2 }',
      '{ "rotate_method": "ring" }',
      '{ "context_parallel_config": { "ulysses_degree": 2 } }',
    ],
  });
  await expect(text).toMatchFileSnapshot("golden/editor-parallel-config.txt");
});

test("the schema of a model in an editor", async () => {
  const text = await report(editorWith(modelSchema(modules, sites)), {
    completions: [
      "{ | }",
      '{ "blocks.*": { | } }',
      '{ "pos_embed": { | } }',
      '{ "mixed.1": { | } }',
      '{ "blocks.0": { "hidden_states": { | } } }',
      '{ "$attention": { | } }',
      '{ "$attention": { "blocks.0.attn": | } }',
    ],
    hovers: ['{ "blo|cks.0": {} }', '{ "pos_embed": { "i|ds": { "split_dim": 0 } } }'],
    problems: [
      '{ "blocks.2": { "gather_dim": 1 } }',
      '{ "blocks.0": { "hidden_state": { "split_dim": 1 } } }',
      '{ "pos_embed": { "gather_dims": 1 } }',
      '{ "pos_embed": { "1": { "split_dim": 1, "split_output": true } }, "*.0": [{ "gather_dim": 1 }, null] }',
      '{ "mixed.1": { "anything": { "split_dim": 1 } }, "mixed.*": { "x": { "split_dim": 1 } } }',
      '{ "pos_embed": [{ "ids": { "split_dim": 0 } }, [{ "gather_dim": 0 }, null]] }',
      '{ "pos_embed": [{ "idx": { "split_dim": 0 } }, { "gather_dim": 0 }] }',
      '{ "$attention": { "": "gather", "blocks.*": "ring", "blocks.1": "gather", "blocks.0.attn": "gathers" } }',
      '{ "$attention": { "pos_embed": "gather" } }',
    ],
  });
  await expect(text).toMatchFileSnapshot("golden/editor-model.txt");
});

test("the schema of a large model stays small, and accepts its own modules", () => {
  const names = Array.from({ length: 600 }, (_, i) => `blocks.${i}`);
  const parts = ["", ".attn", ".attn.to_q", ".norm"];
  const many = names.flatMap((name) =>
    parts.map((part) => ({ name: `${name}${part}`, className: `Part${part.length}`, inputs: ["x"], outputs: 1 })),
  );
  const attentions = names.map((name) => `${name}.attn`);
  const schema = modelSchema(many, attentions);
  expect(JSON.stringify(schema).length).toBeLessThan(many.length * 200);
  const $attention = { "blocks.*": "gather", "blocks.7.attn": "ulysses", "": "gather" };
  const plan = { $attention, "blocks.7.attn": { x: { split_dim: 1 } }, "blocks.*.norm": { gather_dim: 1 } };
  expect(checkSchema(plan, modelSchema(many.slice(0, 40), attentions))).toEqual([]);
});

interface Documents {
  readonly completions: readonly string[];
  readonly hovers: readonly string[];
  readonly problems: readonly string[];
}

async function report(editor: Editor, documents: Documents): Promise<string> {
  const parts: string[] = [];
  for (const kind of ["completions", "hovers", "problems"] as const) {
    const ask = kind === "hovers" ? editor.hover : editor[kind];
    parts.push(`# ${kind}\n`);
    for (const document of documents[kind]) parts.push(`${document}\n${await ask(document)}`);
  }
  return parts.join("\n");
}
