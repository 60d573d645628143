/**
 * @file Examples of splits that cannot be exact, and of decisions of propagation. Codes CP4000-4999.
 */
import type { Attribute, Attributes, ElemType, Node } from "../../../compiler/graph/types.ts";
import { tensorFromInts } from "../../../compiler/graph/tensors.ts";
import { graph, node, value } from "../../support/graphs.ts";
import type { Example, Examples } from "../example.ts";
import { model } from "../models.ts";
import { planFor, root } from "./bind.ts";

const gather = `"proj_out": { "gather_dim": 1 }`;
const whole = `${root},\n${gather}`;

interface Small {
  /** What the graph computes, for the page. */
  readonly formula: string;
  /** Splits of the root, in the plan's own words, and an optional gather. */
  readonly splits: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, readonly number[]>>;
  /** A module whose output is split along axis 1. */
  readonly splitOutput?: string;
  /** Outputs before `y`. */
  readonly outputs?: readonly string[];
  readonly output?: readonly (number | string)[];
  readonly opset?: number;
  readonly options?: string;
}

/** A model of a few steps. */
export function small(
  means: string,
  { formula, splits, inputs, nodes, constants = {}, options, ...rest }: Small,
): Example {
  const specs = Object.entries(splits).map(([name, dim]) => `  "${name}": { "split_dim": ${dim} }`);
  const entry = specs.length === 0 ? [] : [`"": {\n${specs.join(",\n")}\n}`];
  const { splitOutput } = rest;
  if (splitOutput !== undefined) entry.push(`"${splitOutput}": { "0": { "split_dim": 1, "split_output": true } }`);
  const elem: ElemType = "float32";
  const source = graph({
    inputs: Object.entries(inputs).map(([name, dims]) => value(name, elem, dims)),
    outputs: [...(rest.outputs ?? []), "y"].map((name) => value(name, elem, rest.output ?? null)),
    nodes,
    constants: new Map(Object.entries(constants).map(([name, numbers]) => [name, tensorFromInts(numbers)])),
  });
  const domains = [...new Set(nodes.map(({ domain }) => domain))].filter((domain) => domain !== "");
  return {
    ...planFor("model", entry.join(",\n"), means, options),
    given: `a model of ${formula}`,
    make: () =>
      model(source, (proto) => {
        const [opset] = proto.opsetImport;
        opset!.version = BigInt(rest.opset ?? 18);
        for (const domain of domains) proto.opsetImport.push({ ...opset!, domain, version: 1n });
      }),
  };
}

const attention: readonly Node[] = [
  node("Transpose", ["k"], ["kt"], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
  node("MatMul", ["q", "kt"], ["s"]),
  node("Softmax", ["s"], ["p"], { axis: { kind: "int", value: -1 } }),
  node("MatMul", ["p", "v"], ["y"]),
];

/** Attention of a value to itself. */
export function selfAttention(name: string, result: string): readonly Node[] {
  const own = (what: string): string => `${name}_${what}`;
  return [
    node("Transpose", [name], [own("t")], { perm: { kind: "ints", value: [0, 1, 3, 2] } }),
    node("MatMul", [name, own("t")], [own("s")]),
    node("Softmax", [own("s")], [own("p")], { axis: { kind: "int", value: -1 } }),
    node("MatMul", [own("p"), name], [result]),
  ];
}

/** An If whose branches read a value around them. */
function branches(read: string): Attributes {
  const branch = (op: string): Attribute => ({
    kind: "graph",
    value: graph({ outputs: [value("inner", "float32", null)], nodes: [node(op, [read], ["inner"])] }),
  });
  return { then_branch: branch("Relu"), else_branch: branch("Abs") };
}

export const shard: Examples = {
  CP4001: planFor(
    "flux",
    `"": { "hidden_states": { "split_dim": 2 } },\n${gather}`,
    "The operator sums, normalises or searches along the split axis, so no rank can compute its shard alone.",
  ),
  CP4002: small("An operator combines two tensors element by element that are split along different axes.", {
    formula: "y = a + b, both (1, rows, columns)",
    splits: { a: 1, b: 2 },
    inputs: { a: [1, "rows", "columns"], b: [1, "rows", "columns"] },
    nodes: [node("Add", ["a", "b"], ["y"])],
  }),
  CP4003: small(
    "Both tensors are split along the shared axis, but one as two concatenated streams, each split separately, and the other as a single stream: " +
      "each rank holds different rows of the two.",
    {
      formula: "y = concat(text, image) + bias",
      splits: { text: 1, image: 1, bias: 1 },
      inputs: { text: [1, "txt", 8], image: [1, "img", 8], bias: [1, "txt + img", 8] },
      nodes: [
        node("Concat", ["text", "image"], ["joint"], { axis: { kind: "int", value: 1 } }),
        node("Add", ["joint", "bias"], ["y"]),
      ],
    },
  ),
  CP4004: small("Two split operands have different fixed lengths.", {
    formula: "y = a + b, with a of (1, 6, 4) and b of (1, 8, 4)",
    splits: { a: 1, b: 1 },
    inputs: { a: [1, 6, 4], b: [1, 8, 4] },
    nodes: [node("Add", ["a", "b"], ["y"])],
  }),
  CP4005: small(
    "A reshape merges or divides the split axis so that a chunk of the operand is not a chunk of the result.",
    {
      formula: "y = reshape(reshape(x, [12, 4]), [4, 3, 4]), with x of (2, 6, 4)",
      splits: { x: 1 },
      inputs: { x: [2, 6, 4] },
      nodes: [node("Reshape", ["x", "rows"], ["merged"]), node("Reshape", ["merged", "shape"], ["y"])],
      constants: { rows: [12, 4], shape: [4, 3, 4] },
    },
  ),
  CP4006: small(
    "Rows of several frames are merged after each frame was split, and then sliced at an edge inside a frame: a rank has rows of every frame. Rows of one " +
      "stream are dealt anew behind such an edge.",
    {
      formula: "y = the last nine of the twelve rows of reshape(x, [12, 4])",
      splits: { x: 1 },
      inputs: { x: [2, 6, 4] },
      nodes: [
        node("Reshape", ["x", "rows"], ["merged"]),
        node("Split", ["merged", "sizes"], ["text", "image"], { axis: { kind: "int", value: 0 } }),
        node("Neg", ["image"], ["y"]),
      ],
      constants: { rows: [12, 4], sizes: [3, 9] },
    },
  ),
  CP4007: planFor(
    "flux",
    root,
    "Each rank would return its shard of an output instead of the whole: the gather is missing.",
  ),
  CP4008: planFor(
    "flux",
    `${root},\n"transformer_blocks.0": { "hidden_states": { "split_dim": 2 } },\n${gather}`,
    "The value is already split, and an entry splits it again along another axis.",
  ),
  CP4009: planFor(
    "flux",
    `${root},\n"transformer_blocks.0": { "hidden_states": { "split_dim": 1 } },\n${gather}`,
    "An earlier entry already splits the value this way; the entry changes nothing.",
  ),
  CP4010: planFor(
    "flux",
    `${root},\n"norm_out": { "gather_dim": 1 },\n${gather}`,
    "The value is whole already, because of an earlier gather; the entry changes nothing.",
  ),
  CP4011: planFor(
    "flux",
    `${root},\n"proj_out": { "gather_dim": 2 }`,
    "The value is split, but along another axis than the one to gather.",
  ),
  CP4012: planFor(
    "flux",
    whole,
    "Every rank needs at least one row.",
    "--ulysses-degree 4 --shape hidden_states=1,3,16",
  ),
  CP4013: planFor(
    "flux",
    whole,
    "Ulysses divides the heads among the ranks, so its degree cannot exceed the number of heads of the queries; key and value heads may be fewer, since ranks share them. The remaining ranks can form a ring, or the site can gather keys and values instead.",
    "--ulysses-degree 5",
  ),
  CP4014: planFor(
    "flux",
    `"norm_out": { "hidden_states": { "split_dim": 1 } },\n${gather}`,
    "The plan is exact but gains little: attention takes most of the time, and every rank computes all of it.",
  ),
  CP4015: planFor(
    "flux",
    `"": {\n  "hidden_states": { "split_dim": 1 },\n  "encoder_hidden_states": { "split_dim": 1 },\n  "img_ids": { "split_dim": 0 }\n},\n${gather}`,
    "A whole value and a split one meet along the same axis. Each rank slices out its rows, which is exact and needs no exchange. With `--strict` it is an error if a plan entry can express the split.",
  ),
  CP4016: small("The effect of an operator on a split value depends on numbers that are known only at run time.", {
    formula: "y = reshape(x, s), with s an input of the model",
    splits: { x: 1 },
    inputs: { x: [1, "n", 4], s: [2] },
    output: ["n", 4],
    nodes: [node("Cast", ["s"], ["shape"], { to: { kind: "int", value: 7 } }), node("Reshape", ["x", "shape"], ["y"])],
  }),
  CP4017: small(
    "No layout describes the result of the operator: it would be split along two axes at once, or one axis would be split in blocks in one part and in plain rows in another.",
    {
      formula: "y = concat(reshape(x, [1, 16]), w), with x of (1, 2, 8) and w of (1, 5)",
      splits: { x: 2, w: 1 },
      inputs: { x: [1, 2, 8], w: [1, 5] },
      nodes: [
        node("Reshape", ["x", "shape"], ["flat"]),
        node("Concat", ["flat", "w"], ["y"], { axis: { kind: "int", value: 1 } }),
      ],
      constants: { shape: [1, 16] },
    },
  ),
  CP4018: small(
    "The attention is split along its rows, but the number of its heads is unknown, so no scheme can divide them.",
    {
      formula: "y = softmax(q k^T) v, with a dynamic number of heads",
      splits: { q: 2, k: 2, v: 2 },
      inputs: { q: [1, "heads", "n", 8], k: [1, "heads", "n", 8], v: [1, "heads", "n", 8] },
      nodes: attention,
    },
  ),
  CP4019: planFor(
    "wan",
    `"blocks.0": { "hidden_states": { "split_dim": 1 } },\n${gather}`,
    "Queries are split, keys and values are whole, as in cross-attention to the text: every rank computes the attention of its own queries, and nothing is exchanged.",
  ),
  CP4021: small("A branch of the model reads a split value, and splits are not propagated into subgraphs.", {
    formula: "y = a if c else b, with a of (1, n, 4)",
    splits: { a: 1 },
    inputs: { c: [], a: [1, "n", 4] },
    output: [1, "n", 4],
    nodes: [
      node("Cast", ["c"], ["flag"], { to: { kind: "int", value: 9 } }),
      node("Neg", ["a"], ["b"]),
      node("If", ["flag"], ["y"], branches("b")),
    ],
  }),
  CP4022: small("Each rank would draw different numbers, so the result would differ from that of the unsplit model.", {
    formula: "y = x + noise",
    splits: { x: 1 },
    inputs: { x: [1, "n", 4] },
    nodes: [node("RandomNormalLike", ["x"], ["noise"]), node("Add", ["x", "noise"], ["y"])],
  }),
  CP4023: small("An unknown operator, such as a custom one, reads a split value.", {
    formula: "y = acme.Swish(x)",
    splits: { x: 1 },
    inputs: { x: [1, "n", 4] },
    output: [1, "n", 4],
    nodes: [{ ...node("Swish", ["x"], ["y"]), domain: "acme" }],
  }),
  CP4024: small(
    "A branch of the model reads a value that the plan splits where the branch reads it, and splits are not propagated into subgraphs.",
    {
      formula: "b = -a in the module `proj`, which is an output, and y = relu(b) if c else |b|",
      splits: {},
      splitOutput: "proj",
      inputs: { c: [], a: [1, "n", 4] },
      output: [1, "n", 4],
      outputs: ["b"],
      nodes: [
        node("Cast", ["c"], ["flag"], { to: { kind: "int", value: 9 } }),
        { ...node("Neg", ["a"], ["b"]), name: "/proj/Neg" },
        node("If", ["flag"], ["y"], branches("b")),
      ],
    },
  ),
  CP4025: planFor(
    "qwenimage",
    `"transformer_blocks.0": {
  "hidden_states": { "split_dim": 1 },
  "encoder_hidden_states": { "split_dim": 1 }
},
"transformer_blocks.*": { "encoder_hidden_states_mask": { "split_dim": 1 } },
"pos_embed": {
  "0": { "split_dim": 0, "split_output": true },
  "1": { "split_dim": 0, "split_output": true }
},
${gather}`,
    "Like CP4015, for a constant or a computed value. No plan entry can express this split.",
  ),
  CP4030: planFor(
    "wan",
    "",
    "No entry is needed to split the batch: the compiler follows the batch of every attention back to the inputs. If that finds another axis than you " +
      "mean, state the axes in the plan.",
    "--batch-degree 2",
  ),
  CP4031: planFor(
    "flux",
    whole,
    "The export has a fixed batch of 1, or the model has no attention. A static export needs a batch that the ranks can divide.",
    "--batch-degree 2",
  ),
  CP4032: small(
    "The batches of the attentions have no factor in common, or an input has it on two axes. State the axes in the plan; each split is proven all the same.",
    {
      formula: "two attentions over different inputs: y of a and w of b",
      splits: {},
      inputs: { a: ["batch", 2, "rows", 8], b: ["others", 2, "columns", 8] },
      outputs: ["w"],
      nodes: [...selfAttention("a", "y"), ...selfAttention("b", "w")],
      options: "--batch-degree 2",
    },
  ),
  CP4033: planFor(
    "wan",
    `"$batch": { "encoder_hidden_states": 1 }`,
    "The stated axis is the sequence of an attention, not its batch: each query needs all keys. A plan entry splits a sequence.",
    "--batch-degree 2",
  ),
};
