/**
 * @file Examples of errors in the meaning of a plan or a parallel config. Codes CP1500-1999.
 */
import { writeFileSync } from "node:fs";
import type { Example, Examples } from "../example.ts";

function plan(entries: string, means: string): Example {
  const text = `{\n  ${entries.replaceAll("\n", "\n  ")}\n}\n`;
  return { means, files: { "flux.plan.json": text }, command: "onnx-cp check flux.plan.json --model flux.onnx" };
}

function config(text: string, means: string): Example {
  const files = { "flux.plan.json": `{ "proj_out": { "gather_dim": 1 } }\n`, "parallel.json": `${text}\n` };
  return { means, files, command: "onnx-cp check flux.plan.json --model flux.onnx --config parallel.json" };
}

export const planRules: Examples = {
  CP1501: plan(`"proj_out": { "gather_dim": "1" }`, "A field or an entry has a value of the wrong type."),
  CP1502: plan(
    `"proj_out": { "gather_dims": 1, "gather_dim": 1 }`,
    "The key is not defined at this place; most often it is misspelt.",
  ),
  CP1503: plan(`"": { "hidden_states": { "expected_dims": 3 } }`, "A spec lacks its axis."),
  CP1504: plan(`"proj_out": { "gather_dim": 1, "expected_dims": 0 }`, "A number is below its minimum."),
  CP1505: config(
    `{ "ring_degree": 2, "rotate_method": "all_to_all" }`,
    "A field with fixed choices has a different value.",
  ),
  CP1506: plan(`"proj_out": { "gather_dim": 1, "value": "" }`, "A name or a list of specs is empty."),
  CP1520: plan(
    `"proj_out": { "gather_dim": 1, "hidden_states": { "split_dim": 1 } }`,
    "An entry splits inputs or gathers outputs. For a module that does both, write a list of the two.",
  ),
  CP1521: plan(
    `"": { "split_dim": 1, "expected_dims": 3 },\n"proj_out": { "gather_dim": 1 }`,
    "A field of a spec is written where the name of a module or a parameter is expected: a level of the plan is missing.",
  ),
  CP1522: plan(
    `"blocks.0": [{ "hidden_states": { "split_dim": 1 } }]`,
    "A list that starts with a map of inputs is the form [inputs, outputs]; it has exactly two elements.",
  ),
  CP1523: plan(`"$comment": "nothing yet"`, "A plan without a single entry would leave the model as it is."),
  CP1524: plan(
    `"transformer_blocks.0": {},\n"proj_out": { "gather_dim": 1 }`,
    "The entry names a module but requests nothing.",
  ),
  CP1525: plan(
    `"transformer_blocks.**": { "hidden_states": { "split_dim": 1 } }`,
    'Module names are dotted paths; "*" matches one whole segment.',
  ),
  CP1526: plan(
    `"$shema": "plan.schema.json",\n"proj_out": { "gather_dim": 1 }`,
    "Keys that begin with $ are reserved for the language itself.",
  ),
  CP1527: plan(
    `"pos_embed": { "0": { "split_dim": 0 } }`,
    "A digit names an output. Splitting an output requires split_output, which prevents accidental splits.",
  ),
  CP1528: plan(
    `"pos_embed": { "ids": { "split_dim": 0, "split_output": true } }`,
    "split_output speaks of an output, the key names a parameter.",
  ),
  CP1529: plan(
    `"pos_embed": { "0": [{ "split_dim": 0, "split_output": true }, { "split_dim": 0 }] }`,
    "A list of specs is for a parameter that is a list. An output is one tensor.",
  ),
  CP1530: plan(
    `"pos_embed": { "00": { "split_dim": 0, "split_output": true } }`,
    "An output is named by its index, without a sign or leading zeros.",
  ),
  CP1531: plan(
    `"transformer_blocks.*": { "hidden_states": { "split_dim": 1, "value": "add_116" } }`,
    "An ONNX value exists in one place of the model; it cannot be the parameter of several modules.",
  ),
  CP1532: plan(
    `"proj_out": { "gather_dim": 3, "expected_dims": 3 }`,
    "The axis contradicts the rank in the same spec: a tensor of rank r has the axes -r to r - 1.",
  ),
  CP1507: config(
    `{ "ulysses_degree": 2, "ring_degree": 100000 }`,
    "Ranks are threads of one process on one machine; so many of them are a typing error.",
  ),
  CP1533: {
    means:
      "A plan with that many entries names each module of a large model several times. Patterns do the same in a few lines.",
    given: "`a.plan.json` with an entry for each of `blocks.0` to `blocks.10000`",
    make: () => {
      const entries = Array.from({ length: 10_001 }, (_, i) => `"blocks.${i}": { "gather_dim": 1 }`);
      writeFileSync("a.plan.json", `{\n${entries.join(",\n")}\n}`);
    },
    command: "onnx-cp check a.plan.json --model flux.onnx",
  },
  CP1534: {
    means: "No module's path and no parameter's name is that long.",
    given: "`a.plan.json` with a key of two thousand letters",
    make: () => writeFileSync("a.plan.json", `{ "${"a".repeat(2000)}": { "gather_dim": 1 } }`),
    command: "onnx-cp check a.plan.json --model flux.onnx",
  },
  CP1535: {
    means: "No module has that many parameters or outputs.",
    given: "`a.plan.json` with a list of a thousand outputs",
    make: () => {
      const outputs = Array.from({ length: 1000 }, () => `{ "gather_dim": 1 }`);
      writeFileSync("a.plan.json", `{ "proj_out": [${outputs.join(", ")}] }`);
    },
    command: "onnx-cp check a.plan.json --model flux.onnx",
  },
  CP1536: {
    ...plan(
      `"$attention": { "transformer_blocks.*": "ulysses" },\n"proj_out": { "gather_dim": 1 }`,
      'The mesh gives all sites one scheme: Ulysses, a ring, or both. A plan can name that scheme, or "gather", which needs no degree: keys and values are collected on all ranks.',
    ),
    command: "onnx-cp check flux.plan.json --model flux.onnx --ring-degree 2",
  },
  CP1540: plan(
    `"transformer_blocks": { "0": { "hidden_states": { "split_dim": 1 } } },\n"proj_out": { "gather_dim": 1 }`,
    "A plan has two levels: modules, and their parameters. A module inside another one has its dotted path as its key.",
  ),
  CP1704: config(
    `{ "ring_degree": 64, "ulysses_degree": 32 }`,
    "The number of ranks is the product of the two degrees. Ranks are threads of one process on one machine.",
  ),
  CP1701: config(
    `{ "context_parallel_config": { "ulysses_degree": 2, "mesh": [2, 1] } }`,
    "The field exists in the diffusers config but has no counterpart here. Null is accepted.",
  ),
  CP1702: config(
    `{ "ulysses_degree": 2, "ulysses_anything": true }`,
    "Diffusers needs this switch for uneven lengths. Here they are always supported.",
  ),
  CP1703: config(
    `{ "context_parallel_config": { "ulysses_degree": 2 }, "ring_degree": 2 }`,
    "The two forms of the config are mixed: the fields belong either inside context_parallel_config or at the top level.",
  ),
};
