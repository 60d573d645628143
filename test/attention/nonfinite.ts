/**
 * @file Non-finite numbers: the attentions that they reach, and their positions. Data for a test; knows no scheme.
 */
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { isBoolean, JOINT, type FamilyMember } from "./family.ts";
import { COMMON, feedsOf, type MaskContent, type Sizes as AllSizes } from "./samples.ts";
import { LOWEST } from "./spellings.ts";

/** Queries, keys and values are three inputs, all split, and the output is what the attention gives. */
const BARE: FamilyMember = {
  ...JOINT,
  meeting: "apart",
  bare: true,
  heads: [4, 4],
  size: [3, 3],
  split: ["hidden_states", "encoder_hidden_states", "value_states"],
};

type Parts = Partial<FamilyMember>;
const SELF: Parts = { meeting: "self", split: ["hidden_states"] };
const CAUSAL: Parts = { ...SELF, causal: true };
const SAFE: Parts = { guarded: true };
/** Parts are merged only where they are smaller than keys and values. */
const WHOLE: Parts = { split: ["encoder_hidden_states", "value_states"], size: [24, 2] };
const GROUPED: Parts = { ...CAUSAL, spelling: "GroupQueryAttention", bare: false, size: [8, 8] };
const BOOLEAN = { mask: "boolean rows x keys" } as const;
const ADDITIVE = { mask: "batch, heads" } as const;

/** "Safe" is a softmax that gives 0 for NaN, "filled" a mask that puts its number in place of scores. */
const cases: Readonly<Record<string, Parts>> = {
  plain: {},
  safe: SAFE,
  boolean: BOOLEAN,
  "boolean, safe": { ...BOOLEAN, ...SAFE },
  "boolean, filled": { ...BOOLEAN, spelling: "filled" },
  "boolean, filled, safe": { ...BOOLEAN, ...SAFE, spelling: "filled" },
  "boolean, filled with a finite number": { ...BOOLEAN, spelling: "filledLow" },
  additive: ADDITIVE,
  "additive, safe": { ...ADDITIVE, ...SAFE },
  padding: { mask: "padding" },
  "padding, safe": { ...SAFE, mask: "padding" },
  causal: CAUSAL,
  "causal, safe": { ...CAUSAL, ...SAFE },
  "causal, filled": { ...CAUSAL, spelling: "filled" },
  "causal, filled with a finite number": { ...CAUSAL, spelling: "filledLow" },
  "causal, additive": { ...CAUSAL, ...ADDITIVE },
  joint: { meeting: "joint", split: JOINT.split },
  "joint, safe": { ...SAFE, meeting: "joint", split: JOINT.split },
  "whole queries": WHOLE,
  "whole queries, safe": { ...WHOLE, ...SAFE },
  "whole queries, additive": { ...WHOLE, ...ADDITIVE },
  "whole queries, additive, safe": { ...WHOLE, ...ADDITIVE, ...SAFE },
  "grouped heads": { heads: [4, 2] },
  Attention: { spelling: "Attention" },
  "Attention, boolean": { ...BOOLEAN, spelling: "Attention" },
  "Attention, additive": { ...ADDITIVE, spelling: "Attention" },
  "Attention, causal": { ...CAUSAL, spelling: "Attention" },
  "Attention, causal, additive": { ...CAUSAL, ...ADDITIVE, spelling: "Attention" },
  "Attention, causal, boolean": { ...CAUSAL, ...BOOLEAN, spelling: "Attention" },
  "Attention, whole queries": { ...WHOLE, ...ADDITIVE, spelling: "Attention" },
  MultiHeadAttention: { spelling: "MultiHeadAttention" },
  "MultiHeadAttention, additive": { ...ADDITIVE, spelling: "MultiHeadAttention" },
  "MultiHeadAttention, padding": { mask: "padding", spelling: "MultiHeadAttention" },
  "MultiHeadAttention, causal": { ...CAUSAL, spelling: "MultiHeadAttention" },
  "MultiHeadAttention, causal, additive": { ...CAUSAL, ...ADDITIVE, spelling: "MultiHeadAttention" },
  GroupQueryAttention: GROUPED,
  "GroupQueryAttention, additive": { ...GROUPED, ...ADDITIVE },
};

type Sizes = Omit<AllSizes, "batch">;
const FEW: Sizes = { img: 7, txt: 6 };
/** Enough for kernels to work in vectors and blocks. */
const MANY: Readonly<Record<string, Sizes>> = {
  plain: { img: 33, txt: 130 },
  safe: { img: 33, txt: 130 },
};

/** A model, and what it is fed: each feed holds many poisons, one for each batch element. */
export interface Case {
  readonly name: string;
  readonly member: FamilyMember;
  readonly sizes: Sizes;
  readonly feeds: readonly Poisoned[];
}

export interface Poisoned {
  /** What an additive mask has where a key is hidden. */
  readonly never: number;
  /** One name for each batch element. */
  readonly poisons: readonly string[];
  readonly feeds: OrtTensors;
}

export function allCases(): readonly Case[] {
  const made = (name: string, parts: Parts, sizes: Sizes): Case => {
    const member = { ...BARE, ...parts };
    const additive = member.mask !== "none" && !isBoolean(member.mask);
    const nevers = additive ? [-Infinity, LOWEST, -10000] : [-Infinity];
    return { name, member, sizes, feeds: nevers.flatMap((never) => poisonedFeeds(member, sizes, never)) };
  };
  return [
    ...Object.entries(cases).map(([name, parts]) => made(name, parts, FEW)),
    ...Object.entries(MANY).map(([name, sizes]) => made(`${name}, many tokens`, cases[name]!, sizes)),
  ];
}

interface Poison {
  readonly input: string;
  /** One number of a token, the token, or that number of all tokens. */
  readonly extent: "number" | "token" | "channel";
  readonly token: number;
  readonly value: number;
}

const VALUES = [NaN, Infinity, -Infinity];
const CHANNEL = 4;

function poisonsOf({ split, meeting }: FamilyMember): readonly Poison[] {
  const streams = meeting === "apart" ? BARE.split : split;
  const extents = ["number", "token", "channel"] as const;
  // The first token and one of the last chunk; a channel has no token.
  const tokens = { number: [0, 5], token: [0, 5], channel: [0] };
  return streams.flatMap((input) =>
    VALUES.flatMap((value) =>
      extents.flatMap((extent) => tokens[extent].map((token): Poison => ({ input, extent, token, value }))),
    ),
  );
}

/** Rows 2, 5, ... of a mask with rows see no key. */
const VISIBLE: MaskContent["visible"] = (at) => (at.rows === 1 || at.row % 3 !== 2) && COMMON.visible(at);

/**
 * Poisons of values stand apart from those of queries and keys, which make a rotating ring compute explicitly for the whole batch. The last
 * batch element has none.
 */
function poisonedFeeds(member: FamilyMember, sizes: Sizes, never: number): readonly Poisoned[] {
  const content = { ...COMMON, never, visible: VISIBLE };
  const all = poisonsOf(member);
  const ofValues = all.filter(({ input }) => input === "value_states");
  const others = all.filter(({ input }) => input !== "value_states");
  const ofMask = member.mask === "batch, heads" ? VALUES : [];
  const groups = [{ poisons: others, ofMask }, ...(ofValues.length === 0 ? [] : [{ poisons: ofValues, ofMask: [] }])];
  return groups.map(({ poisons, ofMask: inMask }) => {
    const names = [
      ...poisons.map(({ input, extent, token, value }) => `${value} in ${input}, ${extent} ${token}`),
      ...inMask.map((value) => `${value} in the mask`),
      "nothing",
    ];
    const feeds = feedsOf(member, { batch: names.length, ...sizes }, content);
    for (const [i, poison] of poisons.entries()) putPoison(feeds[poison.input]!, i, poison);
    for (const [i, value] of inMask.entries()) putInMask(feeds["mask"]!, poisons.length + i, value);
    return { never, poisons: names, feeds };
  });
}

function putPoison({ data, dims }: OrtTensor, batch: number, { extent, token, value }: Poison): void {
  const [, tokens, channels] = dims as [number, number, number];
  for (let t = 0; t < tokens; t++) {
    for (let c = 0; c < channels; c++) {
      const here = (extent === "channel" || t === token) && (extent === "token" || c === CHANNEL);
      if (here) data[(batch * tokens + t) * channels + c] = value;
    }
  }
}

/** For one key that rows 1 of all heads may see, and one of a row that sees none. */
function putInMask({ data, dims }: OrtTensor, batch: number, value: number): void {
  const [, heads, rows, keys] = dims as [number, number, number, number];
  for (let head = 0; head < heads; head++)
    for (const [row, key] of [
      [1, 0],
      [2, 3],
      [4, 5],
    ] as const)
      data[((batch * heads + head) * rows + row) * keys + key] = value;
}
