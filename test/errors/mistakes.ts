/**
 * @file Common mistakes: a plan, a title, and what it is about. The messages and the fixes come from running it.
 */
import type { OrtTensors } from "../../ort/types.ts";
import { random } from "../support/graphs.ts";

export interface Mistake {
  readonly title: string;
  readonly about: string;
  readonly model: string;
  readonly plan: Readonly<Record<string, object>>;
  readonly options?: string;
  /** Makes the feeds of a run of those of the fixture. */
  readonly feeds?: (feeds: OrtTensors) => OrtTensors;
  readonly given?: string;
  /** Codes of the diagnostics that tell, in the order in which they are mended. */
  readonly codes: readonly string[];
}

const split = (axis: number, expected: number): object => ({ split_dim: axis, expected_dims: expected });
const tokens = { hidden_states: split(1, 3), encoder_hidden_states: split(1, 3) };
const ids = { img_ids: split(0, 2), txt_ids: split(0, 2) };
const gather = { proj_out: { gather_dim: 1, expected_dims: 3 } };

export const mistakes: readonly Mistake[] = [
  {
    title: "A misspelt key",
    about: "A spec has no such key; the error stands at it, and says which key is meant.",
    model: "flux",
    plan: { "": { ...tokens, ...ids, hidden_states: { split_dm: 1, expected_dims: 3 } }, ...gather },
    codes: ["CP1502"],
  },
  {
    title: "A number in quotes",
    about: "An axis is an integer. A text is not converted, since it may be something else: a name, or two axes.",
    model: "flux",
    plan: { "": { ...tokens, ...ids, hidden_states: { split_dim: "1", expected_dims: 3 } }, ...gather },
    codes: ["CP1501"],
  },
  {
    title: "A spec without a parameter name",
    about:
      "A module has several inputs, so a spec stands under the name of the parameter that it splits. Only an output spec stands at the module itself.",
    model: "flux",
    plan: { "": split(1, 3), ...gather },
    codes: ["CP1521"],
  },
  {
    title: "A module inside a module",
    about: "A plan has one level of modules, whose names are paths.",
    model: "flux",
    plan: { transformer_blocks: { "*": [tokens, [{ gather_dim: 1 }, { gather_dim: 1 }]] } },
    codes: ["CP1540"],
  },
  {
    title: "A missing gather",
    about:
      "Nothing joins the chunks of the ranks, and each rank would return its own chunk instead of the whole result.",
    model: "flux",
    plan: { "": { ...tokens, ...ids } },
    codes: ["CP4007"],
  },
  {
    title: "The text is not split in a model with joint attention",
    about:
      "Image and text attend to each other in one sequence. A text that is whole on every rank would be counted once per rank, so each rank slices out " +
      "its rows. The result is correct, and a note reports the slice; `--strict` requires it in the plan.",
    model: "flux",
    plan: { "": { hidden_states: split(1, 3), ...ids }, ...gather },
    options: "--ulysses-degree 2 --strict",
    codes: ["CP4015"],
  },
  {
    title: "A wrong split_dim",
    about: "The channels are split instead of the tokens.",
    model: "flux",
    plan: { "": { ...tokens, ...ids, hidden_states: split(2, 3) }, ...gather },
    codes: ["CP4001"],
  },
  {
    title: "A wrong expected_dims",
    about:
      "The entry does not apply to a tensor of another rank, so it does not split the image. With `--strict` this is an error.",
    model: "flux",
    plan: { "": { ...tokens, ...ids, hidden_states: split(1, 4) }, ...gather },
    options: "--ulysses-degree 2 --strict",
    codes: ["CP3021"],
  },
  {
    title: "A module is misspelt or was renamed",
    about: "No module has that name.",
    model: "flux",
    plan: { "": { ...tokens, ...ids }, proj_ot: { gather_dim: 1, expected_dims: 3 } },
    codes: ["CP3001"],
  },
  {
    title: "An input is split at the wrong module",
    about: "`context_embedder` embeds the text; the image does not pass through it.",
    model: "flux",
    plan: {
      "": { encoder_hidden_states: split(1, 3), ...ids },
      context_embedder: { hidden_states: split(1, 3) },
      ...gather,
    },
    options: "--ulysses-degree 2 --strict",
    codes: ["CP3020", "CP4015"],
  },
  {
    title: "A degree that does not divide the heads",
    about: "Ranks can share key and value heads, but each needs a head of the queries: their number is the limit.",
    model: "flux",
    plan: { "": { ...tokens, ...ids }, ...gather },
    options: "--ulysses-degree 8",
    codes: ["CP4013"],
  },
  {
    title: "Ids of another length than the tokens",
    about: "The inputs do not fit the model; this is found before the run starts.",
    model: "flux",
    plan: { "": { ...tokens, ...ids }, ...gather },
    feeds: (feeds) => ({ ...feeds, img_ids: random(1, [90, 3]) }),
    given: "90 rows of `img_ids` and 96 of `hidden_states`",
    codes: ["CP6006"],
  },
  {
    title: "Two contradictory entries",
    about: "Both address the same tensor.",
    model: "flux",
    plan: { "": { ...tokens, ...ids }, x_embedder: { hidden_states: split(2, 3) }, ...gather },
    codes: ["CP3018"],
  },
  {
    title: "A pattern that is too wide",
    about:
      "Not every module under the pattern has the parameter. Notes list them; `--strict` requires a narrower pattern.",
    model: "flux",
    plan: { "": { ...tokens, ...ids }, "*": { hidden_states: split(1, 3) }, ...gather },
    options: "--ulysses-degree 2 --strict",
    codes: ["CP3020"],
  },
  {
    title: "An entry for an input that the export does not have",
    about:
      "The plan is meant for a variant of the model with another input. It works; `--strict` requires a plan for this export.",
    model: "flux",
    plan: { "": { ...tokens, ...ids, controlnet_block_samples: split(1, 3) }, ...gather },
    options: "--ulysses-degree 2 --strict",
    codes: ["CP3023"],
  },
];
