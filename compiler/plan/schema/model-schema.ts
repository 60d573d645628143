/**
 * @file The plan schema of one model: it knows the modules, their parameters and shapes, for editors. Plans are not checked
 * with it (binding does that, with better messages and without compiling thousands of definitions).
 */
import { createHash } from "node:crypto";
import { modulesAround, patternOf } from "../../ir/module-paths.ts";
import { definitions } from "./entry-schemas.ts";
import { documented, type JsonSchema, ref } from "./json-schema.ts";
import { type KnownValues, knownValues, type ValueOutline } from "./known-values.ts";
import { type KindOutline, moduleKinds } from "./model-kinds.ts";
import { moduleNameRules } from "./module-names.ts";
import { planSchema } from "./plan-schema.ts";
import { reservedKeys, scheme } from "./reserved-keys.ts";

/** A module in the schema. `inputs` may be empty where parameter names are unknown. */
export interface ModuleOutline extends KindOutline {
  /** Dotted name; `""` is the root. */
  readonly name: string;
}

/**
 * One property per module and per pattern over similar siblings; one definition per kind of module and per shape. `sites` are the modules
 * that have attention sites.
 */
export function modelSchema(modules: readonly ModuleOutline[], sites: readonly string[]): JsonSchema {
  const values = knownValues();
  const kinds = moduleKinds(values);
  const root = modules.find(({ name }) => name === "");
  const properties: Record<string, JsonSchema> = {
    ...reservedKeys,
    $batch: batchOf(root?.inputs ?? [], values),
    $attention: attentionOf(sites),
  };
  const patterns = new Map<string, ModuleOutline[]>();
  for (const module of modules) {
    properties[module.name] = ref(kinds.entry(kindOf(module)));
    const pattern = patternOf(module.name);
    if (pattern === module.name) continue;
    const known = patterns.get(pattern);
    if (known === undefined) patterns.set(pattern, [module]);
    else known.push(module);
  }
  for (const [pattern, members] of patterns) {
    const kind = common(members);
    properties[pattern] = ref(kind === null ? "entry" : kinds.entry(kind));
  }
  const { refused, rules } = moduleNameRules(modules.map(({ name }) => name));
  const known = { ...kinds.definitions(), ...values.definitions() };
  return {
    ...planSchema,
    $id: `urn:onnx-context-parallel:plan:${digest([properties, known])}`,
    title: "Context-parallel plan of one model",
    properties,
    patternProperties: {
      ...planSchema.patternProperties,
      // What `propertyNames` refuses is no additional property as well.
      [refused]: {},
      [wildcard]: ref("entry"),
    },
    propertyNames: { if: { pattern: refused }, then: { allOf: rules } },
    additionalProperties: false,
    errorMessage: "The model has no module of this name.",
    definitions: { ...definitions, scheme, ...known },
  };
}

const wildcard = "\\*";

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

function kindOf({ className, inputs, outputs }: ModuleOutline): KindOutline {
  return { ...(className === undefined ? {} : { className }), inputs, outputs };
}

/** What the modules of a pattern have in common, for completion: the parameters of all of them. `null` where some are unknown. */
function common(modules: readonly ModuleOutline[]): KindOutline | null {
  const [first] = modules;
  if (first === undefined || modules.some(({ inputs }) => inputs.length === 0)) return null;
  const className = modules.every((module) => module.className === first.className) ? first.className : undefined;
  return {
    ...(className === undefined ? {} : { className }),
    inputs: merged(modules.flatMap(({ inputs }) => inputs)),
    outputs: merged(modules.flatMap(({ outputs }) => outputs)),
  };
}

function merged(values: readonly ValueOutline[]): readonly ValueOutline[] {
  const byName = new Map<string, ValueOutline>();
  for (const value of values) {
    const known = byName.get(value.name);
    byName.set(value.name, known === undefined ? value : union(known, value));
  }
  return [...byName.values()];
}

/** Extents that differ are `?`. */
function union(a: ValueOutline, b: ValueOutline): ValueOutline {
  if (a.shape === null || b.shape === null || a.shape.length !== b.shape.length) return { ...a, shape: null };
  const elem = a.elem === b.elem ? a.elem : "tensor";
  return { ...a, elem, shape: a.shape.map((extent, i) => (extent === b.shape?.[i] ? extent : "?")) };
}

/** The inputs of the model, with their axes. */
function batchOf(inputs: readonly ValueOutline[], values: KnownValues): JsonSchema {
  const axis = {
    ...documented("The axis of this input that has the batch. Negative axes count from the end."),
    defaultSnippets: [{ label: "0", body: 0 }],
  };
  const known = inputs.map((input) => {
    const axes = values.axes(input);
    return [input.name, axes === null ? axis : { ...axis, allOf: [ref(axes)] }] as const;
  });
  if (known.length === 0) return reservedKeys["$batch"] ?? {};
  return {
    ...reservedKeys["$batch"],
    properties: Object.fromEntries(known),
    additionalProperties: false,
    errorMessage: `$batch is an object of axes of inputs, and the model has the inputs ${inputs.map(({ name }) => name).join(", ")}.`,
  };
}

/** Offers the modules of the sites and patterns over them, and accepts all modules around them. */
function attentionOf(sites: readonly string[]): JsonSchema {
  const known: JsonSchema = ref("scheme");
  const around = sites.flatMap(modulesAround).map((name) => [name, { ...known, doNotSuggest: true }] as const);
  const patterns = [...new Set(sites.map(patternOf))];
  const offered = [...patterns, ...sites].map((name) => [name, known] as const);
  const where = patterns.length === 0 ? "" : `: its sites are in ${patterns.slice(0, 8).join(", ")}`;
  return {
    ...reservedKeys["$attention"],
    errorMessage: `The model has no attention site inside a module of this name${where}.`,
    properties: Object.fromEntries([...around, ...offered]),
    patternProperties: { [wildcard]: known },
    additionalProperties: false,
  };
}
