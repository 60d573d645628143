/**
 * @file The JSON Schema of a plan, as data. Written for editors first. Plans are checked with the same schema.
 */
import { definitions } from "./entry-schemas.ts";
import { documented, type JsonSchema, ref } from "./json-schema.ts";
import { reservedKeys, unknownReserved } from "./reserved-keys.ts";

export const planSchema: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $id: "urn:onnx-context-parallel:plan",
  title: "Context-parallel plan",
  ...documented(
    'Maps a module name to what is split at its inputs and gathered at its outputs. `*` matches one segment of a name; `""` is the whole model.',
  ),
  type: "object",
  errorMessage: 'A plan must be an object: { "module": entry }.',
  properties: {
    ...reservedKeys,
    "": { ...ref("entry"), ...documented("The whole model.") },
  },
  patternProperties: {
    [unknownReserved]: {
      not: {},
      errorMessage: "Keys that begin with $ are reserved: $schema, $comment, $model, $batch and $attention are known.",
      doNotSuggest: true,
    },
  },
  additionalProperties: ref("entry"),
  definitions,
};
