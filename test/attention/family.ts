/**
 * @file A family of tiny models, one attention each, with the plan that splits it: every combination of streams, every mask, every grouping
 * of heads.
 */
import { int } from "../../compiler/graph/attributes.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import type { Dim } from "../../compiler/graph/types.ts";
import type { AttentionScheme, ContextParallelPlan } from "../../compiler/plan/types.ts";
import { network, type Network } from "./network.ts";
import { spellings, type AttentionSpec, type Spelling } from "./spellings.ts";

/** How streams meet: the picture with itself, the picture against the text, both joined (text first), or keys and values of two streams. */
export type Meeting = "self" | "cross" | "joint" | "apart";

/** Extents of the mask by meaning; `text` is (batch, txt), joined with ones as long as the picture. */
export type MaskKind = keyof typeof MASKS;

const MASKS = {
  none: [],
  "boolean keys": ["batch", 1, 1, "keys"],
  "additive keys": ["batch", 1, 1, "keys"],
  "boolean rows x keys": ["rows", "keys"],
  "additive rows x keys": [1, 1, "rows", "keys"],
  heads: [1, "heads", "rows", "keys"],
  "batch, heads": ["batch", "heads", "rows", "keys"],
  "one row for all": ["keys"],
  "one column for all": [1, 1, "rows", 1],
  padding: ["batch", "keys"],
  text: ["batch", "txt"],
} as const satisfies Readonly<Record<string, readonly Dim[]>>;

export const maskKinds: readonly MaskKind[] = Object.keys(MASKS).filter((mask): mask is MaskKind => mask in MASKS);

export interface FamilyMember {
  readonly meeting: Meeting;
  readonly spelling: Spelling;
  readonly mask: MaskKind;
  readonly causal: boolean;
  /** Query heads and key/value heads. */
  readonly heads: readonly [number, number];
  /** Size of a query and key, and of a value. */
  readonly size: readonly [number, number];
  readonly guarded: boolean;
  /** Inputs that the plan splits along their tokens. */
  readonly split: readonly string[];
  /** An attention of the text with itself, ahead of everything, that stays whole. */
  readonly refiner: boolean;
  /** Whether the lengths of the mask go by names of their own, so that only a run can tell that they are those of the tokens. */
  readonly apartMask?: boolean;
  /** Whether the inputs themselves are queries, keys and values, and what they give is the output, so that each number keeps its place. */
  readonly bare?: boolean;
  /** What the plan states for every site; absent: the scheme of the mesh. */
  readonly attention?: AttentionScheme;
  /** Of the model; absent: that of its spelling. */
  readonly opset?: number;
}

/** Tokens of both streams, joined. */
export const BOTH = "txt + img";

/** Channels of every stream. */
const CHANNELS = 12;

/** Two streams, joined, eight heads: the member that others are told apart from. */
export const JOINT: FamilyMember = {
  meeting: "joint",
  spelling: "decomposed",
  mask: "none",
  causal: false,
  heads: [8, 8],
  size: [4, 4],
  guarded: false,
  split: ["hidden_states", "encoder_hidden_states"],
  refiner: false,
};

export function isBoolean(mask: MaskKind): boolean {
  return mask.startsWith("boolean") || mask === "text" || mask === "padding";
}

/** Extents of the mask as names of lengths and numbers. */
export function maskDims({ mask, meeting, heads }: FamilyMember): readonly Dim[] {
  const own: Readonly<Record<string, Dim>> = {
    rows: meeting === "joint" ? BOTH : "img",
    keys: meeting === "joint" ? BOTH : meeting === "self" ? "img" : "txt",
    heads: heads[0],
  };
  return MASKS[mask].map((dim) => (typeof dim === "string" ? (own[dim] ?? dim) : dim));
}

/** Extents of the mask as the model declares them. */
function maskNames(member: FamilyMember): readonly Dim[] {
  const dims = maskDims(member);
  return member.apartMask ? dims.map((dim, axis) => (typeof dim === "string" ? `mask_${axis}` : dim)) : dims;
}

/** Channels of an input. */
export function channelsOf({ bare, heads, size }: FamilyMember, input: string): number {
  if (!bare) return CHANNELS;
  return input === "value_states" ? heads[1] * size[1] : heads[input === "hidden_states" ? 0 : 1] * size[0];
}

/** The model as bytes. */
export function modelOf(member: FamilyMember): Uint8Array {
  const n = network();
  const stream = (name: string, length: string): string =>
    n.input(name, "float32", ["batch", length, channelsOf(member, name)]);
  const hidden = stream("hidden_states", "img");
  const text = member.meeting === "self" ? hidden : stream("encoder_hidden_states", "txt");
  const other = member.meeting === "apart" ? stream("value_states", "txt") : text;
  const given =
    member.mask === "none" ? null : n.input("mask", isBoolean(member.mask) ? "bool" : "float32", maskNames(member));
  const refined = member.refiner ? refine(n, text, member) : text;
  const streams =
    member.meeting === "joint"
      ? joint(n, refined, hidden, member)
      : apart(n, hidden, refined, refined === text ? other : refined, member);
  const mask = given === null ? null : { value: maskValue(n, member, given, hidden), boolean: isBoolean(member.mask) };
  const {
    spelling,
    heads: [heads, keyHeads],
    size: [size, valueSize],
    causal,
    guarded,
  } = member;
  const spec: AttentionSpec = {
    scope: "block.attn",
    ...streams,
    heads,
    keyHeads,
    size,
    valueSize,
    mask,
    causal,
    guarded,
  };
  const attended = spellings[spelling](n, spec);
  finish(n, member, attended, hidden, text);
  const opsets = { "": member.opset ?? (spelling === "Attention" ? 23 : 18), "com.microsoft": 1 };
  return writeModel(n.graph(), { opsets });
}

function finish(n: Network, member: FamilyMember, attended: string, hidden: string, text: string): void {
  const width = member.heads[0] * member.size[1];
  const channels = member.bare ? width : 5;
  const project = (scope: string, x: string, rest: string): string => {
    if (member.bare) return n.add(scope, "Identity", [x]);
    return n.add(scope, "MatMul", [
      n.add("block", "Add", [n.add("block.attn.to_out", "MatMul", [x, n.weights(width, CHANNELS)]), rest]),
      n.weights(CHANNELS, channels),
    ]);
  };
  if (member.meeting !== "joint")
    return n.output("sample", project("proj_out", attended, hidden), ["batch", "img", channels]);
  const edge = n.add("block", "Slice", [n.add("block", "Shape", [text]), n.ints(1), n.ints(2)]);
  const part = (from: string, to: string): string => n.add("block", "Slice", [attended, from, to, n.ints(1)]);
  n.output("sample", project("proj_out", part(edge, n.ints(2 ** 31)), hidden), ["batch", "img", channels]);
  n.output("context", project("proj_context", part(n.ints(0), edge), text), ["batch", "txt", channels]);
}

type Streams = Pick<AttentionSpec, "q" | "k" | "v">;

function linear(n: Network, x: string, name: string, width: number): string {
  const scope = `block.attn.${name}`;
  return n.add(scope, "Add", [n.add(scope, "MatMul", [x, n.weights(CHANNELS, width)]), n.weights(width)]);
}

function apart(n: Network, rows: string, keys: string, values: string, { heads, size, bare }: FamilyMember): Streams {
  if (bare) return { q: rows, k: keys, v: values };
  return {
    q: linear(n, rows, "to_q", heads[0] * size[0]),
    k: linear(n, keys, "to_k", heads[1] * size[0]),
    v: linear(n, values, "to_v", heads[1] * size[1]),
  };
}

function joint(n: Network, text: string, picture: string, member: FamilyMember): Streams {
  const [a, b] = [apart(n, text, text, text, member), apart(n, picture, picture, picture, member)];
  const join = (name: keyof Streams): string =>
    n.add("block.attn", "Concat", [a[name], b[name]], { attributes: { axis: int(1) } });
  return { q: join("q"), k: join("k"), v: join("v") };
}

function refine(n: Network, text: string, member: FamilyMember): string {
  const {
    heads: [heads],
    size: [size],
  } = member;
  const streams = apart(n, text, text, text, { ...member, heads: [heads, heads], size: [size, size] });
  const spec = {
    scope: "refiner.attn",
    ...streams,
    heads,
    keyHeads: heads,
    size,
    valueSize: size,
    mask: null,
    causal: false,
    guarded: false,
  };
  return n.add("refiner", "MatMul", [spellings.decomposed(n, spec), n.weights(heads * size, CHANNELS)]);
}

/** A text mask is joined with ones for the picture, as the models do that pad their text. */
function maskValue(n: Network, { mask, spelling }: FamilyMember, given: string, picture: string): string {
  if (mask === "padding" && spelling === "MultiHeadAttention") return given;
  if (mask !== "text" && mask !== "padding") return given;
  const reach = (x: string): string => n.add("block", "Unsqueeze", [x, n.ints(1, 2)]);
  if (mask === "padding") return reach(given);
  const extents = n.add("block", "Slice", [n.add("block", "Shape", [picture]), n.ints(0), n.ints(2)]);
  const ones = n.add("block", "Expand", [n.numbers([1], [1], "bool"), extents]);
  return reach(n.add("block", "Concat", [given, ones], { attributes: { axis: int(1) } }));
}

/** The plan that splits the member's inputs along their tokens and gathers its outputs. */
export function planOf({ split, meeting, mask, attention }: FamilyMember): ContextParallelPlan {
  const inputs = Object.fromEntries(
    split.map((name) => [name, { split_dim: name === "mask" ? MASKS[mask].length - 1 : 1 }]),
  );
  const gather = { gather_dim: 1, expected_dims: 3 };
  // Joined streams are split together; otherwise the result is split as the queries are.
  const stated = attention === undefined ? {} : { $attention: { "": attention } };
  if (meeting === "joint") return { ...stated, "": inputs, proj_out: gather, proj_context: gather };
  return { ...stated, "": inputs, ...(split.includes("hidden_states") ? { proj_out: gather } : {}) };
}
