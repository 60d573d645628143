/**
 * @file The required outcome of a mutant, derived from the meaning of plans without the compiler: the specs of each plan and which may be
 * omitted. Where the meaning does not decide, the simulator does.
 */
import { isSplit, nameOf, type PlacedSpec } from "./specs.ts";

/** `must-run`: means the same as the plan, or alignment covers what is gone. `must-refuse`: something would stay wrong. */
export type Label = "must-run" | "must-refuse" | "either";

/** Splits that alignment covers: beside the stream that stays split, each is a whole operand of an elementwise product or of a Concat. */
const COVERED: Readonly<Record<string, readonly string[]>> = {
  flux: [".encoder_hidden_states", ".img_ids", ".txt_ids"],
  flux2: [".encoder_hidden_states", ".img_ids", ".txt_ids"],
  qwenimage: [
    "transformer_blocks.0.encoder_hidden_states",
    "transformer_blocks.*.modulate_index",
    "transformer_blocks.*.encoder_hidden_states_mask",
    "pos_embed.0",
    "pos_embed.1",
  ],
  wan: ["rope.0", "rope.1", ".timestep"],
  chronoedit: ["rope.0", "rope.1"],
  ltx: [".encoder_hidden_states", ".encoder_attention_mask", "rope.0", "rope.1"],
  helios: ["blocks.*.attn1.rotary_emb"],
};

/** The plan splits one stream once and joins it once, at the end: then nothing else can stand for that gather. */
export function gathersOnce(specs: readonly PlacedSpec[]): boolean {
  return specs.filter((placed) => !isSplit(placed)).length === 1;
}

/** Which stream a split is about, by the field's names for parameters. */
export function streamOf({ key }: PlacedSpec): "image" | "text" | "mask" {
  if (key?.includes("mask") === true) return "mask";
  return /encoder|txt|context/.test(key ?? "") ? "text" : "image";
}

/** From the first block to the last the stream stays split: only Helios gathers inside each block. */
export function keepsStream(family: string): boolean {
  return family !== "helios";
}

/** The plan states another number of axes than this model's tensor has, and relies on it that the tensor then stays whole. */
export function reliesOnRank(model: string, placed: PlacedSpec): boolean {
  const isRope = placed.module === "rope" || placed.module === "cross_attn_rope";
  return nameOf(placed) === ".timestep" || (model === "ltx2-split" && isRope);
}

/** The module that gathers makes the model's only output, as it is. */
export function endsInGather(family: string): boolean {
  return ["flux", "flux2", "qwenimage", "ltx"].includes(family);
}

/** What leaving these specs out must do. */
export function withoutSpecs(family: string, specs: readonly PlacedSpec[], gone: readonly PlacedSpec[]): Label {
  if (gone.some((placed) => !isSplit(placed))) return gathersOnce(specs) ? "must-refuse" : "either";
  const isCovered = gone.every((placed) => COVERED[family]?.includes(nameOf(placed)));
  // An export does not keep the order of outputs: one of several, named alone, may be refused as one that cannot be told apart.
  const isHalf = gone.some((placed) => specs.some((other) => isOutputBeside(other, placed) && !gone.includes(other)));
  return isCovered && !isHalf ? "must-run" : "either";
}

function isOutputBeside(other: PlacedSpec, { module, key }: PlacedSpec): boolean {
  return isOutput(key) && isOutput(other.key) && other.module === module && other.key !== key;
}

function isOutput(key: string | null): boolean {
  return key !== null && /^\d+$/.test(key);
}
