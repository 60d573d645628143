/**
 * @file Definitions for the values of one model: a spec that knows the axes of its value. Values of one type and shape share them. Knows no
 * module.
 */
import { outputOrNullSchema, parameterSchema } from "./entry-schemas.ts";
import { documented, type JsonSchema } from "./json-schema.ts";
import { type KnownValue, knownInputSpec, knownOutputSpec } from "./spec-schemas.ts";

/** A module's parameter or output. */
export interface ValueOutline {
  /** Parameter name, or index of an output. */
  readonly name: string;
  readonly elem: string;
  /** Extents as text. `null` where a pattern has values of several ranks. */
  readonly shape: readonly string[] | null;
  /** The axis to split or gather. */
  readonly axis: number;
}

/** Names of definitions, which are made when they are first used. */
export interface KnownValues {
  /** Under a parameter's name. */
  readonly parameter: (value: ValueOutline) => string;
  /** Under the index of an output. */
  readonly indexed: (value: ValueOutline) => string;
  /** A spec that gathers. */
  readonly output: (value: ValueOutline) => string;
  /** A spec that gathers, or null. */
  readonly outputOrNull: (value: ValueOutline) => string;
  /** An axis; `null` where the rank is not known. */
  readonly axes: (value: ValueOutline) => string | null;
  readonly definitions: () => Readonly<Record<string, JsonSchema>>;
}

export function knownValues(): KnownValues {
  const made = new Map<string, JsonSchema>();
  const ids = new Map<string, number>();
  const define = (kind: string, value: ValueOutline, make: (known: KnownValue) => JsonSchema): string => {
    const text = typeText(value);
    const id = ids.get(text) ?? ids.size + 1;
    ids.set(text, id);
    const axes = `axes${id}`;
    const name = `${kind}${id}`;
    if (!made.has(axes)) made.set(axes, axesSchema(text, value));
    if (!made.has(name)) made.set(name, make({ text, rank: value.shape?.length ?? 0, axis: value.axis, axes }));
    return name;
  };
  const parameter = (kind: string, value: ValueOutline, extra: object, what: string): string => {
    const spec = define("spec", value, knownInputSpec);
    const extent = value.shape?.[value.axis];
    const snippets =
      extent === undefined ? [] : [{ label: `split ${extent}`, body: { ...splitBody(value), ...extra } }];
    const length = hasLength(value) ? `; axis ${value.axis} is \`${extent}\`` : "";
    return define(kind, value, ({ text }) => ({
      ...parameterSchema(spec, snippets),
      ...documented(`${what}\`${text}\`${length}.`),
    }));
  };
  const output = (value: ValueOutline): string =>
    value.shape === null ? "outputSpec" : define("output", value, knownOutputSpec);
  return {
    parameter: (value) => (value.shape === null ? "parameter" : parameter("parameter", value, {}, "")),
    indexed: (value) =>
      value.shape === null
        ? "parameter"
        : parameter("indexed", value, { split_output: true }, 'Output of the module; needs `"split_output": true`: '),
    output,
    outputOrNull: (value) => {
      const spec = output(value);
      if (value.shape === null) return "outputOrNull";
      return define("element", value, () => outputOrNullSchema(spec, gatherBody(value)));
    },
    axes: (value) => (value.shape === null ? null : define("axes", value, () => ({}))),
    definitions: () => Object.fromEntries(made),
  };
}

/** `float32 [1, img, 16]`. */
export function typeText({ elem, shape }: ValueOutline): string {
  return shape === null ? elem : `${elem} [${shape.join(", ")}]`;
}

/** True if the axis to split is a length, not a fixed number. */
export function hasLength({ shape, axis }: ValueOutline): boolean {
  return shape !== null && shape.length > 0 && !/^\d+$/.test(shape[axis] ?? "");
}

export function splitBody({ shape, axis }: ValueOutline): Readonly<Record<string, number>> {
  return shape === null ? { split_dim: 1 } : { split_dim: axis, expected_dims: shape.length };
}

export function gatherBody({ shape, axis }: ValueOutline): Readonly<Record<string, number>> {
  return shape === null ? { gather_dim: 1 } : { gather_dim: axis, expected_dims: shape.length };
}

/** From -rank to rank - 1, the axis to split first. */
function axesSchema(text: string, { shape, axis }: ValueOutline): JsonSchema {
  const extents = shape ?? [];
  const rank = extents.length;
  if (rank === 0) return { not: {}, errorMessage: `${text} has no axis.` };
  const forward = extents.map((_, i) => i);
  const all = [axis, ...forward.filter((i) => i !== axis), ...forward.map((i) => i - rank)];
  return {
    enum: all,
    markdownEnumDescriptions: all.map((i) => `\`${extents.at(i) ?? ""}\``),
    enumSortTexts: all.map((_, i) => String(i).padStart(3, "0")),
    errorMessage: `This must be an axis of ${text}: an integer from ${-rank} to ${rank - 1}, without quotes.`,
  };
}
