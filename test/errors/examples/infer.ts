/**
 * @file Examples of models for which no plan can be inferred. Codes CP4500-4599; and of plans that give little, CP4026 and CP4601.
 */
import type { Graph, GraphValue, Node } from "../../../compiler/graph/types.ts";
import { graph, node, value } from "../../support/graphs.ts";
import type { Example, Examples } from "../example.ts";
import { model, simple } from "../models.ts";
import { selfAttention } from "./shard.ts";

const command = "onnx-cp init model.onnx";

function attention(result: string): readonly Node[] {
  return [
    node("Transpose", ["k"], ["kt"], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
    node("MatMul", ["q", "kt"], ["s"]),
    node("Softmax", ["s"], ["p"], { axis: { kind: "int", value: -1 } }),
    node("MatMul", ["p", "v"], [result]),
  ];
}

type Extents = readonly (number | string)[];

function keys(extents: Extents): readonly GraphValue[] {
  return ["k", "v"].map((name) => value(name, "float32", extents));
}

/** Softmax(q k^T) v, with queries and keys of these extents. */
function attending(q: Extents, k: Extents): Graph {
  return graph({
    inputs: [value("q", "float32", q), ...keys(k)],
    outputs: [value("y", "float32", null)],
    nodes: attention("y"),
  });
}

function example(means: string, given: string, source: Graph): Example {
  return { means, given, make: () => model(source), command };
}

export const infer: Examples = {
  CP4601: {
    means:
      "The plan is exact and gives little: of the products that become queries or outputs, ranks share less than 40 %, and each repeats the rest. A module that a plan leaves out, such as the feed-forward of the text, is easily missed. Where `--shape` does not fix the lengths, a batch of 1 and equal lengths of at most 1024 are assumed.",
    files: {
      "a.plan.json":
        '{\n  "transformer_blocks.*.ff": { "hidden_states": { "split_dim": 1 } },\n  "transformer_blocks.*.ff.net.2": { "gather_dim": 1 }\n}\n',
    },
    command: "onnx-cp check a.plan.json --model flux.onnx --ulysses-degree 2",
  },
  CP4026: {
    means:
      "A plan that is exact may leave work to every rank. `check` says why for the three largest causes that are 5 % of the work or more: rows of inputs that no entry splits before, rows that an entry has gathered, or results without rows. `result.gain.repeated` has the same as data.",
    files: {
      "a.plan.json":
        '{\n  "transformer_blocks.*.ff": { "hidden_states": { "split_dim": 1 } },\n  "transformer_blocks.*.ff.net.2": { "gather_dim": 1 }\n}\n',
    },
    command: "onnx-cp check a.plan.json --model flux.onnx --ulysses-degree 2",
  },
  CP4501: example(
    "A plan splits the sequences of attention. The model has none, or none in a form that the compiler recognises.",
    "a model of y = relu(x)",
    simple,
  ),
  CP4502: example(
    "Every attention has one query, as in a decoder that makes one token after the other: there are no rows that ranks could share.",
    "a model of y = softmax(q k^T) v with one query",
    attending([1, 2, 1, 8], [1, 2, "n", 8]),
  ),
  CP4503: example(
    "A plan can split an input of the model, any other value for all its readers, and inputs and outputs of modules. Here, the queries are an input of which a softmax needs all rows, and there is no module between the two.",
    "a model of y = softmax(x k^T) v and z = softmax(x) over all queries",
    graph({
      inputs: [value("x", "float32", [1, "n", 2, 8]), ...keys([1, 2, "n", 8])],
      outputs: [value("y", "float32", null), value("z", "float32", null)],
      nodes: [
        node("Transpose", ["x"], ["q"], { perm: { kind: "ints", value: [0, 2, 1, 3] } }),
        ...attention("y"),
        node("Softmax", ["x"], ["z"], { axis: { kind: "int", value: 1 } }),
      ],
    }),
  ),
  CP4504: example(
    "The inference found plans, but the proof refused each of them. The message has the reason of the last refusal.",
    "a model of y = softmax(x x^T) x with a dynamic number of heads",
    graph({
      inputs: [value("x", "float32", [1, "heads", "n", 8])],
      outputs: [value("y", "float32", null)],
      nodes: selfAttention("x", "y"),
    }),
  ),
};
