/**
 * @file The JSON Schema of a `ParallelConfig` or a bare `ContextParallelConfig`, as data. `null` means the default, as
 * the reference's `None` does.
 */
import { limits } from "../../limits/limits.ts";
import type { MeshConfig } from "../types.ts";
import type { JsonSchema } from "./json-schema.ts";

const degree = (name: string, markdownDescription: string): JsonSchema => ({
  type: ["integer", "null"],
  minimum: 1,
  maximum: limits.ranks.most,
  default: 1,
  errorMessage: `${name} must be a number of ranks: an integer from 1 to ${limits.ranks.most}.`,
  markdownDescription,
});

const batchDegree = degree(
  "batch_degree",
  "Ranks that divide the batch, which needs no communication. Number of ranks = batch_degree * ring_degree * ulysses_degree.",
);

const meshFields: Readonly<Record<keyof Omit<MeshConfig, "batch_degree">, JsonSchema>> = {
  ring_degree: degree("ring_degree", "Ranks of a ring, which exchange keys and values and keep their own queries."),
  ulysses_degree: degree(
    "ulysses_degree",
    "Ranks that divide the heads of an attention among themselves. At most the number of query heads.",
  ),
  rotate_method: {
    enum: ["allgather", "alltoall", null],
    default: "allgather",
    markdownDescription:
      "How a ring moves keys and values: `allgather` collects all of them before the attention; `alltoall` rotates them chunk by chunk and needs 1/R of the memory.",
  },
  convert_to_fp32: {
    type: ["boolean", "null"],
    default: true,
    errorMessage: "convert_to_fp32 must be true or false.",
    markdownDescription: "Merge the parts of a ring attention in float32.",
  },
};

/** Fields of the reference that are accepted without effect. */
export const inertFields: readonly string[] = ["ulysses_anything", "ring_anything"];

/** Fields of the reference that are refused unless null, with what to do instead. */
export const refusedFields: Readonly<Record<string, string>> = {
  mesh: "the mesh is derived from ring_degree and ulysses_degree, row-major; set these and remove this field",
  tensor_parallel_config: "only context parallelism is supported; remove this field",
};

const inert = (name: string): JsonSchema => ({
  type: ["boolean", "null"],
  errorMessage: `${name} must be true or false; it has no effect, because uneven lengths and head counts are always supported.`,
  markdownDescription: "Has no effect: uneven lengths and head counts are always supported.",
  doNotSuggest: true,
});

const refused = (name: string): JsonSchema => ({
  type: "null",
  errorMessage: `"${name}" is not supported: ${refusedFields[name]}.`,
  doNotSuggest: true,
});

/** Every field that a `ContextParallelConfig` may have. */
export const contextFields: Readonly<Record<string, JsonSchema>> = {
  ...meshFields,
  ...Object.fromEntries(inertFields.map((name) => [name, inert(name)])),
  mesh: refused("mesh"),
};

const remarks: Readonly<Record<string, JsonSchema>> = {
  $schema: { type: "string", description: "The JSON Schema that editors use for this file." },
  $comment: { type: "string", description: "A comment; ignored." },
};

export const parallelConfigSchema: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Parallel config",
  markdownDescription: "How many ranks a model runs on and how they exchange keys and values.",
  type: "object",
  errorMessage: 'A parallel config must be an object: { "context_parallel_config": { "ulysses_degree": 2 } }.',
  defaultSnippets: [{ label: "two ranks", body: { context_parallel_config: { ulysses_degree: 2 } } }],
  if: { required: ["context_parallel_config"] },
  then: {
    properties: {
      ...remarks,
      batch_degree: batchDegree,
      context_parallel_config: { $ref: "#/definitions/context" },
      tensor_parallel_config: refused("tensor_parallel_config"),
    },
    additionalProperties: false,
    errorMessage: "The mesh fields belong inside context_parallel_config.",
  },
  else: {
    properties: {
      ...remarks,
      batch_degree: batchDegree,
      context_parallel_config: { $ref: "#/definitions/context" },
      tensor_parallel_config: refused("tensor_parallel_config"),
      ...contextFields,
    },
    additionalProperties: false,
  },
  definitions: {
    context: {
      type: "object",
      errorMessage: 'context_parallel_config must be an object: { "ulysses_degree": 2 }.',
      defaultSnippets: [{ label: "two ranks", body: { ulysses_degree: 2 } }],
      properties: contextFields,
      additionalProperties: false,
    },
  },
};
