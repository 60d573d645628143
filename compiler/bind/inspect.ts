/**
 * @file What a plan can address in a model: the module tree with what crosses each border, and by which evidence a name is known.
 * Data for the `inspect` command and for a model's own schema.
 */
import type { CanonicalGraph, Marker } from "../canonical/types.ts";
import { show } from "../expr/expr.ts";
import { attentionSites, type InspectedAttention } from "./attention.ts";
import type { Boundary } from "./boundaries.ts";
import { hasLengthOf } from "./candidates.ts";
import { contextOf, type Context } from "./context.ts";
import { readersOf } from "./describe.ts";
import { choose, NO_ROLES } from "./find-inputs.ts";
import { ownResults } from "./find-outputs.ts";
import { isStateName } from "./names.ts";

/** A module's input or output. */
export interface InspectedValue {
  /** Name of the ONNX value, to be used as `value` in a plan. */
  readonly value: string;
  /** Parameter name or output index that a plan can use, or `null` where only `value` tells it from others. */
  readonly name: string | null;
  /** Why the name is known, or why it is not. */
  readonly why: string;
  readonly elem: string;
  /** Extents as text: numbers, lengths, sums of lengths. */
  readonly shape: readonly string[];
  /** Module that makes it; `null` for an input of the model. */
  readonly from: string | null;
  /** Who reads it on the other side of the border, and `output` for an output of the model. */
  readonly readers: readonly string[];
  /** Of an output: the module reads it too, so that it probably is a subexpression that another module shares. */
  readonly isShared: boolean;
}

export interface InspectedModule {
  readonly path: string;
  readonly className: string | null;
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
}

export interface Inspection {
  readonly modules: readonly InspectedModule[];
  readonly attention: readonly InspectedAttention[];
}

/** One module as a schema needs it. */
export interface SchemaModule {
  readonly name: string;
  readonly className: string | null;
  /** Parameter names that are known. */
  readonly inputs: readonly string[];
  readonly outputs: number;
}

export function inspectModel(graph: CanonicalGraph): Inspection {
  const context = contextOf(graph);
  const modules = [...graph.modules.values()].map(({ path, className }) => ({
    path,
    className,
    inputs: inputsOf(path, context),
    outputs: outputsOf(path, context),
  }));
  return { modules, attention: attentionSites(graph) };
}

export function modulesForSchema(graph: CanonicalGraph): readonly SchemaModule[] {
  return inspectModel(graph).modules.map(({ path, className, inputs, outputs }) => ({
    name: path,
    className,
    inputs: [...new Set(inputs.flatMap(({ name }) => (name === null ? [] : [name.replace(/\[\d+\]$/, "")])))],
    outputs: outputs.filter(({ isShared }) => !isShared).length,
  }));
}

function inputsOf(module: string, context: Context): readonly InspectedValue[] {
  const all = context.boundaries.of(module).inputs;
  return all.map((boundary) => ({
    ...nameOfInput(boundary, all, module, context),
    ...told(boundary, module),
    isShared: false,
  }));
}

type Named = Pick<InspectedValue, "name" | "why">;

function nameOfInput(boundary: Boundary, all: readonly Boundary[], module: string, context: Context): Named {
  const { value, owner } = boundary;
  if (module === "") return { name: value, why: "graph input" };
  const marker = context.markers(module, "input").find((m) => m.value === value);
  if (marker !== undefined) return { name: markedName(marker), why: "marked by the export" };
  if (owner === null) return stateName(boundary, module, context);
  const alike = all.filter((other) => other.owner === owner && other.shape.dims.length === boundary.shape.dims.length);
  if (alike.length === 1) return { name: owner, why: `carries ${owner}` };
  return { name: null, why: `one of ${alike.length} that carry ${owner}` };
}

/** What a plan can name although everything has been mixed into it: by a length that one input brings, or as a block's own state. */
function stateName({ value, shape, ancestors }: Boundary, module: string, context: Context): Named {
  const rank = shape.dims.length;
  const isFound = (parameter: string, dim: number): boolean => {
    const spec = { dim, expectedDims: rank };
    const { pool } = choose({ module, parameter, spec }, new Set(), NO_ROLES, context);
    return pool.length === 1 && pool[0]?.value === value;
  };
  for (const { name, shape: root } of context.graph.inputs) {
    if (!ancestors.has(name)) continue;
    if (isStateName(name) && isFound(name, 0)) return { name, why: `the one of its rank that ${name} reaches` };
    const axis = shape.dims.findIndex((_, dim) => hasLengthOf({ shape }, name, dim, context.graph));
    const isAlike = axis >= 0 && root.dims.length === rank;
    if (isAlike && isFound(name, axis)) return { name, why: `reached by ${name} and as long` };
  }
  return { name: null, why: `comes from ${sources(ancestors)}` };
}

function outputsOf(module: string, context: Context): readonly InspectedValue[] {
  const all = context.boundaries.of(module).outputs;
  const results = module === "" ? all : ownResults(all);
  return all.map((boundary) => ({
    ...nameOfOutput(boundary, results, module, context),
    ...told(boundary, module),
    isShared: !results.includes(boundary),
  }));
}

function told(boundary: Boundary, module: string): Omit<InspectedValue, "name" | "why" | "isShared"> {
  const { value, shape, producer, isGraphOutput } = boundary;
  const readers = [...readersOf(boundary, module), ...(isGraphOutput && module !== "" ? ["output"] : [])];
  return { value, elem: shape.elem, shape: shape.dims.map(show), from: producer?.scope ?? null, readers };
}

function nameOfOutput(boundary: Boundary, results: readonly Boundary[], module: string, context: Context): Named {
  const marker = context.markers(module, "output").find((m) => m.value === boundary.value);
  if (marker !== undefined) return { name: String(marker.index ?? 0), why: "marked by the export" };
  const at = results.indexOf(boundary);
  if (module === "") return { name: String(at), why: "graph output" };
  if (at < 0) return { name: null, why: "a subexpression that another module shares" };
  return results.length === 1
    ? { name: "0", why: "only output" }
    : { name: null, why: `one of ${results.length} outputs, in no certain order` };
}

/** A member of a list reads `image_rotary_emb[1]`. */
function markedName({ parameter, index }: Marker): string {
  return `${parameter}${index === null ? "" : `[${index}]`}`;
}

/** Names of the graph inputs behind a value. */
function sources(ancestors: ReadonlySet<string>): string {
  const names = [...ancestors].sort();
  if (names.length > 4) return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
  return names.length === 0 ? "constants and lengths" : names.join(", ");
}
