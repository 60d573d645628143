/**
 * @file Schemas of one input spec and one output spec, keyed by the fields of their TypeScript types, so that a new
 * field without a schema does not compile.
 */
import type { ContextParallelInput, ContextParallelOutput } from "../types.ts";
import type { JsonSchema } from "./json-schema.ts";

type Fields<T> = Readonly<Record<keyof T, JsonSchema>>;

const expectedDims: JsonSchema = {
  type: "integer",
  minimum: 1,
  errorMessage: "expected_dims must be a rank: an integer of 1 or more.",
  defaultSnippets: [{ label: "3", body: 3 }],
};

const value: JsonSchema = {
  type: "string",
  minLength: 1,
  errorMessage: "value must be the name of an ONNX value: a string.",
};

const inputFields: Fields<ContextParallelInput> = {
  split_dim: {
    type: "integer",
    errorMessage: "split_dim must be an axis: an integer; negative axes count from the end.",
    markdownDescription: "Axis along which the value is split over the ranks. Negative axes count from the end.",
    defaultSnippets: [{ label: "1", body: 1 }],
  },
  expected_dims: {
    ...expectedDims,
    markdownDescription:
      "Number of axes that the value must have to be split. With any other rank it stays whole, and a note says so; with `--strict` this is an error.",
  },
  split_output: {
    type: "boolean",
    default: false,
    errorMessage: "split_output must be true or false.",
    markdownDescription:
      'Split an output of the module instead of an input. The key must then be the index of the output: `"0"`, `"1"`, ...',
  },
  value: {
    ...value,
    markdownDescription:
      "Name of the ONNX value that is this parameter (or output), in case it cannot be found. Not allowed under a `*`.",
  },
};

const outputFields: Fields<ContextParallelOutput> = {
  gather_dim: {
    type: "integer",
    errorMessage: "gather_dim must be an axis: an integer; negative axes count from the end.",
    markdownDescription: "Axis along which the shards of all ranks are concatenated. Negative axes count from the end.",
    defaultSnippets: [{ label: "1", body: 1 }],
  },
  expected_dims: {
    ...expectedDims,
    markdownDescription: "Number of axes that the value must have; any other rank is an error.",
  },
  value: {
    ...value,
    markdownDescription:
      "Name of the ONNX value that is this output, in case it cannot be found. Not allowed under a `*`.",
  },
};

/** No `type` here: it is given where the spec is used, next to the message for that location. */
export const inputSpec: JsonSchema = {
  properties: inputFields,
  required: ["split_dim"],
  additionalProperties: false,
  errorMessage:
    "An input spec has split_dim, expected_dims, split_output and value; gather_dim belongs to an output spec.",
};

export const outputSpec: JsonSchema = {
  properties: outputFields,
  required: ["gather_dim"],
  additionalProperties: false,
  errorMessage:
    "An output spec has gather_dim, expected_dims and value. To split and gather at one module, write [{ inputs }, { output }].",
};
