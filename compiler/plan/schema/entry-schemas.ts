/**
 * @file Schemas of what a plan has at a module: inputs, outputs, or both. No anyOf, so that an editor shows one sentence for one mistake, at
 * its key. Knows no module of a model.
 */
import { documented, type JsonSchema, ref, type Snippet } from "./json-schema.ts";
import { anyOf, hasScalar, misspellings, nearestName, refuseNames } from "./key-names.ts";
import { fieldDefinitions, inputSpec, outputSpec } from "./spec-schemas.ts";

/**
 * An object with a `gather_dim` that is not an object: `gather_dim` could also be a parameter's name. No `properties`: editors would offer
 * them.
 */
const looksLikeOutput: JsonSchema = {
  required: ["gather_dim"],
  patternProperties: { "^gather_dim$": { not: { type: ["object", "array"] } } },
};

const gatherNames = anyOf([misspellings("gather_dim")]);
const splitNames = anyOf(["split_dim", misspellings("split_dim")]);
const namesOf = (key: string): readonly string[] => [key, misspellings(key)];
const restNames = anyOf(["expected_dims", "split_output", "value"].flatMap(namesOf));

const fieldNames = anyOf([gatherNames, splitNames, restNames]);

const needsParameter = 'Write this under a parameter name: { "hidden_states": { "split_dim": 1 } }.';

const needsGatherDim = 'An output spec needs "gather_dim" too; an input spec belongs under a parameter name.';

/** What to say of a key of an input spec that is at the level of parameters. */
export function levelAdvice(key: string): string {
  return key === "split_dim" || key === "split_output" ? needsParameter : needsGatherDim;
}

/** What to say of a module under a parameter's name. */
export const nesting = 'Modules do not nest: write the path as one key, such as "blocks.0": { ... }.';

/** Keys of a spec at the level of parameters: one sentence for the first kind that is there. */
const levels: JsonSchema = {
  if: hasScalar(gatherNames),
  then: { propertyNames: refuseNames(gatherNames, 'Did you mean "gather_dim"?') },
  else: {
    if: hasScalar(splitNames),
    then: {
      propertyNames: {
        allOf: [
          refuseNames("^split_dim$", needsParameter),
          refuseNames(anyOf([misspellings("split_dim")]), `Did you mean "split_dim"? ${needsParameter}`),
        ],
      },
    },
    else: {
      if: hasScalar(restNames),
      then: {
        propertyNames: {
          allOf: [
            refuseNames(anyOf(namesOf("split_output")), needsParameter),
            refuseNames(anyOf(["expected_dims", "value"].flatMap(namesOf)), needsGatherDim),
          ],
        },
      },
    },
  },
};

/** A key of a spec is judged by `levels`; it may still be a parameter's name, if its value is a spec. */
const perhapsParameter: JsonSchema = { if: { type: ["object", "array"] }, then: ref("parameterSpecs") };

const outputPerElement = 'A list of outputs has { "gather_dim": 1 } or null per output of the module.';

/** Snippets that write the usual entries. */
const entrySnippets: readonly Snippet[] = [
  { label: "split an input", body: { "${1:hidden_states}": { split_dim: 1 } } },
  { label: "gather the output", body: { gather_dim: 1 } },
  { label: "gather some outputs", body: [{ gather_dim: 1 }, null] },
  { label: "split and gather", body: [{ "${1:hidden_states}": { split_dim: 1 } }, { gather_dim: 1 }] },
];

/** Names of the definitions that an entry uses. */
export interface EntryParts {
  readonly inputs: string;
  /** A single output spec. */
  readonly output: string;
  /** A list of outputs. */
  readonly list: string;
  /** One output spec or a list of them. */
  readonly outputs: string;
}

const general: EntryParts = { inputs: "inputs", output: "outputSpec", list: "outputList", outputs: "outputs" };

/** What may be at a module. */
export function entrySchema(parts: EntryParts = general, snippets: readonly Snippet[] = entrySnippets): JsonSchema {
  return {
    type: ["object", "array"],
    errorMessage: "An entry must be { inputs }, { output }, [output, ...] or [{ inputs }, output].",
    defaultSnippets: snippets,
    if: { type: "array" },
    then: {
      if: ref("isPair"),
      then: { items: [ref(parts.inputs), ref(parts.outputs)], minItems: 2, maxItems: 2 },
      else: ref(parts.list),
    },
    else: { if: ref("isOutput"), then: ref(parts.output), else: ref(parts.inputs) },
  };
}

/** The map from parameter name or output index to spec. `known` are the names to offer; `axis` is that of the module's only output. */
export function inputsSchema(known: Readonly<Record<string, JsonSchema>> = {}, axis: number | null = 1): JsonSchema {
  return {
    properties: { gather_dim: { ...perhapsParameter, ...offeredGatherDim(axis) }, ...known },
    patternProperties: { [fieldNames]: perhapsParameter },
    additionalProperties: parameterOfAnyName,
    allOf: [ref("levels")],
  };
}

/** The same for a module whose parameters are all known. `unknown` is what to say of others, and what there is. */
export function closedInputsSchema(
  known: Readonly<Record<string, JsonSchema>>,
  unknown: { readonly what: string; readonly known: string },
  axis: number | null,
): JsonSchema {
  const properties = { gather_dim: { ...perhapsParameter, ...offeredGatherDim(axis) }, ...known };
  const parameters = Object.keys(known).filter((name) => !/^\d+$/.test(name));
  const places = {
    pattern: (near: string) => `^(?:${near})$`,
    name: (name: string) => name,
    what: unknown.what,
  };
  const other: JsonSchema = { not: {}, errorMessage: `${unknown.what}: ${unknown.known}.` };
  return {
    properties,
    propertyNames: {
      if: { not: { enum: Object.keys(properties) } },
      then: { if: { not: ref("fieldNames") }, then: nearestName(parameters, places, other) },
    },
    allOf: [ref("levels")],
  };
}

/** Offered in an empty entry, if the module may have a single output: with it, the entry becomes an output spec. */
function offeredGatherDim(axis: number | null): JsonSchema {
  return {
    ...documented("Gathers the output of this module along an axis."),
    ...(axis === null ? { doNotSuggest: true } : { defaultSnippets: [{ label: String(axis), body: axis }] }),
  };
}

const parameterOfAnyName: JsonSchema = {
  ...ref("parameter"),
  ...documented("How this parameter (or the output with this index) is split."),
};

/** A list of outputs, one per output of the module. `each` are those of known outputs. */
export function outputListSchema(each: readonly JsonSchema[] = []): JsonSchema {
  const items =
    each.length === 0 ? { items: ref("outputOrNull") } : { items: each, additionalItems: ref("outputOrNull") };
  return { ...items, minItems: 1, errorMessage: outputPerElement };
}

/** The outputs next to a map of inputs. `output` and `list` are definitions. */
export function outputsSchema(output: string, list: string, snippets: readonly Snippet[]): JsonSchema {
  return {
    type: ["object", "array"],
    defaultSnippets: snippets,
    errorMessage: 'The second element must be { "gather_dim": 1 } or a list of them.',
    if: { type: "array" },
    then: ref(list),
    else: ref(output),
  };
}

/** An element of a list of outputs. `output` is a definition. */
export function outputOrNullSchema(output: string, gather: object): JsonSchema {
  return {
    type: ["object", "null"],
    defaultSnippets: [{ label: "gather", body: gather }],
    errorMessage: 'An output spec must be { "gather_dim": 1 }, or null to leave the output unchanged.',
    if: { type: "object" },
    then: ref(output),
  };
}

/** What is under a parameter's name: a spec, or one per element of a list-valued parameter. `spec` is a definition. */
function parameterSpecsSchema(spec: string): JsonSchema {
  return {
    if: { type: "array" },
    then: {
      // A module under a parameter, with inputs and outputs.
      if: { items: [ref("hasMembers")], minItems: 1 },
      then: { not: {}, errorMessage: nesting },
      else: {
        items: {
          type: "object",
          errorMessage: 'The spec of an element of a list-valued parameter must be { "split_dim": 1 }.',
          if: { type: "object" },
          then: ref(spec),
        },
        minItems: 1,
        errorMessage: "A list-valued parameter needs one spec per element.",
      },
    },
    else: { if: ref("hasMembers"), then: ref("nested"), else: ref(spec) },
  };
}

/** A value under a parameter's name. `spec` is a definition. */
export function parameterSchema(spec: string, snippets: readonly Snippet[]): JsonSchema {
  return {
    type: ["object", "array"],
    errorMessage: 'An input spec must be { "split_dim": 1 }, or a list of them for a list-valued parameter.',
    defaultSnippets: snippets,
    ...parameterSpecsSchema(spec),
  };
}

const nestedKeys = "^(?!(?:split_dim|gather_dim|expected_dims|split_output|value)$)";

/** Definitions that every plan schema shares. */
export const definitions: Readonly<Record<string, JsonSchema>> = {
  entry: entrySchema(),
  inputs: inputsSchema(),
  isOutput: looksLikeOutput,
  isPair: {
    minItems: 1,
    items: [{ type: "object", allOf: [{ not: looksLikeOutput }, { not: hasScalar(gatherNames) }] }],
  },
  levels,
  fieldNames: { pattern: fieldNames },
  parameter: parameterSchema("inputSpec", [{ label: "split", body: { split_dim: 1 } }]),
  /** Separate from the message, which differs by location: editors let a referenced key win. */
  parameterSpecs: parameterSpecsSchema("inputSpec"),
  hasMembers: { not: { patternProperties: { [nestedKeys]: { not: { type: ["object", "array"] } } } } },
  nested: {
    patternProperties: {
      [nestedKeys]: {
        not: { type: ["object", "array"] },
        errorMessage: nesting,
        doNotSuggest: true,
      },
    },
  },
  inputSpec,
  outputs: outputsSchema("outputSpec", "outputList", [
    { label: "gather", body: { gather_dim: 1 } },
    { label: "gather some outputs", body: [{ gather_dim: 1 }, null] },
  ]),
  outputList: outputListSchema(),
  outputOrNull: outputOrNullSchema("outputSpec", { gather_dim: 1 }),
  outputSpec,
  ...fieldDefinitions,
};
