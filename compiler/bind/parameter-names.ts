/**
 * @file Parameter names: which are likely misspellings of others, and what a name implies about its tensor.
 */
import { distance } from "fastest-levenshtein";

/**
 * The known name that `name` was most likely meant to be, or `null`. Stricter than a suggestion, since it causes an error: parameters of
 * one model often have similar names (`img_ids`, `txt_ids`; `audio_hidden_states`).
 */
export function nearMiss(name: string, known: Iterable<string>): string | null {
  // Two letters of three are another name: `x` is no misspelt `t`.
  const limit = Math.min(2, name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 4)));
  const near = [...known].map((other) => ({ other, edits: distance(fold(name), fold(other)) }));
  const least = Math.min(...near.map(({ edits }) => edits));
  return least <= limit ? (near.find(({ edits }) => edits === least)?.other ?? null) : null;
}

/** One name is the other with a further word: `encoder_hidden_states_t5` is one of several `encoder_hidden_states`. */
export function isQualified(name: string, other: string): boolean {
  const [short, long] = name.length < other.length ? [name, other] : [other, name];
  return long.startsWith(`${short}_`) && /[a-z]/i.test(long.slice(short.length));
}

export type TensorKind = "float" | "integer" | "any";

/** By the field's conventions: position ids are integers, masks may be of any type, everything else is floating point. */
export function kindByName(parameter: string): TensorKind {
  const words = parameter.toLowerCase().split("_");
  if (words.some((word) => ["index", "indices", "idx"].includes(word))) return "integer";
  return words.includes("mask") ? "any" : "float";
}

/** Names that libraries give to the state that a module takes, changes and returns. */
export function isStateName(parameter: string): boolean {
  return ["hidden_states", "hidden_state", "x", "input"].includes(parameter);
}

/** Words of names whose tensor is no stream of rows: tables of positions, conditions, masks, and the other side of an attention. */
const NO_STREAM: ReadonlySet<string> = new Set(
  (
    "rotary rope freqs freq cis cos sin pos position positions ids mask masks bias index indices idx " +
    "temb time timestep timesteps emb cond conditioning modulation mod adaln shift scale gate guidance pooled vec norm " +
    "encoder context text txt cap caption prompt control controlnet residual residuals cache"
  ).split(" "),
);

/** True for a name that may belong to the stream which a block takes, changes and returns: `visual_embed`, `tokens`, `latents`. */
export function mayNameStream(parameter: string): boolean {
  return parameter.split("_").every((word) => !NO_STREAM.has(word.toLowerCase()));
}

/** True for a name of a mask, of any kind. */
export function namesMask(name: string): boolean {
  return name
    .toLowerCase()
    .split("_")
    .some((word) => word === "mask" || word === "masks");
}

const TABLES: ReadonlySet<string> = new Set("rotary rope freqs freq cis cos sin pos position positions".split(" "));
const CONDITIONS: ReadonlySet<string> = new Set(
  "temb time timestep timesteps cond conditioning modulation mod adaln guidance pooled vec".split(" "),
);
const CONTEXTS: ReadonlySet<string> = new Set("encoder context text txt cap caption prompt".split(" "));

/** True for a name of rotary tables and positions: `image_rotary_emb`, `freqs_cis`. */
export function namesTable(parameter: string): boolean {
  return parameter.split("_").some((word) => TABLES.has(word.toLowerCase()));
}

/** True for a name of one vector for all rows: `temb`, `time_embed`, `adaln_input`. */
export function namesCondition(parameter: string): boolean {
  return parameter.split("_").some((word) => CONDITIONS.has(word.toLowerCase()));
}

/** True for a name of the other side of an attention: `encoder_hidden_states`, `text_embed`; not for its mask or its positions. */
export function isContextName(parameter: string): boolean {
  const words = parameter.toLowerCase().split("_");
  return words.some((word) => CONTEXTS.has(word)) && !words.includes("mask") && !namesTable(parameter);
}

function fold(name: string): string {
  return name.replace(/[-_.]/g, "").toLowerCase();
}
