/**
 * @file Definitions for the modules of one model. Modules of one class with the same values are of one kind and share them. Knows no path.
 */
import { closedInputsSchema, entrySchema, inputsSchema, outputListSchema, outputsSchema } from "./entry-schemas.ts";
import { documented, type JsonSchema, ref, type Snippet } from "./json-schema.ts";
import { gatherBody, hasLength, type KnownValues, splitBody, typeText, type ValueOutline } from "./known-values.ts";

/** What is known of a module. `inputs` may be empty where parameter names are unknown. */
export interface KindOutline {
  readonly className?: string;
  readonly inputs: readonly ValueOutline[];
  /** In the order of their indices. */
  readonly outputs: readonly ValueOutline[];
}

export interface Kinds {
  /** Name of the definition of an entry. */
  readonly entry: (kind: KindOutline) => string;
  readonly definitions: () => Readonly<Record<string, JsonSchema>>;
}

export function moduleKinds(values: KnownValues): Kinds {
  const names = new Map<string, string>();
  const made = new Map<string, JsonSchema>();
  const lists = new Map<string, string>();
  /** Outputs next to inputs, and in a list; modules of several kinds have the same. */
  const outputsOf = (outputs: readonly ValueOutline[]): { readonly list: string; readonly outputs: string } => {
    const elements = outputs.map(values.outputOrNull);
    const key = elements.join(" ");
    const id = lists.get(key) ?? `outputs${lists.size + 1}`;
    if (!lists.has(key)) {
      lists.set(key, id);
      made.set(`${id}_list`, outputListSchema(elements.map(ref)));
      made.set(id, outputsSchema(singleOf(outputs, values), `${id}_list`, gatherSnippets(outputs)));
    }
    return { list: `${id}_list`, outputs: id };
  };
  const entry = (kind: KindOutline): string => {
    const key = JSON.stringify(kind);
    const known = names.get(key);
    if (known !== undefined) return known;
    const { className, outputs } = kind;
    const name = `module${names.size + 1}${className === undefined ? "" : `_${className.replace(/\W/g, "_")}`}`;
    names.set(key, name);
    const parts = { inputs: `${name}_inputs`, output: singleOf(outputs, values), ...outputsOf(outputs) };
    made.set(name, { ...entrySchema(parts, snippetsOf(kind)), ...documented(describe(kind)) });
    made.set(parts.inputs, inputsOf(kind, values));
    return name;
  };
  return { entry, definitions: () => Object.fromEntries(made) };
}

/** Of a module with one output, its spec is known. */
function singleOf(outputs: readonly ValueOutline[], values: KnownValues): string {
  const [only, ...others] = outputs;
  return only === undefined || others.length > 0 ? "outputSpec" : values.output(only);
}

function inputsOf({ className, inputs, outputs }: KindOutline, values: KnownValues): JsonSchema {
  const known = Object.fromEntries([
    ...inputs.map((input) => [input.name, ref(values.parameter(input))] as const),
    ...outputs.map((output) => [output.name, ref(values.indexed(output))] as const),
  ]);
  const axis = outputs.length === 1 ? (outputs[0]?.axis ?? null) : null;
  if (inputs.length === 0) return inputsSchema(known, axis);
  const listed = (all: readonly ValueOutline[]): string => all.map(({ name }) => name).join(", ");
  const results = outputs.length === 0 ? "" : `, its outputs ${listed(outputs)}`;
  const own = className ?? "This module";
  const unknown = {
    what: `${own} has no parameter of this name`,
    known: `its parameters are ${listed(inputs)}${results}`,
  };
  return closedInputsSchema(known, unknown, axis);
}

/** Class, parameters and outputs with their shapes. */
function describe({ className, inputs, outputs }: KindOutline): string {
  const line = (value: ValueOutline): string => `- \`${value.name}\`: \`${typeText(value)}\``;
  const parameters = inputs.length === 0 ? ["Parameters are unknown."] : ["Parameters:", "", ...inputs.map(line)];
  const results = outputs.length === 0 ? [] : ["", "Outputs:", "", ...outputs.map(line)];
  return [`\`${className ?? "Module"}\``, "", ...parameters, ...results].join("\n");
}

function snippetsOf({ inputs, outputs }: KindOutline): readonly Snippet[] {
  const input = inputs.find(hasLength) ?? inputs[0];
  const gathers = gatherSnippets(outputs);
  if (input === undefined) {
    const body = { "${1:hidden_states}": { split_dim: 1 } };
    return [{ label: "split an input", body }, ...gathers, both(body, outputs)];
  }
  const body = { [input.name]: splitBody(input) };
  return [{ label: `split ${input.name}${along(input)}`, body }, ...gathers, both(body, outputs)];
}

function gatherSnippets(outputs: readonly ValueOutline[]): readonly Snippet[] {
  const output = outputs.find(hasLength) ?? outputs[0];
  if (output === undefined) return [{ label: "gather the output", body: { gather_dim: 1 } }];
  if (outputs.length === 1) return [{ label: `gather the output${along(output)}`, body: gatherBody(output) }];
  return [{ label: `gather output ${output.name}${along(output)}`, body: listBody(outputs, output) }];
}

function both(inputs: object, outputs: readonly ValueOutline[]): Snippet {
  const [gather] = gatherSnippets(outputs);
  return { label: "split and gather", body: [inputs, gather?.body] };
}

function listBody(outputs: readonly ValueOutline[], chosen: ValueOutline): readonly unknown[] {
  return outputs.map((output) => (output === chosen ? gatherBody(output) : null));
}

function along(value: ValueOutline): string {
  return hasLength(value) ? ` along ${value.shape?.[value.axis] ?? ""}` : "";
}
