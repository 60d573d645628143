/**
 * @file Schemas of the keys of a plan that begin with `$`. Knows no module.
 */
import { schemes } from "../schemes.ts";
import { documented, type JsonSchema } from "./json-schema.ts";

const text = (markdown: string, errorMessage: string): JsonSchema => ({
  type: "string",
  errorMessage,
  ...documented(markdown),
});

/** The value of a key of `$attention`. */
export const scheme: JsonSchema = {
  enum: schemes,
  markdownEnumDescriptions: [
    "all ranks of the sequence group collect keys and values; for every mesh and every number of heads",
    "keys and values are exchanged for heads; for `ring_degree` 1",
    "keys and values go around the ring; for `ulysses_degree` 1",
    "exchanged for heads inside a Ulysses group, then around the ring; for both degrees above 1",
  ],
  errorMessage: 'The scheme must be "gather", "ulysses", "ring" or "unified".',
  ...documented(
    "`gather` collects keys and values on all ranks and works on every mesh; `ulysses`, `ring` and `unified` name the scheme of the mesh.",
  ),
};

export const reservedKeys: Readonly<Record<string, JsonSchema>> = {
  $schema: {
    ...text("The JSON Schema that editors use for this file.", "$schema must be a string."),
    defaultSnippets: [
      {
        label: "schema of plans",
        description: "The schema of this package; onnx-cp schema MODEL writes one that knows a model.",
        body: "${1:./node_modules/onnx-context-parallel/schemas/plan.schema.json}",
      },
    ],
  },
  $comment: text("A comment; ignored.", "$comment must be a string."),
  $model: text(
    "Path of the ONNX model that the plan is for, relative to this file.",
    "$model must be a path: a string.",
  ),
  $batch: {
    type: "object",
    errorMessage: '$batch must be an object: { "hidden_states": 0 }.',
    ...documented(
      "The axis of the batch, for each input of the model that has one. Needed only where it is not unique.",
    ),
    defaultSnippets: [{ label: "batch", body: { "${1:hidden_states}": 0 } }],
    additionalProperties: {
      type: "integer",
      errorMessage: "The batch must be an axis: an integer, without quotes; negative axes count from the end.",
      ...documented("The axis of this input that has the batch. Negative axes count from the end."),
    },
  },
  $attention: {
    type: "object",
    errorMessage: '$attention must be an object: { "blocks.*.attn": "gather" }.',
    ...documented(
      "The scheme of the attention sites inside a module, for each module name or pattern. All other sites take the scheme of the mesh.",
    ),
    defaultSnippets: [{ label: "gather", body: { "${1:blocks.*.attn}": "gather" } }],
    additionalProperties: scheme,
  },
};

export const unknownReserved = "^\\$(?!(schema|comment|model|batch|attention)$)";
