/**
 * @file What can be written at a position of a plan: modules, parameters, outputs, axes, keys, schemes. From the model where one is known,
 * else from the language alone. Knows no protocol.
 */
import type { Json } from "../compiler/diagnostics/types.ts";
import type { Cursor } from "../compiler/plan/cursor/cursor.ts";
import { schemes } from "../compiler/plan/schemes.ts";
import { documentationOf, type FieldPlace } from "./fields.ts";
import type { InspectedModule, InspectedValue } from "../compiler/inspect/model.ts";
import { axisOf, modulesOf, type Outline, resultsOf, shapeText } from "./outline.ts";

/** One proposal: a key with its value, or a value. */
export interface Proposal {
  readonly kind: "module" | "parameter" | "output" | "field" | "value" | "scheme";
  /** The key, or the value as text. */
  readonly label: string;
  /** Written behind a key; a value by itself. */
  readonly value: Json;
  readonly isKey: boolean;
  readonly detail?: string;
  readonly documentation?: string;
}

const RESERVED: Readonly<Record<string, Json>> = { $model: "", $attention: {}, $batch: {}, $comment: "", $schema: "" };

export function complete(cursor: Cursor, outline: Outline | null): readonly Proposal[] {
  const all = cursor.at === "key" ? keysAt(cursor, outline) : valuesAt(cursor, outline);
  return all.filter(({ label, isKey }) => !isKey || !cursor.others.includes(label));
}

function keysAt(cursor: Cursor, outline: Outline | null): readonly Proposal[] {
  const { isRooted, others } = cursor;
  const [first, ...rest] = withoutPositions(cursor.path);
  if (!isRooted) return [...fields("input", null), ...fields("output", null)];
  if (first === undefined) return [...moduleKeys(outline), ...reservedKeys()];
  if (first === "$attention") return (outline?.sites ?? []).map((site) => key("module", site, "gather"));
  if (first === "$batch") return inputKeys(outline);
  const [parameter] = rest;
  const modules = outline === null ? [] : modulesOf(first, outline);
  if (parameter !== undefined) {
    const value = outline === null ? undefined : valueOf(modules, parameter);
    return fields("input", value === undefined ? null : { value, outline: outline! });
  }
  if (others.includes("gather_dim")) return fields("output", outputAt(modules, outline));
  const parameters = parameterKeys(modules, outline);
  // In a list after the inputs there are outputs only.
  const isOutputs = cursor.path.length > 1 && cursor.path.at(-1) !== "0";
  const gather = fields("output", outputAt(modules, outline)).slice(0, 1);
  return isOutputs
    ? fields("output", outputAt(modules, outline))
    : [...parameters, ...(others.length === 0 ? gather : [])];
}

function valuesAt(cursor: Cursor, outline: Outline | null): readonly Proposal[] {
  const { path, key: name, isRooted } = cursor;
  // A constant beside the plan: which value it is for is not known.
  if (!isRooted) return valuesOf(name);
  const [first, ...rest] = withoutPositions([...path, name]);
  if (first === "$attention" && rest.length === 1) return schemes.map((scheme) => value("scheme", scheme));
  if (first === undefined || (first.startsWith("$") && first !== "$batch")) return [];
  const modules = outline === null ? [] : modulesOf(first === "$batch" ? "" : first, outline);
  if (rest.length === 0) return entries(modules, outline);
  const field = rest.at(-1) ?? "";
  const parameter = first === "$batch" ? field : (rest.at(-2) ?? "");
  const known =
    field === "gather_dim" || rest.length === 1 ? outputAt(modules, outline)?.value : valueOf(modules, parameter);
  if (field === "split_dim" || field === "gather_dim" || first === "$batch") {
    return axes(first === "$batch" ? valueOf(modules, parameter) : known, outline);
  }
  if (field === "expected_dims" && known !== undefined) return [value("value", known.shape.length, shapeText(known))];
  if (field === "split_output") return valuesOf(field);
  if (field === "value") return candidates(modules, rest.length > 1);
  return rest.length === 1 ? [value("value", splitSpec(valueOf(modules, field), outline))] : [];
}

/** Of a field of any spec. */
function valuesOf(field: string): readonly Proposal[] {
  if (field === "split_dim" || field === "gather_dim") return axes(undefined, null);
  return field === "split_output" ? [value("value", true), value("value", false)] : [];
}

/** Positions of the list forms say nothing about what can be written, except where a list begins. */
function withoutPositions(path: readonly string[]): readonly string[] {
  return path.filter((segment, i) => i === 0 || !/^\d+$/.test(segment) || i !== 1);
}

function moduleKeys(outline: Outline | null): readonly Proposal[] {
  if (outline === null) return [{ ...key("module", "", {}), detail: "the whole model" }];
  const of = (path: string, { className, inputs, outputs }: InspectedModule, what: string): Proposal => ({
    ...key("module", path, {}),
    detail: `${what}${className ?? "module"}, ${inputs.length} inputs, ${outputs.length} outputs`,
  });
  const patterns = [...outline.patterns].map(([path, module]) => of(path, module, "every "));
  const modules = [...outline.modules].map(([path, module]) => of(path, module, ""));
  return [...modules.slice(0, 1), ...patterns, ...modules.slice(1)];
}

function reservedKeys(): readonly Proposal[] {
  return Object.entries(RESERVED).map(([name, initial]) => ({
    ...key("field", name, initial),
    documentation: documentationOf(name, "plan"),
  }));
}

function inputKeys(outline: Outline | null): readonly Proposal[] {
  const root = outline?.modules.get("");
  return (root?.inputs ?? []).map((input) => ({ ...key("parameter", input.value, 0), detail: shapeText(input) }));
}

function parameterKeys(modules: readonly InspectedModule[], outline: Outline | null): readonly Proposal[] {
  const [module] = modules;
  if (module === undefined || outline === null) return [];
  const inputs = module.inputs.flatMap((input) =>
    input.name === null || input.name.includes("[")
      ? []
      : [
          {
            ...key("parameter", input.name, splitSpec(input, outline)),
            detail: shapeText(input),
            documentation: input.why,
          },
        ],
  );
  const outputs = resultsOf(module).map((output, i) => ({
    ...key("output", String(i), { ...splitSpec(output, outline), split_output: true }),
    detail: `${shapeText(output)} (output ${i})`,
  }));
  return [...new Map([...inputs, ...outputs].map((each) => [each.label, each])).values()];
}

function entries(modules: readonly InspectedModule[], outline: Outline | null): readonly Proposal[] {
  const gather = { gather_dim: outputAt(modules, outline)?.axis ?? 1 };
  const [first] = parameterKeys(modules, outline);
  const split = first === undefined ? [] : [value("value", { [first.label]: first.value }, "split an input")];
  return [value("value", gather, "gather the output"), ...split];
}

function fields(
  place: FieldPlace,
  known: { readonly value: InspectedValue; readonly outline: Outline } | null,
): readonly Proposal[] {
  const axis = known === null ? 1 : axisOf(known.value, known.outline);
  const rank = known?.value.shape.length ?? 3;
  const initial: Readonly<Record<string, Json>> =
    place === "input"
      ? { split_dim: axis, expected_dims: rank, split_output: true, value: "" }
      : { gather_dim: axis, expected_dims: rank, value: "" };
  const detail = known === null ? {} : { detail: shapeText(known.value) };
  return Object.entries(initial).map(([name, start]) => ({
    ...key("field", name, start),
    ...detail,
    documentation: documentationOf(name, place),
  }));
}

function axes(known: InspectedValue | undefined, outline: Outline | null): readonly Proposal[] {
  if (known === undefined || outline === null) return [0, 1, 2].map((axis) => value("value", axis));
  const best = axisOf(known, outline);
  const all = known.shape.map((extent, axis) => value("value", axis, `${extent}, of ${shapeText(known)}`));
  return [...all.slice(best, best + 1), ...all.filter((_, axis) => axis !== best)];
}

function candidates(modules: readonly InspectedModule[], isInput: boolean): readonly Proposal[] {
  const [module] = modules;
  const all = isInput ? [...(module?.inputs ?? []), ...(module?.outputs ?? [])] : (module?.outputs ?? []);
  return all.map((each) => value("value", each.value, shapeText(each)));
}

function splitSpec(known: InspectedValue | undefined, outline: Outline | null): Readonly<Record<string, Json>> {
  if (known === undefined || outline === null) return { split_dim: 1 };
  return { split_dim: axisOf(known, outline), expected_dims: known.shape.length };
}

interface Output {
  readonly value: InspectedValue;
  readonly outline: Outline;
  readonly axis: number;
}

function outputAt(modules: readonly InspectedModule[], outline: Outline | null): Output | null {
  const [module] = modules;
  const [output] = module === undefined ? [] : resultsOf(module);
  return output === undefined || outline === null ? null : { value: output, outline, axis: axisOf(output, outline) };
}

function valueOf(modules: readonly InspectedModule[], name: string): InspectedValue | undefined {
  for (const module of modules) {
    const input = module.inputs.find((each) => each.name === name || each.name === `${name}[0]`);
    const found = input ?? (/^\d+$/.test(name) ? resultsOf(module)[Number(name)] : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function key(kind: Proposal["kind"], label: string, initial: Json): Proposal {
  return { kind, label, value: initial, isKey: true };
}

function value(kind: Proposal["kind"], of: Json, detail?: string): Proposal {
  const label = typeof of === "string" ? of : JSON.stringify(of);
  return { kind, label, value: of, isKey: false, ...(detail === undefined ? {} : { detail }) };
}
