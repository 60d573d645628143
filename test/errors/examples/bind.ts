/**
 * @file Examples of plans whose names do not match the model. Codes CP3000-3999.
 */
import { writeFileSync } from "node:fs";
import { graph, node, value } from "../../support/graphs.ts";
import type { Example, Examples } from "../example.ts";
import { model } from "../models.ts";

/** A plan for one of the exports. */
export function planFor(model: string, entries: string, means: string, options = "--ulysses-degree 2"): Example {
  const text = entries === "" ? "{}\n" : `{\n  ${entries.replaceAll("\n", "\n  ")}\n}\n`;
  const command = `onnx-cp check a.plan.json --model ${model}.onnx${options === "" ? "" : ` ${options}`}`;
  return { means, files: { "a.plan.json": text }, command };
}

export const root = `"": {
  "hidden_states": { "split_dim": 1 },
  "encoder_hidden_states": { "split_dim": 1 },
  "img_ids": { "split_dim": 0 },
  "txt_ids": { "split_dim": 0 }
}`;
/** What a hundred parameters under patterns for every path mean together. */
const manyBindings: Example = {
  means: "Every spec is bound at each module that its pattern matches, so many patterns over many modules multiply.",
  given: "`a.plan.json` with several wildcard patterns, each with 500 parameters",
  make: () => {
    const inputs = Array.from({ length: 500 }, (_, i) => `"p${i}": { "split_dim": 1 }`).join(", ");
    const stars = ["*", "*.*", "*.*.*", "transformer_blocks.*.*"].map((pattern) => `"${pattern}": { ${inputs} }`);
    writeFileSync("a.plan.json", `{\n${stars.join(",\n")}\n}`);
  },
  command: "onnx-cp check a.plan.json --model flux.onnx --ulysses-degree 2",
};
const gather = `"proj_out": { "gather_dim": 1 }`;

/** A model whose export marks the parameter `rotary_emb` of `block` as a list of two. */
const list: Pick<Example, "given" | "make"> = {
  given: "a model whose export marks `rotary_emb` of `block` as a list of the tensors cos and sin",
  make: () => {
    const mark = (name: string, element: number) => ({
      ...node("Boundary", [name], [`${name}_in`], {
        module: { kind: "string", value: "block" },
        kind: { kind: "string", value: "input" },
        param: { kind: "string", value: "rotary_emb" },
        element: { kind: "int", value: element },
      }),
      domain: "cp",
    });
    const named = (op: string, inputs: readonly string[], output: string) => ({
      ...node(op, inputs, [output]),
      name: `/block/${op}`,
    });
    const source = graph({
      inputs: ["x", "cos", "sin"].map((name) => value(name, "float32", ["n", 4])),
      outputs: [value("y", "float32", ["n", 4])],
      nodes: [mark("cos", 0), mark("sin", 1), named("Mul", ["x", "cos_in"], "a"), named("Add", ["a", "sin_in"], "y")],
    });
    model(source, (proto) => proto.opsetImport.push({ ...proto.opsetImport[0]!, domain: "cp", version: 1n }));
  },
};

export const bind: Examples = {
  CP3001: planFor(
    "flux",
    `${root},\n"proj_oot": { "gather_dim": 1 }`,
    "The model has no module of that name, or none that the pattern matches. `onnx-cp inspect` lists them.",
  ),
  CP3002: planFor(
    "flux-static",
    `${root},\n"rope": { "0": { "split_dim": 0, "split_output": true } },\n${gather}`,
    "An export with fixed lengths may have computed a module at export time, so only its results remain, as constants. These are " +
      "sliced where they meet a split value, so the plan is correct without the module. A misspelt name is an error instead.",
  ),
  CP3003: planFor(
    "flux",
    root.replace("img_ids", "img_idz") + `,\n${gather}`,
    "The model has no parameter of this name, but it has one with a similar name.",
  ),
  CP3004: planFor(
    "flux",
    `"": {\n  "tokens": { "split_dim": 1 },\n  "positions": { "split_dim": 0 }\n},\n${gather}`,
    "None of the parameters that the plan splits at the root is an input of the model: the export renamed the inputs.",
  ),
  CP3005: planFor(
    "flux",
    `"": { "hidden_states": { "split_dim": 1, "value": "hidden_statez" } },\n${gather}`,
    "`value` names a value that the model does not have.",
  ),
  CP3006: planFor(
    "flux",
    `"transformer_blocks.0": { "hidden_states": { "split_dim": 1, "value": "add_905" } },\n${gather}`,
    "`value` names a value that is not at the boundary of its module: an input must come from outside, an output must be read outside.",
  ),
  CP3008: manyBindings,
  CP3007: planFor(
    "wan-marked",
    `"blocks.0": { "hidden_states": { "split_dim": 1, "value": "encoder_hidden_states" } },\n${gather}`,
    "The export marks the value of the parameter, and `value` names another one.",
  ),
  CP3010: planFor(
    "flux",
    `"transformer_blocks.0": { "temb": { "split_dim": 1 } },\n${gather}`,
    "An export keeps no parameter names. If the rank, the type and the uses of a value leave several candidates, or one that could also be " +
      "another parameter, nothing is guessed: the candidates are listed.",
  ),
  CP3011: planFor(
    "flux",
    `"transformer_blocks.0": { "gather_dim": 1 },\n${gather}`,
    "The module has several outputs, and the export does not preserve their order.",
  ),
  CP3012: planFor(
    "flux",
    `"proj_out": [{ "gather_dim": 1 }, { "gather_dim": 1 }]`,
    "A list of outputs has one element per output of the module. An export shows only the outputs that are read.",
  ),
  CP3013: planFor(
    "flux",
    `"transformer_blocks.1": { "7": { "split_dim": 1, "split_output": true } },\n${gather}`,
    "The plan names an output by an index beyond the outputs of the module.",
  ),
  CP3014: {
    ...list,
    ...planFor(
      "model",
      `"block": { "rotary_emb": [{ "split_dim": 0 }, { "split_dim": 0 }, { "split_dim": 0 }] }`,
      "The parameter is a list, and the plan has a spec for more or fewer elements than the model passes.",
    ),
  },
  CP3015: {
    ...list,
    ...planFor(
      "model",
      `"block": { "rotary_emb": { "split_dim": 0 } }`,
      "The parameter is a list of tensors; a single spec does not say which of them to split.",
    ),
  },
  CP3016: planFor("flux", `"": { "hidden_states": { "split_dim": 3 } },\n${gather}`, "The tensor has no such axis."),
  CP3017: planFor(
    "flux",
    `${root},\n"proj_out": { "gather_dim": 1, "expected_dims": 4 }`,
    "The output does not have the rank that the plan expects: either the plan means another tensor, or the number is wrong.",
  ),
  CP3018: planFor(
    "flux",
    `${root},\n"x_embedder": { "hidden_states": { "split_dim": 2 } },\n${gather}`,
    "Two entries address the same tensor and contradict each other. Both are shown.",
  ),
  CP3020: planFor(
    "qwenimage",
    `"transformer_blocks.0": {
  "hidden_states": { "split_dim": 1 },
  "encoder_hidden_states": { "split_dim": 1 }
},
"transformer_blocks.*": { "modulate_index": { "split_dim": 1 } },
${gather}`,
    "The module has no value for the parameter: it was None when the model was exported, became a constant, or is computed once for several " +
      "modules. Where an operator needs it split, it is sliced there, or the plan is refused.",
  ),
  CP3021: planFor(
    "wan",
    `"": { "timestep": { "split_dim": 1, "expected_dims": 2 } },\n"blocks.0": { "hidden_states": { "split_dim": 1 } },\n${gather}`,
    "The value has another rank than the entry expects, so the entry does not apply. Plans for several variants of a model rely on this; if " +
      "you did not expect it, expected_dims is wrong. With `--strict` it is an error.",
  ),
  CP3022: planFor(
    "flux",
    `${root},\n"x_embedder": { "hidden_states": { "split_dim": 1 } },\n${gather}`,
    "A later entry requests what an earlier one already does; it changes nothing.",
  ),
  CP3023: planFor(
    "flux",
    `${root.replace(/\n\}$/, ',\n  "controlnet_block_samples": { "split_dim": 1 }\n}')},\n${gather}`,
    "The exported model has no such input: it was None or was omitted. The other parameters were found, so the plan fits the model.",
  ),
  CP3030: planFor(
    "wan",
    `"$batch": { "hidden_state": 0 }`,
    "`$batch` names inputs of the model, with the axis that has the batch.",
    "--batch-degree 2",
  ),
  CP3031: planFor(
    "wan",
    `"$batch": { "timestep": 1 }`,
    "The input has fewer axes. Negative axes count from the end.",
    "--batch-degree 2",
  ),
  CP3032: planFor(
    "flux",
    `"$attention": { "transformer_blocks.*.ff": "gather" },\n${root},\n${gather}`,
    "The module exists, but no attention site is inside it. `onnx-cp inspect` lists the sites.",
  ),
  CP3033: planFor(
    "flux",
    `"$attention": { "transformer_blocks.0": "ulysses", "transformer_blocks.*": "gather" },\n${root},\n${gather}`,
    "Several keys can name a site; the last one decides. A general pattern belongs before its exceptions. With `--strict` it is an error.",
  ),
  CP3035: planFor(
    "flux",
    `${root},\n"transformer.x_embedder": { "hidden_states": { "split_dim": 1 } },\n"transformer.proj_out": { "gather_dim": 1 }`,
    "The plan was written for a model inside an outer module, or for the inner module alone. Such names are read as if the outer module were there in both, or in neither.",
  ),
  CP3036: {
    ...planFor(
      "model",
      `"": { "x": { "split_dim": 1 } },\n${gather}`,
      "An optimiser removed the names of modules from the nodes, but weights kept theirs. A node belongs to the module of its weight, and what lies between two such nodes to the innermost module that has both.",
    ),
    given: "a model of two products with the weights `embed.weight` and `proj_out.weight`",
    make: () => {
      const weight = { elem: "float32", dims: [4, 4], data: { kind: "inline", bytes: new Uint8Array(64) } } as const;
      model(
        graph({
          inputs: [value("x", "float32", [1, "n", 4])],
          outputs: [value("y", "float32", null)],
          nodes: [node("MatMul", ["x", "embed.weight"], ["a"]), node("MatMul", ["a", "proj_out.weight"], ["y"])],
          constants: new Map([
            ["embed.weight", weight],
            ["proj_out.weight", weight],
          ]),
        }),
      );
    },
  },
  CP3034: planFor(
    "wan",
    `"$attention": { "blocks.*": "gather" },\n"blocks.0": { "hidden_states": { "split_dim": 1 } },\n${gather}`,
    "A scheme decides how split keys and values reach split queries. It has no effect where keys and values are whole, as in cross-attention to the text, or where the queries are whole. With `--strict` it is an error.",
  ),
};
