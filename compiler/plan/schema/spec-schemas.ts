/**
 * @file Schemas of one input spec and one output spec, keyed by the fields of their TypeScript types, so that a new
 * field without a schema does not compile. With the value of a model that a spec is for, they know its axes.
 */
import type { ContextParallelInput, ContextParallelOutput } from "../types.ts";
import { documented, type JsonSchema, ref } from "./json-schema.ts";
import { isMissing, keyNames } from "./key-names.ts";

type Fields<T> = Readonly<Record<keyof T, JsonSchema>>;

const wholeNumber = "an integer, without quotes";

const expectedDims: JsonSchema = {
  type: "integer",
  minimum: 1,
  errorMessage: `expected_dims must be the rank of the value: ${wholeNumber}, from 1.`,
  defaultSnippets: [{ label: "3", body: 3 }],
};

const value: JsonSchema = {
  type: "string",
  minLength: 1,
  errorMessage: "value must be the name of an ONNX value: a string.",
};

const axis = (key: string): JsonSchema => ({
  type: "integer",
  errorMessage: `${key} must be an axis: ${wholeNumber}; negative axes count from the end.`,
  defaultSnippets: [{ label: "1", body: 1 }],
});

const inputFields: Fields<ContextParallelInput> = {
  split_dim: {
    ...axis("split_dim"),
    ...documented("Axis along which the value is split over the ranks. Negative axes count from the end."),
  },
  expected_dims: {
    ...expectedDims,
    ...documented(
      "Number of axes that the value must have to be split. With any other rank it stays whole, and a note says so; with `--strict` this is an error.",
    ),
  },
  split_output: {
    type: "boolean",
    default: false,
    errorMessage: "split_output must be true or false, without quotes.",
    ...documented(
      'Split an output of the module instead of an input. The key must then be the index of the output: `"0"`, `"1"`, ...',
    ),
  },
  value: {
    ...value,
    ...documented(
      "Name of the ONNX value that is this parameter (or output), in case it cannot be found. Not allowed under a `*`.",
    ),
  },
};

const outputFields: Fields<ContextParallelOutput> = {
  gather_dim: {
    ...axis("gather_dim"),
    ...documented("Axis along which the shards of all ranks are concatenated. Negative axes count from the end."),
  },
  expected_dims: {
    ...expectedDims,
    ...documented("Number of axes that the value must have; any other rank is an error."),
  },
  value: {
    ...value,
    ...documented("Name of the ONNX value that is this output, in case it cannot be found. Not allowed under a `*`."),
  },
};

export const inputKeys: readonly string[] = Object.keys(inputFields);
export const outputKeys: readonly string[] = Object.keys(outputFields);

/** Shared by the specs of all values. */
export const fieldDefinitions: Readonly<Record<string, JsonSchema>> = {
  inputKeys: keyNames(
    inputKeys,
    {
      keys: ["gather_dim"],
      message:
        'gather_dim belongs to an output spec: write { "gather_dim": 1 } at the module itself, or [{ inputs }, { "gather_dim": 1 }].',
    },
    "An input spec has split_dim, expected_dims, split_output and value; gather_dim belongs to an output spec.",
  ),
  outputKeys: keyNames(
    outputKeys,
    {
      keys: ["split_dim", "split_output"],
      message: "This belongs to an input spec. To split and gather at one module, write [{ inputs }, { output }].",
    },
    "An output spec has gather_dim, expected_dims and value. To split and gather at one module, write [{ inputs }, { output }].",
  ),
  lacksSplitDim: isMissing("split_dim", inputKeys),
  lacksGatherDim: isMissing("gather_dim", outputKeys),
  split_output: inputFields.split_output,
  inputValue: inputFields.value,
  outputValue: outputFields.value,
};

/** What a model's schema knows of a value. */
export interface KnownValue {
  /** `float32 [1, img, 16]`. */
  readonly text: string;
  readonly rank: number;
  /** The axis to split or gather. */
  readonly axis: number;
  /** Name of the definition of its axes. */
  readonly axes: string;
}

/** No `type` here: it is given where the spec is used, next to the message for that location. */
export const inputSpec: JsonSchema = inputSpecOf(inputFields);
export const outputSpec: JsonSchema = outputSpecOf(outputFields);

export function knownInputSpec(known: KnownValue): JsonSchema {
  const spec = inputSpecOf({
    split_dim: axisOf("Axis along which the ranks split", known),
    expected_dims: rankOf(known, "with another number it stays whole"),
    split_output: ref("split_output"),
    value: ref("inputValue"),
  });
  return { ...spec, allOf: [axesOf("split_dim", known)] };
}

export function knownOutputSpec(known: KnownValue): JsonSchema {
  const spec = outputSpecOf({
    gather_dim: axisOf("Axis along which the ranks join", known),
    expected_dims: rankOf(known, "another number is an error"),
    value: ref("outputValue"),
  });
  return { ...spec, allOf: [axesOf("gather_dim", known)] };
}

function inputSpecOf(properties: Fields<ContextParallelInput>): JsonSchema {
  return {
    properties,
    propertyNames: ref("inputKeys"),
    if: ref("lacksSplitDim"),
    then: { required: ["split_dim"] },
  };
}

function outputSpecOf(properties: Fields<ContextParallelOutput>): JsonSchema {
  return {
    properties,
    propertyNames: ref("outputKeys"),
    if: ref("lacksGatherDim"),
    then: { required: ["gather_dim"] },
  };
}

function axisOf(what: string, { text, axis: best }: KnownValue): JsonSchema {
  return {
    ...documented(`${what} \`${text}\`. Negative axes count from the end.`),
    defaultSnippets: [{ label: String(best), body: best }],
  };
}

/**
 * The axis is one of the value, unless the spec is for another rank. No `properties`: editors offer the choices for the value, but still
 * insert the best one with the key.
 */
function axesOf(key: string, { rank, axes }: KnownValue): JsonSchema {
  return {
    if: { patternProperties: { "^expected_dims$": { enum: [rank] } } },
    then: { patternProperties: { [`^${key}$`]: ref(axes) } },
  };
}

function rankOf({ text, rank }: KnownValue, otherwise: string): JsonSchema {
  return {
    ...documented(`Number of axes of \`${text}\`: ${rank}; ${otherwise}.`),
    defaultSnippets: [{ label: String(rank), body: rank }],
    allOf: [{ enum: [rank], errorMessage: `expected_dims must be ${rank}, the rank of ${text}; ${otherwise}.` }],
  };
}
