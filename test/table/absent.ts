/**
 * @file Reasons for missing cells of the models table: exporters and lengths for which a model has no export, and what an export fixes.
 * Data only.
 */

export const exporters = ["dynamo18-dynamic", "dynamo18-static", "dynamo23-dynamic", "torchscript18-static"] as const;
export const parities = ["even", "uneven"] as const;

export type Exporter = (typeof exporters)[number];

/** What every static export is subject to. */
export const ONE_LENGTH = "a static export supports only the lengths of its export";

const ONCE = "a second configuration, exported only where it differs; the first one compares the exporters";
const TORCHSCRIPT_ONLY = "a copy with one block, for TorchScript only, where one block takes 130 kB";

/** By model and exporter, where nothing was exported. */
export const notExported: Readonly<Record<string, Partial<Readonly<Record<Exporter, string>>>>> = {
  "flux-b": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE, "torchscript18-static": ONCE },
  "ltx-cfg": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE, "torchscript18-static": ONCE },
  "ltx-grid": {
    "dynamo18-dynamic": "the size of the video is given as Python numbers, so its tables are constants",
    "dynamo23-dynamic": "the size of the video is given as Python numbers, so its tables are constants",
  },
  "ltx2-split": {
    "dynamo18-static": ONCE,
    "dynamo23-dynamic": ONCE,
    "torchscript18-static": "omitted for its size: one block of LTX2 takes 600 kB in TorchScript",
  },
  "ltx2-cfg": {
    "dynamo18-static": ONCE,
    "dynamo23-dynamic": ONCE,
    "torchscript18-static": ONCE,
  },
  "qwenimage-zero": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE },
  "wan-i2v": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE, "torchscript18-static": "see wan-i2v-one" },
  "wan-i2v-one": {
    "dynamo18-dynamic": TORCHSCRIPT_ONLY,
    "dynamo18-static": TORCHSCRIPT_ONLY,
    "dynamo23-dynamic": TORCHSCRIPT_ONLY,
  },
  "wan-ti2v": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE, "torchscript18-static": "see wan-ti2v-one" },
  "wan-ti2v-one": {
    "dynamo18-dynamic": TORCHSCRIPT_ONLY,
    "dynamo18-static": TORCHSCRIPT_ONLY,
    "dynamo23-dynamic": TORCHSCRIPT_ONLY,
  },
};

/** What the exports of a model fix, whatever the exporter. */
export const fixed: Readonly<Record<string, string>> = {
  flux: "The batch is 1, as exported.",
  "flux-b": "The batch is dynamic too. The model has 3 heads, so Ulysses over 4 ranks has none for the last rank.",
  ltx: "Every export fixes the batch: the text is reshaped by the batch and a -1, which the exporter cannot resolve if both are dynamic.",
  "ltx-cfg": "LTX with a batch of 2, fixed in every export.",
  "ltx-grid": "LTX called with the size of the video; only the text's length can be dynamic.",
  ltx2: "Every export fixes the batch, as for LTX. The plan does not split the audio.",
  "ltx2-cfg": "LTX2 with a batch of 2, fixed in every export.",
  "ltx2-split": 'LTX2 with `rope_type="split"`.',
  qwenimage:
    "Image sizes are Python numbers: every export fixes the image's length (96); only text and batch are dynamic.",
  "qwenimage-zero": "With `zero_cond_t` and a reference image; every export fixes image and batch (63 + 28 tokens).",
  "wan-i2v": "The text (512 tokens) and the image condition (257 tokens) stay whole: the plan splits neither length.",
  "wan-i2v-one": "wan-i2v with one block.",
  "wan-ti2v": "One timestep per token; the plan splits the timesteps.",
  "wan-ti2v-one": "wan-ti2v with one block.",
};
