/**
 * @file The JSON Schema of a plan, as data. Written for editors first: no anyOf, so that a mistake is reported at its key. Plans are
 * checked with the same schema.
 */
import { schemes } from "../schemes.ts";
import type { JsonSchema } from "./json-schema.ts";
import { inputSpec, outputSpec } from "./spec-schemas.ts";

const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

/** What editors offer for `gather_dim` in an empty entry: with it, the entry becomes an output spec. */
const offeredGatherDim: JsonSchema = {
  markdownDescription: "Gathers the output of this module along an axis.",
  defaultSnippets: [{ label: "1", body: 1 }],
};

/** An object with a `gather_dim` that is not an object: `gather_dim` could also be a parameter's name. */
const looksLikeOutput: JsonSchema = {
  required: ["gather_dim"],
  properties: { gather_dim: { ...offeredGatherDim, not: { type: ["object", "array"] } } },
};

/** Keys that are in an inputs map by mistake. They may still be parameter names, if their value is a spec. */
const misplaced = (errorMessage: string): JsonSchema => ({
  type: ["object", "array"],
  errorMessage,
  doNotSuggest: true,
  ...ref("parameterSpecs"),
});

const needsGatherDim = 'Did you mean "gather_dim"?';
const needsParameter = 'Write this under a parameter name: { "hidden_states": { "split_dim": 1 } }.';

const outputPerElement = 'A list of outputs has { "gather_dim": 1 } or null per output of the module.';

const misplacedKeys: Readonly<Record<string, JsonSchema>> = {
  gather_dims: misplaced(needsGatherDim),
  gather_axis: misplaced(needsGatherDim),
  split_dim: misplaced(needsParameter),
  split_dims: misplaced(needsParameter),
  split_output: misplaced(needsParameter),
  expected_dims: misplaced('An output spec needs "gather_dim" too; an input spec belongs under a parameter name.'),
  value: misplaced('An output spec needs "gather_dim" too; an input spec belongs under a parameter name.'),
};

/** A parameter named `gather_dim`, and the completion for it. */
const gatherDimKey: JsonSchema = {
  type: ["object", "array"],
  errorMessage: "gather_dim must be an axis: an integer; negative axes count from the end.",
  ...offeredGatherDim,
  ...ref("parameterSpecs"),
};

const parameterOfAnyName: JsonSchema = {
  ...ref("parameter"),
  markdownDescription: "How this parameter (or the output with this index) is split.",
};

/** What may be at a module besides a bare `inputs` map. `inputs` names the definition of the map. */
export function entrySchema(inputs: string): JsonSchema {
  return {
    type: ["object", "array"],
    errorMessage: "An entry must be { inputs }, { output }, [output, ...] or [{ inputs }, output].",
    defaultSnippets: [
      { label: "split an input", body: { "${1:hidden_states}": { split_dim: 1 } } },
      { label: "gather the output", body: { gather_dim: 1 } },
      { label: "gather some outputs", body: [{ gather_dim: 1 }, null] },
      { label: "split and gather", body: [{ "${1:hidden_states}": { split_dim: 1 } }, { gather_dim: 1 }] },
    ],
    if: { type: "array" },
    then: {
      if: { minItems: 1, items: [{ type: "object", not: looksLikeOutput }] },
      then: { items: [ref(inputs), ref("outputs")], minItems: 2, maxItems: 2 },
      else: { items: ref("outputOrNull"), minItems: 1, errorMessage: outputPerElement },
    },
    else: { if: looksLikeOutput, then: ref("outputSpec"), else: ref(inputs) },
  };
}

/** The map from parameter name or output index to spec. `known` are the names to offer, if they are known. */
export function inputsSchema(known?: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    properties: { gather_dim: gatherDimKey, ...misplacedKeys, ...known },
    additionalProperties: known === undefined ? parameterOfAnyName : false,
  };
}

/** Definitions that every plan schema shares. */
export const definitions: Readonly<Record<string, JsonSchema>> = {
  entry: entrySchema("inputs"),
  inputs: inputsSchema(),
  parameter: {
    type: ["object", "array"],
    errorMessage: 'An input spec must be { "split_dim": 1 }, or a list of them for a list-valued parameter.',
    defaultSnippets: [{ label: "split", body: { split_dim: 1 } }],
    ...ref("parameterSpecs"),
  },
  /** Separate from the message, which differs by location: editors let a referenced key win. */
  parameterSpecs: {
    if: { type: "array" },
    then: {
      items: ref("listedInput"),
      minItems: 1,
      errorMessage: "A list-valued parameter needs one spec per element.",
    },
    else: ref("inputSpec"),
  },
  listedInput: {
    type: "object",
    errorMessage: 'The spec of an element of a list-valued parameter must be { "split_dim": 1 }.',
    if: { type: "object" },
    then: ref("inputSpec"),
  },
  inputSpec,
  outputs: {
    type: ["object", "array"],
    defaultSnippets: [{ label: "gather", body: { gather_dim: 1 } }],
    errorMessage: 'The second element must be { "gather_dim": 1 } or a list of them.',
    if: { type: "array" },
    then: { items: ref("outputOrNull"), minItems: 1, errorMessage: outputPerElement },
    else: ref("outputSpec"),
  },
  outputOrNull: {
    type: ["object", "null"],
    defaultSnippets: [{ label: "gather", body: { gather_dim: 1 } }],
    errorMessage: 'An output spec must be { "gather_dim": 1 }, or null to leave the output unchanged.',
    if: { type: "object" },
    then: ref("outputSpec"),
  },
  outputSpec,
};

const text = (markdownDescription: string, errorMessage: string): JsonSchema => ({
  type: "string",
  errorMessage,
  markdownDescription,
});

/** The value of a key of `$attention`. */
export const scheme: JsonSchema = {
  enum: schemes,
  markdownDescription:
    "`gather` collects keys and values on all ranks and works on every mesh; `ulysses`, `ring` and `unified` name the scheme of the mesh.",
};

export const reservedKeys: Readonly<Record<string, JsonSchema>> = {
  $schema: text("The JSON Schema that editors use for this file.", "$schema must be a string."),
  $comment: text("A comment; ignored.", "$comment must be a string."),
  $model: text(
    "Path of the ONNX model that the plan is for, relative to this file.",
    "$model must be a path: a string.",
  ),
  $batch: {
    type: "object",
    errorMessage: '$batch must be an object: { "hidden_states": 0 }.',
    markdownDescription:
      "The axis of the batch, for each input of the model that has one. Needed only where it is not unique.",
    defaultSnippets: [{ label: "batch", body: { "${1:hidden_states}": 0 } }],
    additionalProperties: {
      type: "integer",
      errorMessage: "The batch must be an axis: an integer; negative axes count from the end.",
    },
  },
  $attention: {
    type: "object",
    errorMessage: '$attention must be an object: { "blocks.*.attn": "gather" }.',
    markdownDescription:
      "The scheme of the attention sites inside a module, for each module name or pattern. All other sites take the scheme of the mesh.",
    defaultSnippets: [{ label: "gather", body: { "${1:blocks.*.attn}": "gather" } }],
    additionalProperties: scheme,
  },
};

export const unknownReserved = "^\\$(?!(schema|comment|model|batch|attention)$)";

export const planSchema: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Context-parallel plan",
  markdownDescription:
    'Maps a module name to what is split at its inputs and gathered at its outputs. `*` matches one segment of a name; `""` is the whole model.',
  type: "object",
  errorMessage: 'A plan must be an object: { "module": entry }.',
  properties: {
    ...reservedKeys,
    "": { $ref: "#/definitions/entry", description: "The whole model." },
  },
  patternProperties: {
    [unknownReserved]: { not: {}, errorMessage: "Keys that begin with $ are reserved.", doNotSuggest: true },
  },
  additionalProperties: ref("entry"),
  definitions,
};
