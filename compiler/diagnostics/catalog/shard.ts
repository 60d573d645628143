/**
 * @file Diagnostics of propagation: splits that cannot be followed, conflicts, missing gathers, and notes on decisions.
 */
import type { Message } from "../diagnose.ts";
import { gatherBefore, gatherFixes, type GatherAt } from "../gather-at.ts";
import { addEntry, addReserved, removeEntry, setField } from "../fixes.ts";
import type { Json } from "../types.ts";

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
    /** `null` for an input of the model. */
    gather: GatherAt | null;
    /** The only other axis with a different length, or `null`. */
    other: number | null;
  }
> = {
  code: "CP4001",
  severity: "error",
  title: "Operator that needs a whole axis",
  message: (p) =>
    `${place(p)} computes along axis ${p.axis} of ${p.value} and needs it whole, but it is split over the ranks (${p.layout}) by ${p.from}`,
  hint: (p) => {
    if (p.other !== null) return `write "split_dim": ${p.other} to split the other axis instead`;
    if (p.gather === null) return `remove the entry, which leaves ${p.value} whole here, or split another axis of it`;
    return `${gatherBefore(p.gather)}, or split only after it`;
  },
  fixes: ({ other, gather }) => {
    if (other !== null) return [setField("split_dim", other)];
    return gather === null ? [removeEntry] : gatherFixes(gather);
  },
  alike: ({ value, axis, other }) => JSON.stringify([value, axis, other]),
};

/** `other`: the axis of the entry's input that is probably meant, or `null`. */
export const splitsDiffer: Message<AtNode & { first: string; second: string; other: number | null }> = {
  code: "CP4002",
  severity: "error",
  title: "Operands split along different axes",
  message: (p) => `${place(p)} has operands that are split along different axes: ${p.first}; and ${p.second}`,
  hint: ({ other }) =>
    other !== null
      ? `write "split_dim": ${other} to split the other axis instead`
      : "split both along the axis that they share, or gather one of them first. If they are queries and keys, this attention was not recognised: the notes of onnx-cp inspect may say why",
  fixes: ({ other }) => (other === null ? [] : [setField("split_dim", other)]),
  alike: ({ other }) => String(other),
};

/** `coarser`: the plan entry of the operand that is split as one stretch, where the other one has several. */
export const segmentsDiffer: Message<AtNode & { first: string; second: string; coarser: string | null }> = {
  code: "CP4003",
  severity: "error",
  title: "Operands split in different segments",
  message: (p) => `${place(p)} has operands of which each rank holds different rows: ${p.first}; and ${p.second}`,
  hint: ({ coarser }) =>
    coarser === null
      ? "split both streams before they are concatenated, in the same order"
      : `remove the entry ${coarser}: left whole, its rows are sliced where they meet those of several streams. Or split both before they are concatenated, in the same order`,
  fixes: ({ coarser }) => (coarser === null ? [] : [removeEntry]),
  alike: ({ coarser }) => String(coarser),
};

export const extentsDiffer: Message<AtNode & { first: string; second: string }> = {
  code: "CP4004",
  severity: "error",
  title: "Operands of different extents",
  message: (p) =>
    `${place(p)} has operands of ${p.first} and ${p.second} rows; they can be split alike only if these are equal`,
  hint: ({ first, second }) =>
    [first, second].some((extent) => extent.includes("?"))
      ? "an extent that begins with ? depends on data, or on an operator whose result size is unknown, so it cannot be checked before a run: " +
        "do not split values that meet it, or fix the sizes of dynamic inputs with --shape NAME=SIZES"
      : "both extents come from inputs of fixed sizes: export them with equal extents, or split only one",
};

export const cannotFollow: Message<
  AtNode & { value: string; layout: string; shape: string; result: string; from: string; gather: GatherAt | null }
> = {
  code: "CP4005",
  severity: "error",
  title: "Split that cannot be propagated",
  message: (p) =>
    `${place(p)} maps ${p.value} of shape ${p.shape} (${p.layout}, split by ${p.from}) to ${p.result}; no axis of the result corresponds to the split axis`,
  hint: ({ gather }) =>
    `this node merges or divides the split axis so that rows of different ranks mix: ${gatherBefore(gather)}; ` +
    "or, where it divides merged axes again, split the outermost of them before they are merged",
  fixes: ({ gather }) => gatherFixes(gather),
  alike: ({ shape, result }) => `${shape} ${result}`,
};

export const edgeInsideSegment: Message<
  AtNode & { value: string; layout: string; extents: string; from: string; gather: GatherAt | null }
> = {
  code: "CP4006",
  severity: "error",
  title: "Edge inside a split segment",
  message: (p) =>
    `${place(p)} slices ${p.value} (${p.layout}, split by ${p.from}) into ${p.extents}: an edge lies inside a segment, whose rows are spread over the ranks`,
  hint: ({ gather }) =>
    `split streams before they are concatenated, which makes each a separate segment, or ${gatherBefore(gather)}`,
  fixes: ({ gather }) => gatherFixes(gather),
  alike: ({ extents }) => extents,
};

export const outputStillSplit: Message<{ output: string; layout: string; axis: number; from: string; module: string }> =
  {
    code: "CP4007",
    severity: "error",
    title: "Output that is still split",
    message: (p) =>
      `the output "${p.output}" is still split (${p.layout}) by ${p.from}: every rank would return its own chunk instead of the whole result`,
    hint: (p) => `add "${p.module}": { "gather_dim": ${p.axis} } to the plan`,
    fixes: (p) => [addEntry(p.module, { gather_dim: p.axis })],
  };

export const splitAgain: Message<{
  value: string;
  first: string;
  second: string;
  firstLayout: string;
  /** `null` where that split is of a part of an axis, which no entry can repeat. */
  firstAxis: number | null;
  axis: number;
}> = {
  code: "CP4008",
  severity: "error",
  title: "Value split twice",
  message: (p) =>
    `${p.second} splits ${p.value} along axis ${p.axis}, but ${p.first} already split it (${p.firstLayout})`,
  hint: (p) =>
    p.firstAxis === null
      ? "remove one of the two entries, or gather the value in between"
      : `write "split_dim": ${p.firstAxis}, or remove one of the two entries`,
  fixes: (p) => [...(p.firstAxis === null ? [] : [setField("split_dim", p.firstAxis)]), removeEntry],
};

export const splitSatisfied: Message<{ value: string; entry: string; from: string }> = {
  code: "CP4009",
  severity: "note",
  title: "Value already split this way",
  message: (p) => `${p.entry}: ${p.value} is already split this way by ${p.from}`,
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
  title: "Gather along the wrong axis",
  message: (p) =>
    `${p.entry} gathers ${p.value} along axis ${p.axis}, but it is split along axis ${p.splitAxis} (${p.layout}) by ${p.from}`,
  hint: (p) => `write "gather_dim": ${p.splitAxis}`,
  fixes: (p) => [setField("gather_dim", p.splitAxis)],
};

/** `other`: the only axis that has a length, or `null`. */
export const tooShort: Message<{
  value: string;
  axis: number;
  extent: string;
  ranks: number;
  entry: string;
  other: number | null;
}> = {
  code: "CP4012",
  severity: "error",
  title: "Axis shorter than the number of ranks",
  message: (p) => `${p.entry} splits axis ${p.axis} of ${p.value} over ${p.ranks} ranks, but its extent is ${p.extent}`,
  hint: ({ extent, other }) => {
    const axis =
      other === null ? "split another axis" : `write "split_dim": ${other} to split the axis that has a length`;
    return Number(extent) > 1 ? `use at most ${extent} ranks, or ${axis}` : axis;
  },
  fixes: ({ other }) => (other === null ? [] : [setField("split_dim", other)]),
};

export const tooFewHeads: Message<{
  module: string;
  heads: number;
  degree: number;
  /** Degrees for the same number of ranks. */
  ulysses: number;
  ring: number;
  /** The module, with `*` for positions in lists. */
  pattern: string;
}> = {
  code: "CP4013",
  severity: "error",
  title: "Fewer heads than the Ulysses degree",
  message: (p) => `the attention in "${p.module}" has ${p.heads} heads, fewer than the ulysses_degree of ${p.degree}`,
  hint: (p) =>
    `for the same ${p.ulysses * p.ring} ranks, use ulysses_degree ${p.ulysses} and ring_degree ${p.ring} ` +
    `(--ulysses-degree ${p.ulysses} --ring-degree ${p.ring}); ` +
    `or add "$attention": { ${JSON.stringify(p.pattern)}: "gather" } to the plan, which works for every number of heads`,
  fixes: (p) => [addReserved("$attention", { [p.pattern]: "gather" })],
};

export const noSplitAttention: Message<{ sites: number }> = {
  code: "CP4014",
  severity: "warning",
  title: "No attention with a split operand",
  message: (p) =>
    p.sites === 0
      ? "the compiler recognises no attention in the model; the plan splits only work that is local to each token"
      : `no query, key or value is split at ${p.sites === 1 ? "the only attention site" : `any of the ${p.sites} attention sites`}: every rank computes all of the attention`,
  hint: () => "split the hidden states before the blocks, for example at the root module or at the first block",
};

interface Aligned extends AtNode {
  readonly value: string;
  readonly layout: string;
}

const alignedMessage = (p: Aligned): string =>
  `${p.value} is whole and meets a split value at ${place(p)}: each rank slices out its own rows (${p.layout})`;

/** `inputs`: the entry that `splits` says as text. */
export const aligned: Message<Aligned & { splits: string; inputs: Readonly<Record<string, Json>> }> = {
  code: "CP4015",
  severity: "note",
  title: "Whole value sliced to match a split one",
  message: alignedMessage,
  hint: (p) => `to make this explicit in the plan, add ${p.splits} under ""`,
  fixes: (p) => [addEntry("", p.inputs)],
  alike: ({ splits }) => splits,
};

export const unknownShape: Message<AtNode & { value: string; gather: GatherAt | null }> = {
  code: "CP4016",
  severity: "error",
  title: "Split value at an operator of unknown shape",
  message: (p) =>
    `${place(p)} reads ${p.value}, which is split, but too little is known about its operands to propagate the split`,
  hint: ({ gather }) =>
    `${gatherBefore(gather)}, or export with dynamo, which records the shapes of intermediate values`,
  fixes: ({ gather }) => gatherFixes(gather),
};

export const noLayout: Message<
  AtNode & { value: string; axes: readonly number[]; operand: string; gather: GatherAt | null }
> = {
  code: "CP4017",
  severity: "error",
  title: "Value that no layout describes",
  message: (p) =>
    p.axes.length > 1
      ? `${place(p)} would split ${p.value} along the axes ${p.axes.join(" and ")} at once; a value can be split along one axis only`
      : `${place(p)} would split the parts of axis ${p.axes.join()} of ${p.value} in different ways, such as by rows in one and within blocks in another; an axis can be split in one way only`,
  hint: ({ operand, gather }) => gatherBefore(gather, operand),
  fixes: ({ gather }) => gatherFixes(gather),
  alike: ({ axes }) => axes.join(),
};

export const attentionSplit: Message<{ module: string; node: string; what: string }> = {
  code: "CP4018",
  severity: "error",
  title: "Attention that no scheme can split",
  message: (p) => `the attention in "${p.module}" (node ${p.node}) has ${p.what}`,
  hint: () =>
    "split queries, keys and values along their sequence axis only, before the projections to heads. Where rows and columns are merged into one sequence, split the outer axis",
};

export const splitInSubgraph: Message<
  AtNode & { value: string; layout: string; from: string; gather: GatherAt | null }
> = {
  code: "CP4021",
  severity: "error",
  title: "Branch or loop that reads a split value",
  message: (p) =>
    `the subgraph of ${place(p)} reads ${p.value}, which is split over the ranks (${p.layout}) by ${p.from}; splits are not propagated into subgraphs`,
  hint: ({ gather }) => `${gatherBefore(gather)}, or export the model without that branch or loop`,
  fixes: ({ gather }) => gatherFixes(gather),
};

export const movedInSubgraph: Message<AtNode & { value: string; from: string }> = {
  code: "CP4024",
  severity: "error",
  title: "Branch or loop that reads a value that the plan splits for it",
  message: (p) =>
    `the subgraph of ${place(p)} reads ${p.value}, which is split by ${p.from}; splits are not propagated into subgraphs`,
  hint: () => "gather it before this node, or export the model without that branch or loop",
};

export const unknownOperator: Message<
  AtNode & { domain: string; value: string; layout: string; from: string; gather: GatherAt | null }
> = {
  code: "CP4023",
  severity: "error",
  title: "Unknown operator that reads a split value",
  message: (p) =>
    `${place(p)} reads ${p.value}, which is split over the ranks (${p.layout}) by ${p.from}; ${p.op}${p.domain === "" ? "" : ` of the domain ${p.domain}`} has no sharding rule, so all its operands must be whole`,
  hint: ({ gather }) => `${gatherBefore(gather)}, or export the model without that operator`,
  fixes: ({ gather }) => gatherFixes(gather),
};

export const randomNumbers: Message<AtNode> = {
  code: "CP4022",
  severity: "error",
  title: "Operator that draws random numbers",
  message: (p) => `${place(p)} would draw different numbers on every rank`,
  hint: () => "make the random tensor an input of the model, so that all ranks use the same numbers",
};

export const localAttention: Message<{ module: string; why: string }> = {
  code: "CP4019",
  severity: "note",
  title: "Attention that stays local",
  message: (p) => `the attention in "${p.module}" runs locally on every rank: ${p.why}`,
  alike: ({ why }) => why,
};

export const alignedByItself: Message<Aligned> = {
  code: "CP4025",
  severity: "note",
  title: "Whole intermediate value sliced to match a split one",
  message: alignedMessage,
  alike: ({ layout }) => layout,
};
