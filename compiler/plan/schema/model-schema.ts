/**
 * @file The plan schema of one model: it knows the modules and their parameters, for editors. Plans are not checked
 * with it (binding does that, with better messages and without compiling thousands of definitions).
 */
import { modulesAround, patternOf } from "../../ir/module-paths.ts";
import type { JsonSchema } from "./json-schema.ts";
import { definitions, entrySchema, inputsSchema, planSchema, reservedKeys, scheme } from "./plan-schema.ts";

/** A module in the schema. `inputs` may be empty where parameter names are unknown. */
export interface ModuleOutline {
  /** Dotted name; `""` is the root. */
  readonly name: string;
  readonly className?: string;
  readonly inputs: readonly string[];
  readonly outputs: number;
}

/**
 * One property per module and per pattern over similar siblings; one definition per kind of module. `sites` are the modules that have
 * attention sites.
 */
export function modelSchema(modules: readonly ModuleOutline[], sites: readonly string[]): JsonSchema {
  const kinds = new Map<string, Kind>();
  const patterns = new Map<string, Kind | null>();
  const properties: Record<string, JsonSchema> = { ...reservedKeys, $attention: attentionOf(sites) };
  for (const module of modules) {
    const kind = kindOf(kinds, module);
    properties[module.name] = reference(kind);
    const pattern = patternOf(module.name);
    if (pattern === module.name) continue;
    // A pattern over modules of several kinds takes the general entry.
    const known = patterns.get(pattern);
    patterns.set(pattern, known === undefined || known === kind ? kind : null);
  }
  for (const [pattern, kind] of patterns) {
    properties[pattern] = kind === null ? { $ref: "#/definitions/entry" } : reference(kind);
  }
  return {
    ...planSchema,
    title: "Context-parallel plan of one model",
    properties,
    patternProperties: { ...planSchema.patternProperties, [wildcard]: { $ref: "#/definitions/entry" } },
    additionalProperties: false,
    errorMessage: "The model has no module of this name.",
    definitions: { ...definitions, scheme, ...Object.fromEntries([...kinds.values()].flatMap(kindSchemas)) },
  };
}

const wildcard = "\\*";

/** Offers the modules of the sites and patterns over them, and accepts all modules around them. */
function attentionOf(sites: readonly string[]): JsonSchema {
  const known: JsonSchema = { $ref: "#/definitions/scheme" };
  const around = sites.flatMap(modulesAround).map((name) => [name, { ...known, doNotSuggest: true }] as const);
  const offered = [...sites.map(patternOf), ...sites].map((name) => [name, known] as const);
  return {
    ...reservedKeys["$attention"],
    errorMessage: "The model has no attention site inside a module of this name.",
    properties: Object.fromEntries([...around, ...offered]),
    patternProperties: { [wildcard]: known },
    additionalProperties: false,
  };
}

/** Modules with the same inputs and outputs. */
interface Kind {
  readonly id: string;
  readonly description: string;
  readonly inputs: readonly string[];
  readonly outputs: number;
}

function kindOf(kinds: Map<string, Kind>, { className, inputs, outputs }: ModuleOutline): Kind {
  const key = JSON.stringify([className, inputs, outputs]);
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const names = inputs.length === 0 ? "unknown inputs" : inputs.join(", ");
  const description = `${className ?? "Module"}(${names}) -> ${outputs} output${outputs === 1 ? "" : "s"}`;
  const id = `module${kinds.size + 1}${className === undefined ? "" : `_${className.replace(/\W/g, "_")}`}`;
  const kind = { id, description, inputs, outputs };
  kinds.set(key, kind);
  return kind;
}

function reference({ id, description }: Kind): JsonSchema {
  return { $ref: `#/definitions/${id}`, description };
}

/** The entry of a kind, and its map of inputs. */
function kindSchemas({ id, inputs, outputs }: Kind): readonly (readonly [string, JsonSchema])[] {
  const parameter: JsonSchema = { $ref: "#/definitions/parameter" };
  const indices = Array.from({ length: outputs }, (_, i) => String(i));
  const known = Object.fromEntries([
    ...inputs.map((name) => [name, { ...parameter, description: "Input of this module." }]),
    ...indices.map((index) => [index, { ...parameter, description: `Output ${index}; needs "split_output": true.` }]),
  ]) as Readonly<Record<string, JsonSchema>>;
  const inputsId = `${id}_inputs`;
  const isOpen = inputs.length === 0;
  return [
    [id, entrySchema(inputsId)],
    [inputsId, { ...inputsSchema(known), ...(isOpen ? { additionalProperties: parameter } : {}) }],
  ];
}
