/**
 * @file Which of queries, keys, values and mask are split, and which streams are joined: the members that every scheme is tried on.
 */
import { JOINT, type FamilyMember } from "./family.ts";

/** A split picture against a whole text. */
export const CROSS: FamilyMember = { ...JOINT, meeting: "cross", split: ["hidden_states"] };

/** What differs from the joint member, by name. */
export const situations: Readonly<Record<string, Partial<FamilyMember>>> = {
  "a picture with itself": { meeting: "self", split: ["hidden_states"] },
  "a picture with itself, causal": {
    meeting: "self",
    split: ["hidden_states"],
    causal: true,
    mask: "additive rows x keys",
  },
  "whole text": CROSS,
  "whole text, masked": { ...CROSS, mask: "padding" },
  "split text": { ...CROSS, split: ["hidden_states", "encoder_hidden_states"], mask: "batch, heads" },
  "a split mask of split text": {
    ...CROSS,
    split: ["hidden_states", "encoder_hidden_states", "mask"],
    mask: "padding",
  },
  "a split mask of whole text": { ...CROSS, split: ["hidden_states", "mask"], mask: "padding" },
  "whole queries against split keys": { ...CROSS, split: ["encoder_hidden_states"], mask: "additive rows x keys" },
  "whole queries, grouped heads": { ...CROSS, split: ["encoder_hidden_states"], heads: [8, 2], size: [4, 6] },
  "whole queries, causal": { ...CROSS, split: ["encoder_hidden_states"], causal: true },
  "only keys split": { meeting: "apart", split: ["hidden_states", "encoder_hidden_states"] },
  "only values split": { meeting: "apart", split: ["hidden_states", "value_states"], mask: "boolean rows x keys" },
  "only the picture of a joint attention split": { split: ["hidden_states"], mask: "text" },
  "only the text of a joint attention split": { split: ["encoder_hidden_states"], mask: "heads" },
  "values of another size": { size: [4, 6], mask: "text" },
  "rows that nobody sees are 0": { guarded: true, mask: "boolean rows x keys" },
};
