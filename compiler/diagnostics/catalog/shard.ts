/**
 * @file Diagnostics of propagation: splits that cannot be followed, conflicts, missing gathers, and notes on decisions.
 */
import type { Message } from "../diagnose.ts";

interface AtNode {
  readonly op: string;
  readonly node: string;
  readonly module: string;
}

const place = (p: AtNode): string =>
  `${p.op} in ${p.module === "" ? "the root module" : `"${p.module}"`} (node ${p.node})`;

export const needsWholeAxis: Message<
  AtNode & {
    value: string;
    axis: number;
    layout: string;
    from: string;
    /** Module that makes the value; `null` for an input of the model. */
    maker: string | null;
    /** The only other axis with a different length, or `null`. */
    other: number | null;
  }
> = {
  code: "CP4001",
  severity: "error",
  title: "Operator that needs a whole axis",
  message: (p) =>
    `${place(p)} works along axis ${p.axis} of ${p.value}, which is split over the ranks (${p.layout}) by ${p.from}`,
  hint: (p) => {
    if (p.other !== null) return `write "split_dim": ${p.other}: that axis has a length of its own`;
    if (p.maker === null) return `split another axis of ${p.value}, or leave it whole and split only behind this node`;
    const module = p.maker === "" ? "a module that ends ahead of this node" : `"${p.maker}"`;
    return `gather it before, with { "gather_dim": ${p.axis} } at ${module}, or split only behind it`;
  },
};

export const splitsDiffer: Message<AtNode & { first: string; second: string }> = {
  code: "CP4002",
  severity: "error",
  title: "Operands split along different axes",
  message: (p) => `${place(p)} meets operands that are split on different axes: ${p.first}, against ${p.second}`,
  hint: () =>
    "split both on the axis that they share, or gather one of them before. Where queries and keys meet, an attention was not recognised: a note of onnx-cp inspect may say why",
};

export const segmentsDiffer: Message<AtNode & { first: string; second: string }> = {
  code: "CP4003",
  severity: "error",
  title: "Operands split in different segments",
  message: (p) => `${place(p)} meets operands whose ranks hold different rows: ${p.first}, against ${p.second}`,
  hint: () => "split both streams before they are joined, in the same order",
};

export const extentsDiffer: Message<AtNode & { first: string; second: string }> = {
  code: "CP4004",
  severity: "error",
  title: "Operands of different extents",
  message: (p) => `${place(p)} meets operands of ${p.first} and ${p.second} rows`,
  hint: ({ first, second }) =>
    [first, second].some((extent) => extent.includes("?"))
      ? "what begins with ? depends on the data, or on an operator whose result this compiler cannot size, so no run can check it: " +
        "split only what does not meet it, or fix the sizes of dynamic inputs with --shape NAME=SIZES"
      : "both come from inputs of fixed sizes: export them with equal extents, or split only one",
};

export const cannotFollow: Message<
  AtNode & { value: string; layout: string; shape: string; result: string; from: string }
> = {
  code: "CP4005",
  severity: "error",
  title: "Split that cannot be followed",
  message: (p) =>
    `${place(p)} takes ${p.value} of shape ${p.shape} (${p.layout}, split by ${p.from}) to ${p.result}; the split axis cannot be read in that`,
  hint: () =>
    "the split axis is merged or divided there in a way that mixes rows of different ranks. Gather before, or split behind",
};

export const edgeInsideSegment: Message<AtNode & { value: string; layout: string; extents: string; from: string }> = {
  code: "CP4006",
  severity: "error",
  title: "Edge inside a split segment",
  message: (p) =>
    `${place(p)} slices ${p.value} (${p.layout}, split by ${p.from}) into ${p.extents}: an edge lies inside a segment, whose rows are spread over the ranks`,
  hint: () => "split the streams before they are concatenated, so that each is a segment of its own, or gather before",
};

export const outputStillSplit: Message<{ output: string; layout: string; axis: number; from: string; module: string }> =
  {
    code: "CP4007",
    severity: "error",
    title: "Output that is still split",
    message: (p) =>
      `the output "${p.output}" is still split (${p.layout}) by ${p.from}: every rank would return its own chunk as if it were the result`,
    hint: (p) => `add "${p.module}": { "gather_dim": ${p.axis} } to the plan`,
  };

export const splitAgain: Message<{
  value: string;
  first: string;
  second: string;
  firstLayout: string;
  firstAxis: number;
  axis: number;
}> = {
  code: "CP4008",
  severity: "error",
  title: "Value that is split twice",
  message: (p) =>
    `${p.second} splits ${p.value} on axis ${p.axis}, but ${p.first} has split it already (${p.firstLayout})`,
  hint: (p) => `write "split_dim": ${p.firstAxis}, or remove one of the two entries`,
};

export const splitSatisfied: Message<{ value: string; entry: string; from: string }> = {
  code: "CP4009",
  severity: "note",
  title: "Split that is there already",
  message: (p) => `${p.entry}: ${p.value} is split that way already, by ${p.from}`,
};

export const gatherOfWhole: Message<{ value: string; entry: string }> = {
  code: "CP4010",
  severity: "note",
  title: "Gather of a whole value",
  message: (p) => `${p.entry}: ${p.value} is whole on every rank; there is nothing to gather`,
};

export const gatherOtherAxis: Message<{
  value: string;
  entry: string;
  axis: number;
  layout: string;
  from: string;
  splitAxis: number;
}> = {
  code: "CP4011",
  severity: "error",
  title: "Gather along another axis than the split",
  message: (p) =>
    `${p.entry} gathers axis ${p.axis} of ${p.value}, which is split on axis ${p.splitAxis} (${p.layout}) by ${p.from}`,
  hint: (p) => `write "gather_dim": ${p.splitAxis}`,
};

export const tooShort: Message<{ value: string; axis: number; extent: string; ranks: number; entry: string }> = {
  code: "CP4012",
  severity: "error",
  title: "Axis shorter than the number of ranks",
  message: (p) => `${p.entry} splits axis ${p.axis} of ${p.value} over ${p.ranks} ranks, but its extent is ${p.extent}`,
  hint: (p) => `use at most ${p.extent} ranks, or split another axis`,
};

export const tooFewHeads: Message<{
  module: string;
  heads: number;
  degree: number;
  /** Degrees for the same number of ranks. */
  ulysses: number;
  ring: number;
}> = {
  code: "CP4013",
  severity: "error",
  title: "Fewer heads than the Ulysses degree",
  message: (p) =>
    `the attention in "${p.module}" has ${p.heads} key/value heads, which cannot be spread over an ulysses_degree of ${p.degree}`,
  hint: (p) =>
    `for the same ${p.ulysses * p.ring} ranks give ulysses_degree ${p.ulysses} and ring_degree ${p.ring} ` +
    `(--ulysses-degree ${p.ulysses} --ring-degree ${p.ring})`,
};

export const noSplitAttention: Message<{ sites: number }> = {
  code: "CP4014",
  severity: "warning",
  title: "No attention that sees a split value",
  message: (p) =>
    p.sites === 0
      ? "the model has no attention that the compiler recognises; the plan splits work that is local to every token only"
      : `none of the ${p.sites} attention sites sees a split value: every rank does the whole attention`,
  hint: () => "split the hidden states ahead of the blocks, for example at the root module or at the first block",
};

interface Aligned extends AtNode {
  readonly value: string;
  readonly layout: string;
}

const alignedMessage = (p: Aligned): string =>
  `${p.value} is whole and meets a split value at ${place(p)}: each rank takes its own rows (${p.layout})`;

export const aligned: Message<Aligned & { splits: string }> = {
  code: "CP4015",
  severity: "note",
  title: "Whole value sliced to match a split one",
  message: alignedMessage,
  hint: (p) => `to say so in the plan, add ${p.splits} under ""`,
};

export const unknownShape: Message<AtNode & { value: string }> = {
  code: "CP4016",
  severity: "error",
  title: "Split value at an operator of unknown effect",
  message: (p) => `${place(p)} reads ${p.value}, which is split, and its operands say too little to follow the split`,
  hint: () => "gather before it, or export with dynamo, which states the shapes of intermediate values",
};

export const twoAxes: Message<AtNode & { value: string }> = {
  code: "CP4017",
  severity: "error",
  title: "Result that no layout describes",
  message: (p) => `${place(p)} would give ${p.value} split on two axes at once`,
  hint: () => "gather one of the operands before",
};

export const attentionSplit: Message<{ module: string; node: string; what: string }> = {
  code: "CP4018",
  severity: "error",
  title: "Attention that no scheme can split",
  message: (p) => `the attention in "${p.module}" (node ${p.node}) has ${p.what}`,
  hint: () =>
    "Queries, keys and values may be split along their sequence axis only; split before the projections to heads, and where rows and columns become one sequence, the outer of the two",
};

export const splitInSubgraph: Message<AtNode & { value: string; layout: string; from: string }> = {
  code: "CP4021",
  severity: "error",
  title: "Branch or loop that reads a split value",
  message: (p) =>
    `${place(p)} reads ${p.value} inside its subgraph, which is split over the ranks (${p.layout}) by ${p.from}; splits are not followed into subgraphs`,
  hint: () => "gather it before, or export the model with that branch decided",
};

export const movedInSubgraph: Message<AtNode & { value: string; from: string }> = {
  code: "CP4024",
  severity: "error",
  title: "Branch or loop that reads a value that the plan replaces",
  message: (p) =>
    `${place(p)} reads ${p.value} inside its subgraph, which is split or gathered there by ${p.from}; subgraphs are left as they are`,
  hint: () => "gather it before, or export the model with that branch decided",
};

export const unknownOperator: Message<AtNode & { domain: string; value: string; layout: string; from: string }> = {
  code: "CP4023",
  severity: "error",
  title: "Operator without a rule that reads a split value",
  message: (p) =>
    `${place(p)} reads ${p.value}, which is split over the ranks (${p.layout}) by ${p.from}; nothing is known of ${p.op}${p.domain === "" ? "" : ` of the domain ${p.domain}`}, so that all it reads must be whole`,
  hint: () => "gather before it, or export the model without that operator",
};

export const randomNumbers: Message<AtNode> = {
  code: "CP4022",
  severity: "error",
  title: "Operator that draws random numbers",
  message: (p) => `${place(p)} gives other numbers on every rank`,
  hint: () => "make what it draws an input of the model, so that all ranks see the same numbers",
};

export const localAttention: Message<{ module: string; why: string }> = {
  code: "CP4019",
  severity: "note",
  title: "Attention that stays local",
  message: (p) => `the attention in "${p.module}" is local on every rank: ${p.why}`,
};

export const ringNeedsOpset: Message<{ module: string; opset: number; needed: number }> = {
  code: "CP4020",
  severity: "error",
  title: "Rotating ring over an older operator set",
  message: (p) =>
    `the attention in "${p.module}" cannot be done chunk by chunk: the model has operator set ${p.opset}, the merge of parts needs ${p.needed}`,
  hint: () => 'use "rotate_method": "allgather", or export with operator set 18 or later',
};

export const alignedByItself: Message<Aligned> = {
  code: "CP4025",
  severity: "note",
  title: "Whole value sliced that no input gives",
  message: alignedMessage,
};
