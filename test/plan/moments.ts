/**
 * @file Moments of writing a plan in an editor: a text, and what is asked of the editor at the mark `|`. Data only.
 */
import type { ModuleOutline } from "../../compiler/plan/schema/model-schema.ts";
import type { ValueOutline } from "../../compiler/plan/schema/known-values.ts";

export interface Moments {
  readonly title: string;
  /** What an editor offers. */
  readonly completions: readonly string[];
  readonly hovers: readonly string[];
  /** Texts with one mistake each, as the editor underlines it, and some without. */
  readonly problems: readonly string[];
}

const value = (name: string, shape: string, axis: number): ValueOutline => ({
  name,
  elem: "float32",
  shape: shape.split(" ").filter((extent) => extent !== ""),
  axis,
});

const block: Omit<ModuleOutline, "name"> = {
  className: "Block",
  inputs: [value("temb", "1 32", 1), value("hidden_states", "1 img 32", 1)],
  outputs: [value("0", "1 txt 32", 1), value("1", "1 img 32", 1)],
};

/** A small model with a list of blocks, outputs of several ranks, and a module of unknown parameters. */
export const modules: readonly ModuleOutline[] = [
  {
    name: "",
    className: "Transformer",
    inputs: [
      value("hidden_states", "1 img 16", 1),
      value("encoder_hidden_states", "1 txt 32", 1),
      value("timestep", "", 0),
      value("img_ids", "img 3", 0),
    ],
    outputs: [value("0", "1 img 16", 1)],
  },
  {
    name: "pos_embed",
    className: "PosEmbed",
    inputs: [value("ids", "txt+img 3", 0)],
    outputs: [value("0", "txt+img 8", 0)],
  },
  { name: "blocks.0", ...block },
  {
    name: "blocks.0.attn",
    className: "Attention",
    inputs: [value("x", "1 img 32", 1)],
    outputs: [value("0", "1 img 32", 1)],
  },
  { name: "blocks.1", ...block },
  {
    name: "blocks.1.attn",
    className: "Attention",
    inputs: [value("x", "1 img 32", 1)],
    outputs: [value("0", "1 img 32", 1)],
  },
  { name: "mixed.0", className: "Linear", inputs: [value("x", "1 img 32", 1)], outputs: [value("0", "1 img 32", 1)] },
  { name: "mixed.1", inputs: [], outputs: [value("0", "1 img 32", 1)] },
  { name: "proj_out", className: "Linear", inputs: [value("x", "1 img 32", 1)], outputs: [value("0", "1 img 16", 1)] },
];

export const sites: readonly string[] = ["blocks.0.attn", "blocks.1.attn"];

export const planMoments: Moments = {
  title: "schemas/plan.schema.json",
  completions: [
    "{ | }",
    '{ "$schema": | }',
    '{ "$attention": { "blocks.*": | } }',
    '{ "proj_out": | }',
    '{ "proj_out": { | } }',
    '{ "": { "hidden_states": | } }',
    '{ "": { "hidden_states": { | } } }',
    '{ "": { "hidden_states": { "split_dim": 1, | } } }',
    '{ "": { "hidden_states": { "split_dim": | } } }',
    '{ "rope": { "0": { "split_dim": 1, "split_output": | } } }',
    '{ "proj_out": { "gather_dim": 1, | } }',
    '{ "proj_out": { "gather_dim": | } }',
    '{ "a": [{ "gather_dim": 1 }, | ] }',
    '{ "a": [{ "x": { "split_dim": 1 } }, | ] }',
  ],
  hovers: [
    '{ "|": {} }',
    '{ "$sch|ema": "" }',
    '{ "$mo|del": "" }',
    '{ "$ba|tch": {} }',
    '{ "$batch": { "hidden_|states": 0 } }',
    '{ "$atten|tion": {} }',
    '{ "$attention": { "blocks.*": "ga|ther" } }',
    '{ "": { "hidden_|states": { "split_dim": 1 } } }',
    '{ "": { "hidden_states": { "sp|lit_dim": 1 } } }',
    '{ "": { "hidden_states": { "split_dim": 1, "expected|_dims": 3 } } }',
    '{ "rope": { "0": { "split_dim": 1, "split_|output": true } } }',
    '{ "": { "x": { "split_dim": 1, "va|lue": "v1" } } }',
    '{ "proj_out": { "gather|_dim": 1 } }',
  ],
  problems: [
    '{ "": { "hidden_states": { "split_dm": 1 } } }',
    '{ "": { "hidden_states": { "splitDim": 1, "expected_dims": 3 } } }',
    '{ "": { "hidden_states": { "split_dim": 1, "expected_dim": 3 } } }',
    '{ "": { "hidden_states": { "split_dim": 1, "dims": 3 } } }',
    '{ "": { "hidden_states": { "split_dim": "1" } } }',
    '{ "": { "hidden_states": { "split_dim": 1, "expected_dims": "3" } } }',
    '{ "": { "hidden_states": { "split_dim": 1, "expected_dims": 0 } } }',
    '{ "": { "0": { "split_dim": 1, "split_output": "true" } } }',
    '{ "": { "hidden_states": { "expected_dims": 3 } } }',
    '{ "": { "hidden_states": {} } }',
    '{ "": { "hidden_states": 1 } }',
    '{ "": { "hidden_states": { "gather_dim": 1 } } }',
    '{ "proj_out": { "split_dim": 1 } }',
    '{ "proj_out": { "split_dim": 1, "expected_dims": 3, "value": "v1" } }',
    '{ "proj_out": { "split_dm": 1, "expected_dims": 3 } }',
    '{ "proj_out": { "expected_dims": 3 } }',
    '{ "blocks": { "0": { "hidden_states": { "split_dim": 1 } } } }',
    '{ "blocks": { "0": [{ "hidden_states": { "split_dim": 1 } }, { "gather_dim": 1 }] } }',
    '{ "proj_out": { "gather_dims": 1 } }',
    '{ "proj_out": { "gather_axis": 1, "expected_dims": 3 } }',
    '{ "proj_out": { "gather_dim": "1" } }',
    '{ "proj_out": { "gather_dim": 1, "split_dim": 1 } }',
    '{ "proj_out": { "gather_dim": 1, "x": { "split_dim": 1 } } }',
    '{ "a": [{ "gather_dim": 1 }, 1] }',
    '{ "a": [{ "gather_dims": 1 }, null] }',
    '{ "a": [] }',
    '{ "a": [{ "hidden_states": { "split_dim": 1 } }] }',
    '{ "a": [{ "hidden_states": { "split_dim": 1 } }, { "gather_dims": 1 }] }',
    '{ "a": 1 }',
    '{ "$foo": 1 }',
    '{ "a": { "gather_dim": 1 }, "a": { "gather_dim": 2 } }',
    '{ "$attention": ["gather"] }',
    '{ "$attention": { "blocks.*": "all" } }',
    '{ "$batch": { "hidden_states": "0" } }',
    "[]",
    '{ "$comment": "", "": { "value": { "split_dim": 1 }, "split_dim": { "split_dim": 1 } }, "a": [null, { "gather_dim": 1 }] }',
  ],
};

export const modelMoments: Moments = {
  title: "onnx-cp schema MODEL",
  completions: [
    "{ | }",
    '{ "blocks.*": | }',
    '{ "blocks.*": { | } }',
    '{ "blocks.0": { "hidden_states": | } }',
    '{ "blocks.0": { "hidden_states": { | } } }',
    '{ "blocks.0": { "hidden_states": { "split_dim": | } } }',
    '{ "blocks.0": { "hidden_states": { "split_dim": 1, "expected_dims": | } } }',
    '{ "pos_embed": | }',
    '{ "pos_embed": { | } }',
    '{ "pos_embed": { "gather_dim": | } }',
    '{ "blocks.0": [| , null] }',
    '{ "mixed.1": | }',
    '{ "mixed.1": { | } }',
    '{ "$batch": { | } }',
    '{ "$attention": { | } }',
    '{ "$attention": { "blocks.0.attn": | } }',
  ],
  hovers: [
    '{ "blo|cks.0": {} }',
    '{ "blocks.*": { "hidden_|states": {} } }',
    '{ "pos_embed": { "i|ds": { "split_dim": 0 } } }',
    '{ "pos_embed": { "|0": { "split_dim": 0, "split_output": true } } }',
    '{ "pos_embed": { "ids": { "split_|dim": 0 } } }',
    '{ "proj_out": { "gather_dim": |1, "expected_dims": 3 } }',
    '{ "proj_out": { "gather_dim": 1, "expected_|dims": 3 } }',
  ],
  problems: [
    '{ "block": { "gather_dim": 1 } }',
    '{ "proj_ot": { "gather_dim": 1 } }',
    '{ "pos-embed": { "gather_dim": 1 } }',
    '{ "transformer": { "gather_dim": 1 } }',
    '{ "blocks.0.atnt": { "gather_dim": 1 } }',
    '{ "blocks.2": { "gather_dim": 1 } }',
    '{ "blocks.*.atn": { "gather_dim": 1 } }',
    '{ "blocks.0": { "hidden_state": { "split_dim": 1 } } }',
    '{ "blocks.0": { "hidden_states": { "split_dim": 3 } } }',
    '{ "blocks.0": { "hidden_states": { "split_dim": -4 } } }',
    '{ "blocks.0": { "hidden_states": { "split_dim": "1" } } }',
    '{ "blocks.0": { "hidden_states": { "split_dm": 1 } } }',
    '{ "blocks.0": { "hidden_states": { "expected_dims": 3 } } }',
    '{ "blocks.0": { "hidden_states": { "split_dim": 1, "expected_dims": 4 } } }',
    '{ "": { "timestep": { "split_dim": 0 } } }',
    '{ "": { "proj_out": { "x": { "split_dim": 1 } } } }',
    '{ "blocks.0": { "split_dim": 1 } }',
    '{ "pos_embed": { "gather_dims": 1 } }',
    '{ "pos_embed": { "gather_dim": 2 } }',
    '{ "pos_embed": [{ "idx": { "split_dim": 0 } }, { "gather_dim": 0 }] }',
    '{ "$attention": { "": "gather", "blocks.*": "ring", "blocks.1": "gather", "blocks.0.attn": "gathers" } }',
    '{ "$attention": { "pos_embed": "gather" } }',
    '{ "$batch": { "img_ids": 2 } }',
    '{ "$batch": { "images": 0 } }',
    '{ "pos_embed": { "0": { "split_dim": 1, "split_output": true } }, "*.0": [{ "gather_dim": 1 }, null] }',
    '{ "mixed.1": { "anything": { "split_dim": 1 } }, "mixed.*": { "x": { "split_dim": 1 } } }',
    '{ "blocks.0": [{ "hidden_states": { "split_dim": -2 } }, [{ "gather_dim": 1 }, null]] }',
  ],
};

export const configMoments: Moments = {
  title: "schemas/parallel-config.schema.json",
  completions: ["|", "{ | }", '{ "context_parallel_config": { | } }', '{ "rotate_method": | }'],
  hovers: ['{ "ring_|degree": 2 }'],
  problems: [
    '{ "ring_degree": 0 }',
    '{ "mesh": [1, 2] }',
    '{ "context_parallel_config": { "mesh": "x" }, "ring_degree": 2 }',
    '{ "rotate_method": "ring" }',
    '{ "context_parallel_config": { "ulysses_degree": 2 } }',
  ],
};
