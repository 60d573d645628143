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
  CP1501: plan(`"proj_out": { "gather_dim": "1" }`, "A field or an entry has a value that cannot stand there."),
  CP1502: plan(
    `"proj_out": { "gather_dims": 1, "gather_dim": 1 }`,
    "A key that means nothing at this place, most often misspelt.",
  ),
  CP1503: plan(`"": { "hidden_states": { "expected_dims": 3 } }`, "A spec without its axis."),
  CP1504: plan(`"proj_out": { "gather_dim": 1, "expected_dims": 0 }`, "A count below the smallest that makes sense."),
  CP1505: config(
    `{ "ring_degree": 2, "rotate_method": "all_to_all" }`,
    "A field with fixed choices has another value.",
  ),
  CP1506: plan(`"proj_out": { "gather_dim": 1, "value": "" }`, "A name, or a list of specs, without anything in it."),
  CP1520: plan(
    `"proj_out": { "gather_dim": 1, "hidden_states": { "split_dim": 1 } }`,
    "An entry splits inputs or gathers outputs. A module that does both is written as a list of the two.",
  ),
  CP1521: plan(
    `"": { "split_dim": 1, "expected_dims": 3 },\n"proj_out": { "gather_dim": 1 }`,
    "A field of a spec stands where the name of a module or a parameter is expected: a level of the plan is missing.",
  ),
  CP1522: plan(
    `"blocks.0": [{ "hidden_states": { "split_dim": 1 } }]`,
    "A list that starts with a map of inputs is the form [inputs, outputs]; it has exactly two elements.",
  ),
  CP1523: plan(`"$comment": "nothing yet"`, "A plan without a single entry would leave the model as it is."),
  CP1524: plan(
    `"transformer_blocks.0": {},\n"proj_out": { "gather_dim": 1 }`,
    "The entry names a module and then asks for nothing.",
  ),
  CP1525: plan(
    `"transformer_blocks.**": { "hidden_states": { "split_dim": 1 } }`,
    'Module names are dotted paths; "*" stands for one whole segment.',
  ),
  CP1526: plan(
    `"$shema": "plan.schema.json",\n"proj_out": { "gather_dim": 1 }`,
    "Keys that begin with $ are reserved for the language itself.",
  ),
  CP1527: plan(
    `"pos_embed": { "0": { "split_dim": 0 } }`,
    "A digit names an output. Splitting an output is said with split_output, so that a slip is not taken for it.",
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
    "Outputs are named by their index, written without sign and leading zeros.",
  ),
  CP1531: plan(
    `"transformer_blocks.*": { "hidden_states": { "split_dim": 1, "value": "add_116" } }`,
    "An ONNX value belongs to one place of the model; it cannot stand for a parameter of several modules.",
  ),
  CP1532: plan(
    `"proj_out": { "gather_dim": 3, "expected_dims": 3 }`,
    "By the plan's own words the tensor has no such axis: of rank r there are the axes -r to r - 1.",
  ),
  CP1507: config(
    `{ "ulysses_degree": 2, "ring_degree": 100000 }`,
    "Ranks are threads of one process on one machine; so many of them are a slip of the hand.",
  ),
  CP1533: {
    means:
      "A plan of that many entries names each module of a large model several times. Patterns say it in a few lines.",
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
  CP1704: config(
    `{ "ring_degree": 64, "ulysses_degree": 32 }`,
    "The number of ranks is the product of the two degrees. Ranks are threads of one process on one machine.",
  ),
  CP1701: config(
    `{ "context_parallel_config": { "ulysses_degree": 2, "mesh": [2, 1] } }`,
    "A field of the reference's config that has no counterpart here. Null is fine.",
  ),
  CP1702: config(
    `{ "ulysses_degree": 2, "ulysses_anything": true }`,
    "The reference needs this switch for uneven lengths. Here they always work.",
  ),
  CP1703: config(
    `{ "context_parallel_config": { "ulysses_degree": 2 }, "ring_degree": 2 }`,
    "The two forms of the config are mixed: the fields stand inside context_parallel_config, or alone.",
  ),
};
