/**
 * @file Reasons for missing cells of the models table: exporters and lengths for which a model has no export, and what an export fixes.
 * Data only.
 */

export const exporters = ["dynamo18-dynamic", "dynamo18-static", "dynamo23-dynamic", "torchscript18-static"] as const;
export const parities = ["even", "uneven"] as const;

export type Exporter = (typeof exporters)[number];

/** What every static export is subject to. */
export const ONE_LENGTH = "a static export has the lengths that it was made with, and no others";

const ONCE = "a second configuration, exported as far as it differs; exporters are compared on the first";
const TORCHSCRIPT_ONLY = "a copy with one block, for TorchScript, which spells a block out in 130 kB";

/** By model and exporter, where nothing was exported. */
export const notExported: Readonly<Record<string, Partial<Readonly<Record<Exporter, string>>>>> = {
  "flux-b": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE, "torchscript18-static": ONCE },
  "ltx-cfg": { "dynamo18-static": ONCE, "dynamo23-dynamic": ONCE, "torchscript18-static": ONCE },
  "ltx-grid": {
    "dynamo18-dynamic": "the size of the video is given as Python numbers, so that its tables are constants",
    "dynamo23-dynamic": "the size of the video is given as Python numbers, so that its tables are constants",
  },
  "ltx2-split": {
    "dynamo18-static": ONCE,
    "dynamo23-dynamic": ONCE,
    "torchscript18-static": "left out for its size: one block of LTX2 has 600 kB in TorchScript",
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
  "flux-b": "The batch is open too; 3 heads, so that Ulysses over 4 ranks has no heads for the last.",
  ltx: "Every export fixes the batch: the text is reshaped by the batch and a -1, which the exporter cannot undo where both are open.",
  "ltx-cfg": "LTX with a batch of 2, which every export fixes.",
  "ltx-grid": "LTX called with the size of the video; only the text's length could stay open.",
  ltx2: "Every export fixes the batch, as LTX's do. The audio is not split by the plan.",
  "ltx2-split": 'LTX2 with `rope_type="split"`.',
  qwenimage:
    "Picture sizes are Python numbers: every export fixes the image's length (96), only text and batch stay open.",
  "qwenimage-zero":
    "With `zero_cond_t` and a reference picture; image and batch are fixed by every export (63 + 28 tokens).",
  "wan-i2v": "The text of 512 and the 257 tokens of the picture stay whole: no length of theirs is split.",
  "wan-i2v-one": "As wan-i2v, with one block.",
  "wan-ti2v": "A timestep for each token, which the plan splits.",
  "wan-ti2v-one": "As wan-ti2v, with one block.",
};
